"""Posts in, claims out: what arrives is made anonymous, put together, scored, watched as it spreads and found again."""
