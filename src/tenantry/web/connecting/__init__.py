"""Pages about new relationships: asking a customer for one, and connecting a tenant to a company."""
