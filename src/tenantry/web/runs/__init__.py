"""Runs: Sync now, the history, one run with its live progress."""
