"""Which companies a pending company may be: keys on both sides, candidates, and matching anew when a side changes."""
