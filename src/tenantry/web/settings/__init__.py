"""Sync settings of a marketplace."""
