"""Google customers: read, kept in step with what the connections see, linked to companies by people."""
