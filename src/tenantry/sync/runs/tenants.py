"""The tenants that a run's list showed, by what the run made of them. In the marketplace's scope.

Which tenants those were is kept with the pages of the list; what became of each is judged by how things stand now, so a
run that ended a while ago may show other numbers than it counted then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection as database

from tenantry.isolation.bulk import whole_tables
from tenantry.listing.paging import PAGE_SIZE
from tenantry.sync.models import Run
from tenantry.sync.runs.accounting import EACH_TENANT, SKIPPED, place_of
from tenantry.sync.runs.candidates import inside

SEEN = "seen"
# What a person can ask for: the kinds of tenants that it means, and what it is called.
KINDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    SEEN: ((), "all tenants seen"),
    "with_changes": (("with_changes",), "with changes"),
    "unchanged": (("unchanged",), "unchanged"),
    "waiting_for_details": (("waiting_for_details",), "waiting for details"),
    "skipped": (SKIPPED, "skipped, for any reason"),
    "skipped_linked": (("skipped_linked",), "skipped: linked to a company here"),
    "skipped_not_reseller": (("skipped_not_reseller",), "skipped: no reseller relationship"),
    "skipped_out_of_scope": (("skipped_out_of_scope",), "skipped: outside this marketplace's feed"),
    "skipped_decided": (("skipped_decided",), "skipped: decided before"),
}
REASONS: Mapping[str, str] = {
    "with_changes": "The run planned a change for it.",
    "unchanged": "It was as it is known here.",
    "waiting_for_details": "The feed's filter asks for details of it that are not read yet.",
    "skipped_linked": "A company here is linked to it: its fields follow, it does not come in again.",
    "skipped_not_reseller": "The provider does not say that it is your reseller customer.",
    "skipped_out_of_scope": "The filter of this marketplace's feed does not let it through.",
    "skipped_decided": "It was created as a company, or linked, before.",
    "unexplained": "It is neither changed nor unchanged. Report it with the number of the run.",
}
# A tenant that the feed keeps out may be another marketplace's: it is counted, and named only if it came in here once.
_PAGE = f"""
select each_tenant.tenant_id, each_tenant.kind, t.name, t.external_id, p.id, l.company_id
from ({EACH_TENANT}) each_tenant
join sync_tenant t on t.id = each_tenant.tenant_id
join sync_feed own on own.marketplace_id = %(marketplace)s and own.connection_id = %(connection)s
left join sync_pendingcompany p on p.marketplace_id = %(marketplace)s and p.tenant_id = t.id
left join sync_tenantlink l on l.marketplace_id = %(marketplace)s and l.tenant_id = t.id and l.ended_at is null
where (%(kinds)s::text[] = '{{}}' or each_tenant.kind = any(%(kinds)s)) and each_tenant.tenant_id > %(after)s
and (p.id is not null or l.id is not null or {inside("own")})
and (%(words)s = '' or strpos(lower(t.name), %(words)s) > 0 or t.external_id = %(words)s or t.domain = %(words)s)
order by each_tenant.tenant_id limit %(limit)s
"""  # noqa: S608  # made of our own columns only


@dataclass(frozen=True, slots=True)
class SeenTenant:
    """A tenant of the list: what the run made of it, and where it stands here."""

    tenant_id: int
    kind: str
    name: str
    external_id: str
    pending_id: int | None
    company_id: int | None


@dataclass(frozen=True, slots=True)
class SeenPage:
    """Some tenants in the order of their keys. ``after``: behind which the next ones begin; 0 at the end."""

    rows: list[SeenTenant]
    after: int


def list_seen(run: Run, *, kind: str = SEEN, words: str = "", after: int = 0, size: int = PAGE_SIZE) -> SeenPage:
    """Return the tenants of one of :data:`KINDS` beyond primary key ``after``. ``words``: name, domain or id.

    Tenants outside the feed are left out, unless they came in here before. Two queries.
    """
    if run.observation is None or run.connection_id is None:
        return SeenPage([], 0)
    kinds = KINDS.get(kind, KINDS[SEEN])[0]
    parameters = {
        **place_of(run, run.observation), "kinds": list(kinds), "after": after, "words": words.strip().lower(),
        "limit": size + 1,
    }  # fmt: skip
    with whole_tables(), database.cursor() as cursor:
        cursor.execute(_PAGE, parameters)
        rows = [SeenTenant(*row) for row in cursor.fetchall()]
    return SeenPage(rows[:size], rows[size - 1].tenant_id if len(rows) > size else 0)
