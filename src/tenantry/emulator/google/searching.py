"""The parameter ``query`` of the list of users: docs/reference/google-directory.md section 5."""

import re
from collections.abc import Callable
from typing import Any, Final

from tenantry.emulator.google.refusals import refused

Test = Callable[[dict[str, Any]], bool]
_CLAUSE: Final = re.compile(
    r"\s*(?:(\w+)\s*([:=])\s*('(?:[^'\\]|\\.)*'|[^\s']\S*)|('(?:[^'\\]|\\.)*'|[^\s'=:<>]+))(?=\s|$)"
)
_FLAGS: Final = {
    "isAdmin": "isAdmin", "isDelegatedAdmin": "isDelegatedAdmin", "isSuspended": "suspended",
    "isArchived": "archived", "isEnrolledIn2Sv": "isEnrolledIn2Sv", "isEnforcedIn2Sv": "isEnforcedIn2Sv",
    "isGuest": "isGuestUser",
}  # fmt: skip
_BOOLEANS: Final = {"true": True, "false": False}


def read_query(text: str, units: frozenset[str]) -> list[Test]:
    """Return the tests that a user must pass. ``units`` are the known paths. Raises ``GoogleRefusal``."""
    tests, place = [], 0
    while place < len(text.rstrip()):
        clause = _CLAUSE.match(text, place)
        if clause is None:
            raise refused("invalid", f"Invalid query: {text[:60]}")
        field, operator, value = (
            clause.group(1) or "",
            clause.group(2) or ":",
            _value(clause.group(3) or clause.group(4)),
        )
        tests.append(_test(field, operator, value, units))
        place = clause.end()
    return tests


def _value(written: str) -> str:
    if written.startswith("'"):
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return written


def _test(field: str, operator: str, value: str, units: frozenset[str]) -> Test:
    if field in _FLAGS:
        wanted = _BOOLEANS.get(value.lower())
        if operator != "=" or wanted is None:
            raise refused("invalid", f"Invalid Input: {field}")
        return lambda user: bool(user.get(_FLAGS[field], False)) is wanted
    if field == "orgUnitPath":
        return _unit(operator, value, units)
    if field not in _TEXTS:
        raise refused("invalid", f"Invalid Input: query field {field}")
    return lambda user: any(_compared(operator, text, value) for text in _TEXTS[field](user))


def _unit(operator: str, value: str, units: frozenset[str]) -> Test:
    path = value if value.startswith("/") else f"/{value}"
    if operator != "=" or (path != "/" and path not in units):
        raise refused("invalid", "Invalid Input: INVALID_OU_ID")
    below = path.rstrip("/") + "/"
    return lambda user: user["orgUnitPath"] == path or user["orgUnitPath"].startswith(below)


def _compared(operator: str, text: str, wanted: str) -> bool:
    text, wanted = text.casefold(), wanted.casefold()
    if operator == "=":
        return text == wanted
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in (text, *text.split()))
    return f" {wanted} " in f" {text} " or text == wanted


def _names(user: dict[str, Any]) -> list[str]:
    name = user.get("name", {})
    return [f"{name.get('givenName', '')} {name.get('familyName', '')}"]


def _given(user: dict[str, Any]) -> list[str]:
    return [user.get("name", {}).get("givenName", "")]


def _family(user: dict[str, Any]) -> list[str]:
    return [user.get("name", {}).get("familyName", "")]


def _emails(user: dict[str, Any]) -> list[str]:
    return [user["primaryEmail"], *user.get("aliases", [])]


def _work(member: str) -> Callable[[dict[str, Any]], list[str]]:
    return lambda user: [each.get(member, "") for each in user.get("organizations", [])]


def _anything(user: dict[str, Any]) -> list[str]:
    return [*_given(user), *_family(user), *_emails(user)]


_TEXTS: Final[dict[str, Callable[[dict[str, Any]], list[str]]]] = {
    "": _anything, "name": _names, "email": _emails, "givenName": _given, "familyName": _family,
    "orgName": _work("name"), "orgTitle": _work("title"), "orgDepartment": _work("department"),
}  # fmt: skip
