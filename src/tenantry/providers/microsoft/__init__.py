"""Microsoft: Partner Center for customers, Entra ID for signing in. Its quirks are in README.md here."""
