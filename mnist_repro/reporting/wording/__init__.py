"""Numbers and results as words, shared by every medium."""
