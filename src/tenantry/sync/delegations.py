"""Delegated administration (GDAP) of a connection's tenants: read, kept, and what of it ends soon or is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction

from tenantry.connections.directories import graph_of
from tenantry.connections.models import Connection, Provider
from tenantry.connections.pacing import people_budgets
from tenantry.core.consent import STEPS, Concern, Matter
from tenantry.core.texts import storable
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.bulk import stage_rows
from tenantry.providers.errors import ProviderError
from tenantry.providers.microsoft.delegations import READING_ROLES, Delegation
from tenantry.sync.models import Feed, Sighting

_MOST_CONCERNS = 5_000
_READ_EVERY = timedelta(hours=23)
_APART = timedelta(hours=12)
_STEPS_TO_FIX = (
    "Ask the customer in the Partner Center for delegated administration (GDAP) with the role Directory Readers.",
    "When it is active, assign it to a security group that the signed-in person belongs to.",
    "For e-mail addresses, guests and blocked sign-ins, also give the application consent in the customer's tenant.",
)

# What `administration_of` reads: a list asks for fifty at once.
_SEEN_BY_ADMINISTRATION = (
    "tenant_id",
    "delegation_status",
    "delegation_roles",
    "delegation_ends_at",
    "delegation_read_at",
    "connection__delegations_problem",
    "connection__delegations_read_at",
)

# A relationship that Graph no longer lists has ended, when a second list, read half a day later or more, lacks it as
# well. Rows that say what is so are not written.
_KEEP = """
with told as (
    select s.id, s.tenant_id, g.tenant is null and s.delegation_status <> ''
        and coalesce(s.delegation_missing_since > %(confirmed)s, true) as doubtful, coalesce(g.status, '') as status,
        coalesce(g.name, '') as name, coalesce(g.roles, '{}') as roles, g.ends_at
    from sync_sighting s join sync_tenant t on t.id = s.tenant_id
    left join stage_delegations g on g.tenant = t.external_id
    where s.connection_id = %(connection)s and s.ended_at is null
), doubted as (
    update sync_sighting s set delegation_missing_since = %(now)s
    from told where told.id = s.id and told.doubtful and s.delegation_missing_since is null
), kept as (
    update sync_sighting s set delegation_status = told.status, delegation_name = told.name,
        delegation_roles = told.roles, delegation_ends_at = told.ends_at, delegation_read_at = %(now)s,
        delegation_missing_since = null
    from told where told.id = s.id and not told.doubtful and (s.delegation_read_at is null
        or s.delegation_missing_since is not null or (s.delegation_status, s.delegation_name,
        s.delegation_roles, s.delegation_ends_at) is distinct from (told.status, told.name, told.roles, told.ends_at))
    returning s.tenant_id, told.status in ('active', 'expiring') as in_force
)
update sync_tenant t set delegated_admin = kept.in_force from kept
where kept.tenant_id = t.id and t.delegated_admin is distinct from kept.in_force
"""


@dataclass(frozen=True, slots=True)
class Administration:
    """What a partner may do in a tenant, for people. ``fix`` are steps; empty when nothing is to be done."""

    word: str
    sentence: str
    roles: tuple[str, ...]
    ends_at: datetime | None
    read_at: datetime | None
    fix: tuple[str, ...] = ()


def read_delegations(connection: Connection, *, now: datetime) -> int:
    """Read the delegated administration of all customers and keep it; return how many have any.

    Talks HTTP: never in a transaction. Raises ``ProviderError``; what was read before stays then, and the connection
    keeps the reason.
    """
    row = Connection.objects.filter(pk=connection.pk)
    try:
        with people_budgets(connection) as budgets:
            found = graph_of(connection, budgets).delegations(connection.partner_tenant_id)
    except ProviderError as error:
        row.update(delegations_tried_at=now, delegations_problem=storable(f"{error.message} {error.next_step}"))
        raise
    keep_delegations(connection.pk, found, now=now)
    row.update(delegations_tried_at=now, delegations_read_at=now, delegations_problem="")
    return len(found)


def are_due(connection: Connection, *, now: datetime) -> bool:
    """Whether the connection's delegated administration is to be read: once a day."""
    tried = connection.delegations_tried_at
    reads = connection.provider == Provider.MICROSOFT and connection.enabled and connection.ready_for_people
    return reads and (tried is None or tried <= now - _READ_EVERY)


