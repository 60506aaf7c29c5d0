"""The sample, alive: made-up accounts, people and a library, and a feed that is played in real time."""
