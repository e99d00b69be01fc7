"""Versions of what can be changed: ``ETag`` says which one was read, ``If-Match`` which one a change is about."""

import re

from django.http import HttpRequest

from tenantry.api.problems import Problem

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_NUMBER = re.compile(r"[0-9]{1,9}")
_UNSAID = "This changes what others may change as well."
ANY = "*"


def etag(version: object) -> str:
    """Return a version as the header ``ETag`` has it."""
    return f'"{version}"'


def seen_version(request: HttpRequest, now_is: object) -> int | None:
    """Return the number that ``If-Match`` names: ``None`` for ``*``, -1 for what is no number of a version."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise Problem("version-wanted", _UNSAID, headers={"ETag": etag(now_is)})
    if given == ANY:
        return None
    found = _TAG.search(given)
    return int(found[1]) if found and _NUMBER.fullmatch(found[1]) else -1


def check_version(request: HttpRequest, now_is: object) -> None:
    """Raise :class:`Problem` unless ``If-Match`` names the version that there is now, or ``*``."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise Problem("version-wanted", _UNSAID, headers={"ETag": etag(now_is)})
    if given != ANY and str(now_is) not in _TAG.findall(given):
        raise Problem(
            "changed-meanwhile", "Somebody changed it after you read it. Nothing was changed now.",
            headers={"ETag": etag(now_is)},
        )  # fmt: skip
