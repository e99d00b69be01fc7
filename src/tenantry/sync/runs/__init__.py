"""Runs of a marketplace: from what was observed to a plan, and from the plan to its rows."""
