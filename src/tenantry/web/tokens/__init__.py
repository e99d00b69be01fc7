"""The pages on which people make and revoke tokens of the REST API."""
