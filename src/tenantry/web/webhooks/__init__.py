"""The pages of webhooks: endpoints, and what was delivered to them."""
