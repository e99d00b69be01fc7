"""Turns rows into what planning looks at: people of directories as values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database

from tenantry.core.planning.users.fields import usable_values
from tenantry.core.planning.users.scope import ScopeFacts
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.core.records import DirectoryUser, Presence
from tenantry.sync.people.store import record_of

_COLUMNS = (
    "external_id presence user_name email aliases display_name first_name last_name kind enabled suspension archived "
    "deleted_at admin org_unit licences language country phone job_title department guest_email created_at signed_in "
    "last_sign_in"
).split()
_READ = f"""
select id, tenant_id, missing_since, left_at, {", ".join(_COLUMNS)} from sync_directoryuser
where tenant_id = any(%(tenants)s) and emptied_at is null and id > %(after)s
order by id limit %(limit)s
"""  # noqa: S608  # made of our own columns
_SOME = f"""
select id, tenant_id, missing_since, left_at, {", ".join(_COLUMNS)} from sync_directoryuser
where id = any(%(ids)s) and emptied_at is null order by id
"""  # noqa: S608  # made of our own columns
_SHARED = """
select address from (
    select id, unnest(array_append(coalesce(aliases, '{}'), email)) as address from sync_directoryuser
    where tenant_id = %s and presence = 'present' and left_at is null and emptied_at is null
) carried where address <> '' group by address having count(distinct id) > 1
"""


@dataclass(frozen=True, slots=True)
class LinkedTenant:
    """A tenant that is linked to a company of the marketplace. ``api`` is how it was read last, empty before."""

    tenant_id: int
    external_id: str
    company_id: int
    provider: str
    api: str = ""


def next_people(
    tenants: Mapping[int, LinkedTenant], *, after: int, limit: int
) -> list[DirectoryPerson]:  # fmt: skip
    """Return the next people of these tenants in the order of their keys. One query."""
    return _people(_READ, tenants, {"tenants": list(tenants), "after": after, "limit": limit})


def these_people(tenants: Mapping[int, LinkedTenant], ids: Sequence[int]) -> list[DirectoryPerson]:
    """Return these people, as far as they are of these tenants. One query."""
    return _people(_SOME, tenants, {"ids": list(ids)})


def _people(statement: str, tenants: Mapping[int, LinkedTenant], place: dict[str, Any]) -> list[DirectoryPerson]:
    names = ("id", "tenant_id", "missing_since", "left_at", *_COLUMNS)
    with database.cursor() as cursor:
        cursor.execute(statement, place)
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [person_of(row, tenants[row["tenant_id"]]) for row in rows if row["tenant_id"] in tenants]


def person_of(row: Mapping[str, Any], tenant: LinkedTenant) -> DirectoryPerson:
    """Return a row as planning sees it."""
    record = record_of(row)
    values = usable_values(record)
    addresses = addresses_of(record)
    return DirectoryPerson(
        person_id=row["id"],
        external_id=record.external_id,
        tenant_id=tenant.tenant_id,
        company_id=tenant.company_id,
        provider=tenant.provider,
        values=values,
        addresses=addresses,
        facts=facts_of(record),
        gone=record.presence is not Presence.PRESENT or row["left_at"] is not None,
        deleted=record.presence is not Presence.PRESENT,
        missed=row["missing_since"] is not None,
        usable=any(values[name] for name in ("email", "first_name", "last_name")),
    )


def facts_of(record: DirectoryUser) -> ScopeFacts:
    """Return what the rules of the scope look at."""
    address = record.email or record.user_name
    return ScopeFacts(
        kind=record.kind,
        enabled=record.enabled,
        archived=record.archived,
        licensed=None if record.licences is None else bool(record.licences),
        domain=address.rpartition("@")[2].lower() if address else None,
        org_unit=record.org_unit,
        named=bool(record.display_name or record.first_name or record.last_name or record.email),
    )


def addresses_of(record: DirectoryUser) -> tuple[str, ...]:
    """Return by which addresses the person is found: by the user name only where the provider tells no address."""
    if record.email is None and record.aliases is None:
        return (record.user_name,) if record.user_name else ()
    return tuple(dict.fromkeys(each for each in (record.email, *(record.aliases or ())) if each))


class SharedAddresses:
    """The addresses that several people of a tenant carry, looked up once for each tenant."""

    def __init__(self) -> None:
        self._found: dict[int, set[str]] = {}

    def of(self, tenant_ids: Iterable[int]) -> dict[int, set[str]]:
        """Return those of these tenants. One query for each that was not asked about before."""
        wanted = set(tenant_ids)
        for tenant_id in wanted - self._found.keys():
            with database.cursor() as cursor:
                cursor.execute(_SHARED, [tenant_id])
                self._found[tenant_id] = {row[0] for row in cursor.fetchall()}
        return {tenant_id: self._found[tenant_id] for tenant_id in wanted}

    def note(self, people: Iterable[DirectoryPerson], tenant_ids: Iterable[int]) -> None:
        """Note them for tenants that were just read, and whose people are all in hand."""
        found = shared_among(people)
        self._found |= {tenant_id: found.get(tenant_id, set()) for tenant_id in tenant_ids}

    def forget(self, tenant_ids: Iterable[int]) -> None:
        """Forget tenants that are read anew."""
        for tenant_id in tenant_ids:
            self._found.pop(tenant_id, None)


def shared_among(people: Iterable[DirectoryPerson]) -> dict[int, set[str]]:
    """Return the same for tenants whose people are all in hand."""
    seen: dict[tuple[int, str], int] = {}
    shared: dict[int, set[str]] = {}
    for person in people:
        for address in () if person.gone else person.addresses:
            key = person.tenant_id, address
            if seen.setdefault(key, person.person_id) != person.person_id:
                shared.setdefault(person.tenant_id, set()).add(address)
    return shared
