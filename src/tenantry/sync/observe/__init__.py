"""Observing a connection: reading its listing page by page, and the details of each tenant."""
