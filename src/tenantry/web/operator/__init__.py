"""The installation at a glance, for operators."""
