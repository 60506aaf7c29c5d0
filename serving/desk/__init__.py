"""The rules and use cases: what may happen to a claim, a campaign and an offer, and what then follows."""
