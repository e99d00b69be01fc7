"""The ``tenantry`` command: parses input, makes one domain call, prints. One file per group of commands."""
