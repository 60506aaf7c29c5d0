"""What we learn from: rows, their sources, one cleaning, and a split that refuses a leak."""
