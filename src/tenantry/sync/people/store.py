"""Writes what listings showed of people, and only what differs. An unchanged person costs no write.

Rows of several tenants are handled at once: most tenants have few people, and each statement costs a round trip.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection as database

from tenantry.core.directory import content_hash, known_after
from tenantry.core.records import AdminLevel, DirectoryUser, PersonKind, Presence
from tenantry.isolation.arrays import text_array
from tenantry.isolation.bulk import stage_rows
from tenantry.sync.models import Observation

Seen = tuple[int, DirectoryUser]
"""A tenant's primary key, and a person of it."""

_MEMBERS = tuple(entry.name for entry in fields(DirectoryUser))
_members_of = attrgetter(*_MEMBERS)
_TYPES = {
    "aliases": "text[]", "licences": "text[]", "enabled": "boolean", "archived": "boolean", "signed_in": "boolean",
    "deleted_at": "timestamptz", "created_at": "timestamptz", "last_sign_in": "timestamptz",
}  # fmt: skip
_STAGE = (
    ("tenant_id", "bigint"),
    *((name, _TYPES.get(name, "text")) for name in _MEMBERS),
    ("listing_hash", "uuid"),
    ("content_hash", "uuid"),
)
_NAMES = ", ".join(name for name, _ in _STAGE)
_SET = ", ".join(f"{name} = excluded.{name}" for name, _ in _STAGE if name not in {"tenant_id", "external_id"})

# Compared in the database: of the people who are as they were, only the keys come back.
_COMPARE = """
select shown.place, p.id, coalesce(
    p.listing_hash = shown.listing_hash and p.presence = 'present' and p.missing_since is null and p.left_at is null,
    false
)
from unnest(%(tenants)s::bigint[], %(ids)s::text[], %(hashes)s::uuid[]) with ordinality
    as shown(tenant_id, external_id, listing_hash, place)
cross join lateral (
    select id, listing_hash, presence, missing_since, left_at from sync_directoryuser
    where tenant_id = shown.tenant_id and external_id = shown.external_id limit 1
) p
"""

_WRITE = f"""
insert into sync_directoryuser ({_NAMES}, first_seen_at, changed_at)
select {_NAMES}, %(now)s, %(now)s from stage_people order by tenant_id, external_id
on conflict (tenant_id, external_id) do update set {_SET}, missing_since = null, missing_listings = 0, left_at = null,
    emptied_at = null, changed_at = case
        when sync_directoryuser.content_hash = excluded.content_hash then sync_directoryuser.changed_at
        else excluded.changed_at end
returning id, tenant_id
"""  # noqa: S608  # made of our own columns

_KNOWN = f"""
select id, tenant_id, {", ".join(_MEMBERS)} from sync_directoryuser where id = any(%s) order by id for update
"""  # noqa: S608  # made of our own columns

# A deleted person's name may be mangled at the provider, so nothing but the fact is taken over.
_DELETE = """
update sync_directoryuser p
set presence = d.presence, deleted_at = coalesce(d.deleted_at, p.deleted_at), left_at = coalesce(p.left_at, %(now)s),
    changed_at = %(now)s, listing_hash = null
from unnest(%(tenants)s::bigint[], %(ids)s::text[], %(presences)s::text[], %(moments)s::timestamptz[])
    as d(tenant_id, external_id, presence, deleted_at)
where p.tenant_id = d.tenant_id and p.external_id = d.external_id
and (p.presence = 'present' or p.left_at is null)
and (%(reading)s::bigint is null or p.id not in (
    select unnest(row_ids) from sync_observationpage where observation_id = %(reading)s and generation = %(generation)s
))
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing people did. ``ids`` are the primary keys of all of them, by tenant; ``changed`` counts writes."""

    ids: Mapping[int, list[int]]
    new: int = 0
    changed: int = 0


