"""What the public reads: clarifications, their feed and their changes, appeals, and the transparency report."""
