"""Where providers send their hints. Open to the Internet, and tells it nothing."""
