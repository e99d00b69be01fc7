"""Turns what was observed and what is there into a list of changes, each with its reason."""
