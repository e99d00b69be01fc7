"""Writes pending companies and the keys they are found by, many at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import connection as database

from tenantry.core.planning.companies import PendingView
from tenantry.core.search import fold, search_keys
from tenantry.core.tenants import Snapshot
from tenantry.isolation.arrays import text_array
from tenantry.isolation.bulk import insert_keys, stage_rows
from tenantry.sync.matching.keys import write_pending_match_keys
from tenantry.sync.matching.sides import Known, known_of, subject_of
from tenantry.sync.models import PendingCompany, Run
from tenantry.sync.queue import enqueue_matching

_STAGE = (
    ("tenant_id", "bigint"),
    ("state", "text"),
    ("name", "text"),
    ("sort_name", "text"),
    ("country", "text"),
    ("domain", "text"),
    ("contact_name", "text"),
    ("contact_email", "text"),
    ("sort_contact", "text"),
    ("contact_key", "text"),
    ("problems", "text[]"),
    ("content_hash", "uuid"),
)

_WRITE = """
insert into sync_pendingcompany (
    marketplace_id, tenant_id, connection_id, state, name, sort_name, country, domain,
    contact_name, contact_email, sort_contact, contact_key, problems, content_hash, first_seen_at, changed_at
)
select %(marketplace)s, g.tenant_id, %(connection)s, g.state, g.name, g.sort_name, g.country, g.domain,
    g.contact_name, g.contact_email, g.sort_contact, g.contact_key, g.problems, g.content_hash, %(now)s, %(now)s
from stage_pending g
on conflict (marketplace_id, tenant_id) do update set
    connection_id = case when sync_pendingcompany.state = 'withdrawn' then excluded.connection_id
                         else sync_pendingcompany.connection_id end,
    state = excluded.state, name = excluded.name, sort_name = excluded.sort_name, country = excluded.country,
    domain = excluded.domain, contact_name = excluded.contact_name, contact_email = excluded.contact_email,
    sort_contact = excluded.sort_contact, contact_key = excluded.contact_key, problems = excluded.problems,
    content_hash = excluded.content_hash, changed_at = excluded.changed_at, matched_at = null,
    snoozed_until = case when excluded.state = 'snoozed' then sync_pendingcompany.snoozed_until end
returning id, tenant_id, xmax = 0
"""

_LONGEST_SORT_KEY = 200
_LONGEST_ADDRESS = 254


def write_pending(run: Run, rows: Sequence[tuple[int, PendingView]], *, now: datetime) -> None:
    """Write the pending companies of these tenants as given, and their search and match keys. In the caller's scope.

    They want matching anew: the queue does that.
    """
    if not rows:
        return
    stage_rows("stage_pending", _STAGE, [_row(tenant_id, view) for tenant_id, view in rows])
    with database.cursor() as cursor:
        cursor.execute(_WRITE, {"marketplace": run.marketplace_id, "connection": run.connection_id, "now": now})
        written = cursor.fetchall()
        ids = {tenant_id: pending_id for pending_id, tenant_id, _ in written}
        fresh = {pending_id for pending_id, _, inserted in written if inserted}
        cursor.execute(
            "select id, external_id, domain, coalesce(domains, '{}'), registration_number, "
            "coalesce(nullif(address->>'phone', ''), contact_phone) from sync_tenant where id = any(%s)",
            [list(ids)],
        )
        known = {row[0]: Known(*row[1:]) for row in cursor.fetchall()}
    _write_keys({ids[tenant_id]: (view.snapshot, known[tenant_id]) for tenant_id, view in rows}, fresh)
    enqueue_matching(run.marketplace_id)


def _row(tenant_id: int, view: PendingView) -> tuple[object, ...]:
    shown = view.snapshot
    return (
        tenant_id, view.state, shown.name, fold(shown.name)[:_LONGEST_SORT_KEY], shown.country, shown.domain,
        shown.contact_name, shown.contact_email, fold(shown.contact_name or shown.contact_email)[:_LONGEST_SORT_KEY],
        shown.contact_email.strip().lower()[:_LONGEST_ADDRESS], text_array(shown.problems), shown.content_hash,
    )  # fmt: skip


def renew_keys(rows: Sequence[PendingCompany]) -> None:
    """Write the search and match keys of these rows anew, as the rows are now. Needs their tenants; in the scope."""
    _write_keys({row.pk: (row, known_of(row.tenant)) for row in rows})


def _write_keys(rows: Mapping[int, tuple[Snapshot | PendingCompany, Known]], fresh: Collection[int] = ()) -> None:
    """Write the keys of these rows. Those that are ``fresh``, made in this transaction, have none to be replaced."""
    for made in (False, True):
        some = {pk: row for pk, row in rows.items() if (pk in fresh) is made}
        if not some:
            continue
        if not made:
            with database.cursor() as cursor:
                cursor.execute("delete from sync_pendingkey where pending_id = any(%s)", [list(some)])
        keys = [(pk, key) for pk, (shown, known) in some.items() for key in _keys(shown, known)]
        insert_keys("sync_pendingkey", "pending_id", keys, fresh=made)
        write_pending_match_keys({pk: subject_of(shown, known) for pk, (shown, known) in some.items()}, fresh=made)


def _keys(shown: Snapshot | PendingCompany, known: Known) -> list[str]:
    mailbox, _, mail_domain = shown.contact_email.partition("@")
    return search_keys(
        texts=[shown.name, shown.contact_name, mailbox],
        domains={known.domain, *known.domains, shown.domain, mail_domain} - {""},
        ids=[known.external_id],
    )
