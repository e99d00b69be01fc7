"""User Sync: reads people of linked tenants, plans what becomes of them, holds what is dangerous, applies the rest."""
