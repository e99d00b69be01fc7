"""People of a marketplace and their places in companies."""
