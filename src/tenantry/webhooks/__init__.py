"""Webhooks out: what marketplaces tell other programs. Listens to the audit; nothing below knows of it."""
