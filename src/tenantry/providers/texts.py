"""Text that came over the network, made fit to keep and to show."""

import re
from datetime import UTC, datetime
from typing import Final

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]+")
_LONGEST_EXCERPT: Final = 200


def text_of(value: object) -> str:
    """Return text as given, runs of control characters made one blank; empty when it is no text.

    A half of a surrogate pair, which JSON can hold and a database cannot, becomes the replacement character.
    """
    if not isinstance(value, str):
        return ""
    if value.isprintable():  # most texts are: then there is nothing to replace
        return value
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _UNPRINTABLE.sub(" ", value))


def name_of(value: object) -> str:
    """Return a name without blanks around it and without characters of no width.

    People with one name get a zero-width space for the other where a directory demands two.
    """
    return _INVISIBLE.sub("", text_of(value)).strip()


def address_of(value: object) -> str:
    """Return a mail address or user name in lower case, without blanks around it; empty when it is no text."""
    return text_of(value).strip().lower()


def moment_of(value: object) -> datetime | None:
    """Return an ISO 8601 moment in UTC; ``None`` for anything else. A moment without offset is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def excerpt(text: str) -> str:
    """Return the start of a provider's text, fit for a sentence: one line, and nothing like a token in it."""
    first = re.split(r"[\r\n]|Trace ID:", text, maxsplit=1)[0]
    shown = re.sub(r"[A-Za-z0-9_\-.~+/=]{60,}", "…", first)
    return re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", shown)[:_LONGEST_EXCERPT].strip()
