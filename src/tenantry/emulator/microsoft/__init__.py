"""Microsoft's sign-in (Entra ID) and the Partner Center REST API, emulated."""
