"""Observe, plan, hold, apply: how a provider's tenants become a marketplace's pending companies."""
