"""Imports: the file, what it would do, and what became of it."""