@transaction.atomic
def keep_delegations(connection_id: int, found: Mapping[str, Delegation], *, now: datetime) -> None:
    """Keep what was read of every tenant that the connection sees."""
    columns = (
        ("tenant", "text"), ("status", "text"), ("name", "text"), ("roles", "varchar[]"), ("ends_at", "timestamptz")
    )  # fmt: skip
    rows = [(each.tenant_id, each.status, each.name, list(each.roles), each.ends_at) for each in found.values()]
    stage_rows("stage_delegations", columns, rows)
    with database.cursor() as cursor:
        cursor.execute(_KEEP, {"connection": connection_id, "now": now, "confirmed": now - _APART})


def delegation_concerns(connection: Connection, *, now: datetime) -> list[Concern]:
    """Return what of the linked tenants' delegated administration ends soon, or has ended since it was read."""
    if connection.provider != Provider.MICROSOFT:
        return []
    near = now + timedelta(days=max(STEPS))
    rows = Sighting.objects.filter(
        connection=connection, ended_at=None, delegation_ends_at__lte=near, delegation_read_at__isnull=False
    ).select_related("tenant")
    rows = rows.order_by("delegation_ends_at", "pk")[:_MOST_CONCERNS]
    linked = _linked_anywhere([row.tenant_id for row in rows])
    return [
        Concern(Matter.DELEGATED_ADMIN, row.delegation_ends_at, row.tenant.external_id, row.tenant.name)
        for row in rows
        if row.tenant_id in linked
    ]


def _linked_anywhere(tenant_ids: list[int]) -> set[int]:
    with database.cursor() as cursor:
        cursor.execute("select * from tenants_linked_anywhere(%s)", [tenant_ids])
        return {row[0] for row in cursor.fetchall()}


def administration_of(sighting: Sighting | None, *, now: datetime) -> Administration:
    """Return a tenant's delegated administration in words, with the steps that mend it. Reads ``connection``."""
    if sighting is None or sighting.delegation_read_at is None:
        problem = sighting.connection.delegations_problem if sighting else ""
        return Administration("not known", problem or "It was not read yet.", (), None, None)
    ends_at, read_at = sighting.delegation_ends_at, sighting.connection.delegations_read_at
    roles = tuple(READING_ROLES.get(role, role) for role in sighting.delegation_roles)
    if sighting.delegation_status not in {"active", "expiring"} or (ends_at is not None and ends_at <= now):
        waits = sighting.delegation_status in {"approvalPending", "approved", "activating", "created"}
        word = "waits for the customer" if waits else "ended" if sighting.delegation_status else "none"
        return Administration(word, "Its people can't be read.", roles, ends_at, read_at, _STEPS_TO_FIX)
    if not set(sighting.delegation_roles) & set(READING_ROLES):
        return Administration("lacks a role", "None of its roles reads people.", roles, ends_at, read_at, _STEPS_TO_FIX)
    return Administration("active", "Its people can be read.", roles, ends_at, read_at)


def sightings_of(tenant_ids: Sequence[int]) -> dict[int, Sighting]:
    """Return how the marketplace's connections see these Microsoft tenants, the one that may most first. One query.

    By tenant. In a marketplace's scope. Asks for nobody, too: a list puts as many questions whatever it shows.
    """
    feeding = Feed.objects.values("connection_id")
    rows = Sighting.objects.filter(
        is_one_of("tenant_id", tenant_ids or [0]), connection_id__in=feeding, connection__provider=Provider.MICROSOFT,
        ended_at=None,
    ).select_related("connection").only(*_SEEN_BY_ADMINISTRATION)  # fmt: skip
    found: dict[int, Sighting] = {}
    for row in sorted(rows, key=lambda row: (row.delegation_status != "active", row.pk)):
        found.setdefault(row.tenant_id, row)
    return found
