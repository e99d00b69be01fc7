"""Keeps marketplaces apart: the scope, the manager that demands it, and the database's own policies.

Two walls. First, a query for a marketplace's table outside :func:`marketplace_scope` raises. Second,
PostgreSQL's row-level security shows the application's role only the rows of the marketplace that the
running transaction was opened for. Nothing here knows what the tables hold.
"""
