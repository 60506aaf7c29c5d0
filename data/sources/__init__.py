"""One reader a source, each yielding frozen rows; a row that does not fit stops with its place named."""