def store_present(seen: Sequence[Seen], *, now: datetime) -> Stored:
    """Store people who are there. Runs in the caller's transaction; the same again changes nothing.

    Of several records of one person the last one counts. What a record does not tell stays as it was known.
    """
    unique = {(tenant_id, person.external_id): person for tenant_id, person in seen}
    if not unique:
        return Stored({})
    hashes = {key: content_hash(person) for key, person in unique.items()}
    known, same = _compare(hashes)
    ids: dict[int, list[int]] = {}
    for key in same:
        ids.setdefault(key[0], []).append(known[key])
    differing = {key: person for key, person in unique.items() if key not in same}
    if not differing:
        return Stored(ids)
    _stage(differing, {key: known[key] for key in differing if key in known}, hashes)
    with database.cursor() as cursor:
        cursor.execute(_WRITE, {"now": now})
        for row_id, tenant_id in cursor.fetchall():
            ids.setdefault(tenant_id, []).append(row_id)
    there = sum(key in known for key in differing)
    return Stored(ids, new=len(differing) - there, changed=there)


def _compare(hashes: Mapping[tuple[int, str], UUID]) -> tuple[dict[tuple[int, str], int], set[tuple[int, str]]]:
    """Return the primary keys of those who are known, and who of these is as they were."""
    order = list(hashes)
    with database.cursor() as cursor:
        cursor.execute(
            _COMPARE,
            {
                "tenants": [tenant_id for tenant_id, _ in order],
                "ids": text_array(external_id for _, external_id in order),
                "hashes": text_array(str(hashes[key]) for key in order),
            },
        )
        rows = cursor.fetchall()
    known = {order[place - 1]: row_id for place, row_id, _ in rows}
    return known, {order[place - 1] for place, _, is_same in rows if is_same}


def _stage(
    differing: Mapping[tuple[int, str], DirectoryUser],
    known: Mapping[tuple[int, str], int],
    hashes: Mapping[tuple[int, str], UUID],
) -> None:
    before = _records(known.values())
    rows = []
    for key, read in differing.items():
        shown = str(hashes[key])
        person, known_hash = read, shown  # of somebody new, all that is known is what was shown
        if key in before:
            person = known_after(before[key], read)
            known_hash = str(content_hash(person))
        rows.append((key[0], *[_plain(value) for value in _members_of(person)], shown, known_hash))
    stage_rows("stage_people", _STAGE, rows)


def _records(ids: Iterable[int]) -> dict[tuple[int, str], DirectoryUser]:
    with database.cursor() as cursor:
        cursor.execute(_KNOWN, [list(ids)])
        found = [dict(zip(("id", "tenant_id", *_MEMBERS), row, strict=True)) for row in cursor.fetchall()]
    return {(row["tenant_id"], row["external_id"]): record_of(row) for row in found}


def record_of(row: Mapping[str, Any]) -> DirectoryUser:
    """Return the columns of a ``DirectoryUser`` row as the record that they came from."""
    values = {name: row[name] for name in _MEMBERS}
    for name in ("aliases", "licences"):
        values[name] = None if values[name] is None else tuple(values[name])
    values["presence"] = Presence(values["presence"])
    values["kind"] = PersonKind(values["kind"]) if values["kind"] else None
    values["admin"] = AdminLevel(values["admin"]) if values["admin"] else None
    return DirectoryUser(**values)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)


def store_gone(seen: Sequence[Seen], *, now: datetime, but_for: Observation | None = None) -> int:
    """Note which people the provider says are deleted; return how many were there before.

    Nobody is added: who was never known here is nobody's business. ``but_for`` is a reading whose pages were kept: of
    those whom its listing had, nothing else is believed.
    """
    if not seen:
        return 0
    with database.cursor() as cursor:
        cursor.execute(
            _DELETE,
            {
                "now": now,
                "reading": but_for.pk if but_for else None,
                "generation": but_for.generation if but_for else None,
                "tenants": [tenant_id for tenant_id, _ in seen],
                "ids": text_array(person.external_id for _, person in seen),
                "presences": [person.presence.value for _, person in seen],
                "moments": [person.deleted_at for _, person in seen],
            },
        )
        return int(cursor.rowcount)
