"""Home: what needs a decision, how the synchronization is doing, and where one works."""
