"""*Sync domains*: the verified domains of a company's linked tenants become domains of the company.

Adds and verifies, never removes. Talks HTTP: never in a transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.connections.directories import open_directory
from tenantry.connections.models import Connection
from tenantry.core.records import TenantDomain
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.changing import CompanyEdit, change_companies
from tenantry.marketplace.companies.services import CompanyRefused, DomainDraft
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin
from tenantry.providers.errors import ProviderError
from tenantry.sync.models import Feed, Sighting, TenantLink

MOST_TENANTS = 10
# What a provider gives every tenant belongs to nobody in particular.
_GIVEN = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn", ".test-google-a.com")


@dataclass(frozen=True, slots=True)
class Source:
    """A linked tenant, and the connection that it is read through; none when no connection sees it now."""

    external_id: str
    name: str
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SyncedDomains:
    """What came of it: ``added`` or newly verified domains, how many tenants were ``read``, why others were not."""

    added: tuple[str, ...]
    read: int
    problems: tuple[str, ...]


def sync_domains(
    *, marketplace_id: int, company_id: int, actor: Actor, now: datetime, request_id: str = ""
) -> SyncedDomains:
    """Read the domains of the company's linked tenants and give them to it. Outside of any transaction.

    What one tenant refuses is told in ``problems`` and costs only that tenant. Raises ``Company.DoesNotExist``.
    """
    with marketplace_scope(marketplace_id):
        Company.objects.only("pk").get(pk=company_id)
        sources = _sources(company_id)
    found: list[str] = []
    problems: list[str] = []
    for source in sources:
        try:
            found += _read(source)
        except ProviderError as error:
            problems.append(f"{source.name or source.external_id}: {error.message} {error.next_step}")
    with marketplace_scope(marketplace_id):
        added, refusal = _give(company_id, sorted(set(found)), actor=actor, now=now, request_id=request_id)
    return SyncedDomains(tuple(added), len(sources) - len(problems), tuple(problems + refusal))


def _sources(company_id: int) -> list[Source]:
    links = TenantLink.objects.filter(company_id=company_id, ended_at=None).select_related("tenant").order_by("pk")
    sources = []
    for link in links[:MOST_TENANTS]:
        seen = Sighting.objects.filter(
            tenant_id=link.tenant_id, ended_at=None, connection__enabled=True,
            connection_id__in=Feed.objects.values("connection_id"),
        ).select_related("connection")  # fmt: skip
        ready = [each.connection for each in seen if each.connection.ready_for_people]
        sources.append(Source(link.tenant.external_id, link.tenant.name, ready[0] if ready else None))
    return sources


class _Unseen(ProviderError):
    """No connection of the marketplace can read the tenant."""


def _read(source: Source) -> list[str]:
    if source.connection is None:
        raise _Unseen(
            "No connection that feeds this marketplace can read its directory.",
            next_step="Ask your operator: a person must be signed in at Microsoft, or a Google key be there.",
        )
    with open_directory(source.connection, source.external_id) as directory:
        return own_domains(directory.source.domains(source.external_id))


def own_domains(domains: Iterable[TenantDomain]) -> list[str]:
    """Return the verified domains that are a tenant's own."""
    return [each.name for each in domains if each.verified and not each.name.endswith(_GIVEN)]


def _give(
    company_id: int, domains: Sequence[str], *, actor: Actor, now: datetime, request_id: str
) -> tuple[list[str], list[str]]:
    """Give the company these domains; return those that are new or newly verified, and why none could be given."""
    known = set(CompanyDomain.objects.filter(company_id=company_id, verified=True).values_list("domain", flat=True))
    added = [domain for domain in domains if domain not in known]
    if not added:
        return [], []
    edit = CompanyEdit(company_id, {"domains": tuple(DomainDraft(domain, verified=True) for domain in added)})
    try:
        change_companies(edits=[edit], origin=CompanyOrigin.SYNC, actor=actor, now=now, request_id=request_id)
    except CompanyRefused as refusal:
        return [], [f"The domains can't be added: {refusal}"]
    return added, []
