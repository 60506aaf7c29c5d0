"""The models of this desk: which one answers, who agreed to it, what watches it, and what a flag does."""
