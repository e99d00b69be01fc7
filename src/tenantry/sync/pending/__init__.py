"""Pending companies: finding them, showing them, and writing what a plan decided about them."""
