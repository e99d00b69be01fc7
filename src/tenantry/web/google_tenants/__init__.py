"""The pages of Google tenants: the list, and one to link."""
