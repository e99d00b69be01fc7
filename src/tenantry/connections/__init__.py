"""One configured credential for a provider each: settings, sealed secrets, how it fares."""
