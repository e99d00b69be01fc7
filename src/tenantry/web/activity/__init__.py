"""The pages that tell who did what, and why."""
