"""The providers' APIs: talk HTTP, return the plain records of ``tenantry.core.records``. No Django here."""
