"""Google Workspace: tenants from Reseller and Cloud Channel, people from the Admin console's Directory API."""
