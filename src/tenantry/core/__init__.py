"""Decisions as functions of values: no clock, no database, no network, no framework."""
