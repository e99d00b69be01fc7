"""Takes what identifies one person out of a JSON value."""

from typing import Any

ERASED = "erased"
# What may identify a person, in an object that has their address.
_PERSONAL = frozenset({
    "email", "name", "first_name", "last_name", "phone", "contact_name", "contact_email", "contact_phone",
    "user_name", "contact_first_name", "contact_last_name",
})  # fmt: skip
_COMPANY = "name"  # an object with a contact in it is a company's: its own name stays


def without_person(value: Any, email: str) -> Any:
    """Return ``value`` without the person who has this address (in lower case); the same when it is not in there.

    In an object with the address all that is personal becomes empty; elsewhere a text with the address becomes
    ``erased``.
    """
    if isinstance(value, dict):
        return _object(value, email)
    if isinstance(value, list):
        return [without_person(each, email) for each in value]
    return ERASED if _names(value, email) else value


def _object(value: dict[str, Any], email: str) -> dict[str, Any]:
    personal = _PERSONAL if any(_names(each, email) for each in value.values()) else frozenset()
    if any(str(key).startswith("contact_") for key in value):
        personal -= {_COMPANY}
    return {
        key: "" if key in personal and isinstance(each, str) else without_person(each, email)
        for key, each in value.items()
    }


def _names(value: Any, email: str) -> bool:
    return isinstance(value, str) and email in value.casefold()
