"""Logins: who may sign in to this installation. What they may do is decided elsewhere."""
