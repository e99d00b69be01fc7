"""The append-only record of who did what, and why. Names actor and marketplace by plain id."""
