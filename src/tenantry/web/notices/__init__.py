"""Notices: what managers and operators are told, and what of it they have read."""
