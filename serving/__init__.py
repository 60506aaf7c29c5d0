"""What people use: the JSON door, the console, and the rules behind both."""
