"""Asks a provider only for what changed in a tenant since it was read last, where the API tells it.

A reading of changes is never evidence that somebody is absent: who is not told of is as they were. The one thing that
takes a person away here is the provider's own word, ``@removed``, for that id. So such a reading never counts as one of
the two complete listings (``absence``), and everybody is listed again each ``WHOLE_EVERY``, as soon as somebody is
missing, and whenever the provider does not know the position any more. Everything it takes away is planned and judged
by the brakes like what a listing takes away.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, runtime_checkable

from tenantry.core.records import DirectoryPage, DirectoryUser, Ending, Presence
from tenantry.providers.capabilities import Choice
from tenantry.providers.errors import CursorExpired, NotFound
from tenantry.sync.people.admitting import admit_people

WHOLE_EVERY = timedelta(days=7)
"""So often everybody is listed, although a list of changes would do."""
_MOST_PAGES = 20
_MOST_SINGLE_READS = 50
_TOLD = "It was asked only what changed since the last reading; everybody is listed once a week."
_LAPSED = "Everybody was listed: the provider no longer tells what changed since the last reading."


@runtime_checkable
class ChangesSource(Protocol):
    """A ``DirectorySource`` that tells what changed."""

    def list_changes(self, tenant_id: str, changes: str) -> DirectoryPage:
        """Return one page of what changed since the position ``changes``. Raises ``CursorExpired``."""

    def read_user(self, tenant_id: str, external_id: str) -> DirectoryUser:
        """Return one person by id. Raises ``NotFound``."""


def fetch_changes(source: ChangesSource, tenant_id: str, since: str) -> DirectoryPage | None:
    """Return who changed since, each once and whole, on one page whose ``changes`` is the next position.

    ``None`` when everybody has to be listed instead: the position lapsed, the answer is odd or does not end, or too
    much changed for asking. Raises any other ``ProviderError``.
    """
    told: dict[str, list[DirectoryUser]] = {}
    position = since
    for _ in range(_MOST_PAGES):
        try:
            page = admit_people(source.list_changes(tenant_id, position))
        except CursorExpired:
            return None
        if page.invalid or page.ending is Ending.AMBIGUOUS:
            return None
        for person in page.records:
            told.setdefault(person.external_id, []).append(person)
        if page.ending is Ending.CLEAN:
            people = _settled(source, tenant_id, told.values())
            return None if people is None else replace(page, records=people)
        position = page.cursor or ""
    return None


def _settled(
    source: ChangesSource, tenant_id: str, told: Iterable[list[DirectoryUser]]
) -> tuple[DirectoryUser, ...] | None:
    """Return each person once. Graph repeats people, out of order at times, and may tell only what differs of them.

    Whoever is told in part, or as removed and as present, is read singly: what is stored is then what a listing would
    show. Source: docs/reference/partner-center.md section 14.
    """
    people: list[DirectoryUser] = []
    unsettled: list[str] = []
    for rows in told:
        agreed = len({row.presence for row in rows}) == 1
        gone = rows[-1].presence is not Presence.PRESENT
        if agreed and (gone or _is_whole(rows[-1])):
            people.append(rows[-1])
        else:
            unsettled.append(rows[-1].external_id)
    if len(unsettled) > _MOST_SINGLE_READS:
        return None
    for external_id in unsettled:
        try:
            people.append(source.read_user(tenant_id, external_id))
        except NotFound:
            # Not there this moment, which proves nothing: the next list of changes says that they were removed.
            continue
    return tuple(people)


def _is_whole(person: DirectoryUser) -> bool:
    """Whether the row tells all that a listing tells of everybody."""
    members = (person.user_name, person.email, person.display_name, person.enabled, person.licences, person.country)
    return all(each is not None for each in members)


def choice_of(choice: Choice, *, told: bool) -> Choice:
    """Return the choice with a sentence about changes: they were ``told``, or asked for in vain."""
    return replace(choice, reason=f"{choice.reason} {_TOLD if told else _LAPSED}")
