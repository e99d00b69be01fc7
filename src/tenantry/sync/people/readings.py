"""Keeps how and when the people of each tenant were read, and since when they can't be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database
from psycopg.types.json import Jsonb

from tenantry.providers.errors import ProviderError
from tenantry.sync.observe.listing import failure_of
from tenantry.sync.people.fetching import Fetched

_READ = """
insert into sync_peoplereading as r (
    connection_id, tenant_id, api, api_reason, tried_at, users_at, deleted_at, licences_at, administrators_at, people,
    missing, changes, listed_at, stale_since, failure
)
values (
    %(connection)s, %(tenant)s, %(api)s, %(api_reason)s, %(now)s, %(users_at)s, %(deleted_at)s, %(licences_at)s,
    %(administrators_at)s, %(people)s, %(missing)s, %(changes)s, %(listed_at)s, null,
    null
)
on conflict (connection_id, tenant_id) do update set
    api = excluded.api, api_reason = excluded.api_reason, tried_at = excluded.tried_at,
    users_at = coalesce(excluded.users_at, r.users_at), deleted_at = coalesce(excluded.deleted_at, r.deleted_at),
    licences_at = coalesce(excluded.licences_at, r.licences_at),
    administrators_at = coalesce(excluded.administrators_at, r.administrators_at),
    people = excluded.people, missing = excluded.missing, changes = excluded.changes,
    listed_at = coalesce(excluded.listed_at, r.listed_at), stale_since = null, failure = null
"""
_REFUSED = """
insert into sync_peoplereading as r (connection_id, tenant_id, api, api_reason, tried_at, people, stale_since, failure)
values (%(connection)s, %(tenant)s, '', '', %(now)s, 0, %(now)s, %(failure)s)
on conflict (connection_id, tenant_id) do update set
    tried_at = excluded.tried_at, stale_since = coalesce(r.stale_since, excluded.stale_since),
    failure = excluded.failure
"""


Read = tuple[Fetched, int, bool, str]
"""What was fetched, how many people there are, whether the reading was complete, and where changes go on."""


def note_read(connection_id: int, read: Sequence[Read], *, now: datetime) -> None:
    """Note tenants that were read."""
    with database.cursor() as cursor:
        cursor.executemany(_READ, [_row(connection_id, each, now=now) for each in read])


def _row(connection_id: int, read: Read, *, now: datetime) -> dict[str, Any]:
    fetched, people, complete, changes = read
    missing = [*fetched.missing, *(fetched.licences.missing if fetched.licences else [])]
    return {
        "connection": connection_id,
        "tenant": fetched.wanted.tenant_id,
        "api": fetched.choice.api.value if fetched.choice else "",
        "api_reason": fetched.choice.reason if fetched.choice else "",
        "now": now,
        "users_at": fetched.read_at if complete else None,
        "deleted_at": fetched.read_at if fetched.gone is not None else None,
        "licences_at": fetched.read_at if fetched.licences is not None else None,
        "administrators_at": fetched.read_at if fetched.administrators is not None else None,
        "people": people,
        "missing": missing,
        "changes": changes if complete else "",
        "listed_at": fetched.read_at if complete and not fetched.is_changes else None,
    }


def note_refused(connection_id: int, tenant_id: int, error: ProviderError, *, now: datetime) -> None:
    """Note that a tenant can't be read. What is known of its people stays, and is stale since the first time."""
    place: dict[str, Any] = {
        "connection": connection_id, "tenant": tenant_id, "now": now, "failure": Jsonb(failure_of(error)),
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_REFUSED, place)
