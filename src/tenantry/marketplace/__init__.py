"""Marketplaces and what they own: companies, and the people who work for the marketplace."""
