"""Hints from providers: taken, and followed by reading again what they name. They never say what is true."""
