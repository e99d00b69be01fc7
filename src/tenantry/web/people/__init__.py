"""People of directories: who came in and waits for an invitation, who did not and why, and one person in full."""
