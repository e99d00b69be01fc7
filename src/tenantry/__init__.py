"""Tenantry: brings a cloud marketplace's customers in from their providers and keeps them true."""

__version__ = "0.1.0"
