"""What a browser calls itself, in the few words that a person needs to know it again."""

import re

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def agent_words(user_agent: str) -> str:
    """Return ``Firefox on Windows``, or *another program*."""
    browser = next((word for mark, word in _BROWSERS if re.search(rf"\b{mark}", user_agent)), "")
    system = next((word for mark, word in _SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "another program"
