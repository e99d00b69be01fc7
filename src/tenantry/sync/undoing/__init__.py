"""Taking changes of runs back: what can be, planned and made as a run of its own."""
