"""Held: what the brakes stopped, and letting exactly some of it go."""
