"""How well: figures with interval and n, named parts, and the report."""
