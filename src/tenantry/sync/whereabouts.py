"""*Where is my tenant?*: finds what the marketplace knows of a tenant that a person names. Changes nothing.

Only what the marketplace's own feeds, pending companies and links show is looked at: that another marketplace knows a
tenant makes no difference to the answer.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from tenantry.connections.models import Connection
from tenantry.core.feed_filters import domain_of, guid_of
from tenantry.core.whereabouts import Answer, Listed, Seen, TenantFacts, where_is, where_is_unknown
from tenantry.sync.feeds import filter_of
from tenantry.sync.models import Feed, PendingCompany, Sighting, Tenant, TenantLink
from tenantry.sync.observe.states import ConnectionState, Health, states_of_feeding

_MOST = 5
_REFUSALS = {"AuthFailed", "ConsentMissing"}
_TROUBLE = {
    Health.READING: "it is being read.",
    Health.NOT_READ: "it was never read.",
    Health.INCOMPLETE: "the last reading did not come to its end.",
    Health.CANCELLED: "the last reading was cancelled.",
    Health.NOT_READY: "the connection is not set up yet.",
    Health.OFF: "the connection is disabled.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An answer about one tenant; ``None`` where nothing is known of it. ``as_of``: when the lists were read."""

    answer: Answer
    tenant: Tenant | None = None
    pending: PendingCompany | None = None
    company_id: int | None = None
    as_of: datetime | None = None
    facts: TenantFacts | None = None


def named(given: str) -> tuple[str, str]:
    """Return the tenant ID or the domain that was pasted; both empty when it is neither.

    Addresses of pages and e-mail addresses count by their domain.
    """
    text = given.strip()
    if guid := guid_of(text):
        return guid, ""
    host = text.partition("://")[2] or text
    return "", domain_of(host.partition("/")[0].rpartition("@")[2].partition(":")[0])


def find_tenant(*, external_id: str, domain: str, connection: Connection | None = None) -> list[Found]:
    """Return where the tenants are that have this id or domain, the first few; at least one answer.

    ``connection`` narrows to what it shows. In the marketplace's scope. A handful of queries.
    """
    feeds = {feed.connection_id: feed for feed in Feed.objects.all()}
    if connection is not None:
        feeds = {key: feed for key, feed in feeds.items() if key == connection.pk}
    states = [state for state in states_of_feeding() if state.connection.pk in feeds]
    read = min((state.last_listing for state in states if state.last_listing), default=None)
    tenants = list(_known_here(external_id, domain, set(feeds)))
    if not tenants:
        return [Found(where_is_unknown([_listed(state) for state in states]), as_of=read)]
    return _found(tenants, feeds, read)


def _known_here(external_id: str, domain: str, connection_ids: set[int]) -> QuerySet[Tenant]:
    rows = Tenant.objects.filter(
        Exists(Sighting.objects.filter(tenant=OuterRef("pk"), connection_id__in=connection_ids))
        | Exists(PendingCompany.objects.filter(tenant=OuterRef("pk")))
        | Exists(TenantLink.objects.filter(tenant=OuterRef("pk"), ended_at=None))
    )
    if external_id:
        places = Connection.objects.filter(pk__in=connection_ids).values_list("provider", "cloud").distinct()
        provider, cloud = zip(*places, strict=True) if places else ((), ())
        return rows.filter(provider__in=provider, cloud__in=cloud, external_id=external_id)[:_MOST]
    return rows.filter(Q(domain=domain) | Q(domains__contains=[domain])).order_by("pk")[:_MOST]


def _found(tenants: list[Tenant], feeds: dict[int, Feed], read: datetime | None) -> list[Found]:
    seen: dict[int, list[Seen]] = {tenant.pk: [] for tenant in tenants}
    sightings = Sighting.objects.select_related("connection").filter(tenant__in=tenants, connection_id__in=feeds)
    for sighting in sightings:
        seen[sighting.tenant_id].append(_seen(sighting, feeds[sighting.connection_id]))
    pending = {row.tenant_id: row for row in PendingCompany.objects.filter(tenant__in=tenants)}
    links = {
        row.tenant_id: row
        for row in TenantLink.objects.select_related("company").filter(tenant__in=tenants, ended_at=None)
    }
    found = []
    for tenant in tenants:
        link, row = links.get(tenant.pk), pending.get(tenant.pk)
        facts = _facts(tenant, tuple(seen[tenant.pk]), row, link)
        found.append(Found(where_is(facts), tenant, row, link.company_id if link else None, read, facts))
    return found


def _seen(row: Sighting, feed: Feed) -> Seen:
    return Seen(
        connection=row.connection.name,
        relationship=row.relationship,
        ended=row.ended_at is not None,
        missing=row.missing_since is not None,
        passes=filter_of(feed),
    )


def _facts(
    tenant: Tenant, seen: tuple[Seen, ...], pending: PendingCompany | None, link: TenantLink | None
) -> TenantFacts:
    return TenantFacts(
        country=tenant.country,
        domains=tuple({tenant.domain, *(tenant.domains or ())} - {""}),
        indirect_reseller=tenant.indirect_reseller_id,
        external_id=tenant.external_id,
        details_read=tenant.details_at is not None,
        details_problem=tenant.details_problem,
        seen=seen,
        state=pending.state if pending else "",
        company=link.company.name if link else "",
    )


def _listed(state: ConnectionState) -> Listed:
    failure = state.failure
    trouble = failure.get("what", "") or _TROUBLE.get(state.health, "")
    return Listed(
        connection=state.connection.name,
        complete=state.health is Health.WORKS,
        trouble=trouble,
        permission=failure.get("kind", "") in _REFUSALS,
        next_step=failure.get("next", ""),
    )
