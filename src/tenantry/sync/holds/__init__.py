"""Holds: what the brakes stopped, shown to a person, and let go or rejected row by row."""
