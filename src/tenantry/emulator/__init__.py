"""The providers as local servers: real HTTP, a seeded world of customers, limits, and faults on demand.

Nothing here knows how a client works, and no client knows that it talks to this.
"""
