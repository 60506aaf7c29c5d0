"""What stands beside ours in a benchmark, written the way its users write it."""
