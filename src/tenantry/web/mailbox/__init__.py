"""The demo's mailbox: what its mail server caught. Exists in the demo, for this machine, only."""
