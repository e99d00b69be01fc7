"""Reads Google tenants and the companies that they may be. In a marketplace's scope."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from tenantry.core.matching import Match, Subject
from tenantry.core.matching.profiles import profile_of
from tenantry.core.search import fold
from tenantry.core.tenants import Snapshot
from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page, bounded_count, page_of
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.queries import Proposal, proposals_of
from tenantry.sync.entitlements import allowed_switches
from tenantry.sync.matching.finding import find_matches
from tenantry.sync.matching.sides import Known, subject_of
from tenantry.sync.models import GoogleTenant, Tenant, TenantLink
from tenantry.sync.models.google import GoogleTenantState

BY_NAME = Order("name", "sort_name")


def google_allowed() -> bool:
    """Whether an operator switched User Sync from Google on for the marketplace. One query."""
    return "user_sync_google" in allowed_switches()


def list_google_tenants(
    state: GoogleTenantState, words: str, *, after: str, before: str, size: int = PAGE_SIZE
) -> Page[GoogleTenant]:
    """Return a page of the Google tenants in a state whose name or domain holds these words, by name. One query."""
    rows = _found(words).filter(state=state).select_related("tenant")
    return page_of([rows], BY_NAME, after=after, before=before, size=size)


def count_google_tenants(words: str) -> dict[GoogleTenantState, BoundedCount]:
    """Return how many there are in each state. One query each."""
    rows = _found(words)
    return {state: bounded_count(rows.filter(state=state)) for state in GoogleTenantState}


def _found(words: str) -> QuerySet[GoogleTenant]:
    rows = GoogleTenant.objects.all()
    for word in fold(words)[:200].split():
        rows = rows.filter(Q(sort_name__contains=word) | Q(domain__contains=word) | Q(tenant__external_id__iexact=word))
    return rows


def companies_of(rows: Sequence[GoogleTenant]) -> dict[int, Company]:
    """Return the company that each of these tenants is linked to, by the tenant's primary key. One query."""
    tenants = [row.tenant_id for row in rows]
    links = TenantLink.objects.filter(tenant_id__in=tenants, ended_at=None).select_related("company")
    return {link.tenant_id: link.company for link in links}


def matches_of(rows: Sequence[GoogleTenant]) -> dict[int, tuple[Match, ...]]:
    """Return the companies that each of these tenants may be, best first, by the row's primary key."""
    if not rows:
        return {}
    profiles = {row.pk: profile_of(subject_of_google(row.tenant)) for row in rows}
    return find_matches(profiles, without={row.pk: frozenset(row.rejected) for row in rows})


def proposals_for_google(row: GoogleTenant, *, chosen: int | None = None) -> list[Proposal]:
    """Return the companies that the tenant may be, best first, after one that a person chose."""
    found = matches_of([row])[row.pk]
    companies = Company.objects.in_bulk([int(match.candidate_id) for match in found])
    rows = [
        (companies[int(match.candidate_id)], int(match.certainty), [each.as_json() for each in match.evidence])
        for match in found
        if int(match.candidate_id) in companies
    ]
    return proposals_of(rows, profile_of(subject_of_google(row.tenant)), chosen=chosen)


def subject_of_google(tenant: Tenant) -> Subject:
    """Return a Google tenant as it is compared.

    Its own domains speak for it once its directory told them; the one that the reseller ordered it with, alone, is as
    weak as a default domain.
    """
    known = Known(
        tenant.external_id, "" if tenant.domains else tenant.domain, tenant.domains or (), tenant.registration_number,
        tenant.contact_phone, tenant.address,
    )  # fmt: skip
    shown = Snapshot(tenant.name, tenant.country, tenant.domain, "", tenant.contact_email, ())
    return subject_of(shown, known)
