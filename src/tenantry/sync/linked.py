"""Reads which tenants are linked to companies. In a marketplace's scope."""

from collections.abc import Sequence

from tenantry.sync.models import PendingCompany, TenantLink


def links_of(company_id: int) -> list[tuple[TenantLink, int | None]]:
    """Return the live links of a company with tenants, each with its pending company's primary key. Two queries."""
    links = list(
        TenantLink.objects.select_related("tenant").filter(company_id=company_id, ended_at=None).order_by("pk")
    )
    pending = _pending_of([link.tenant_id for link in links])
    return [(link, pending.get(link.tenant_id)) for link in links]


def _pending_of(tenant_ids: Sequence[int]) -> dict[int, int]:
    return dict(PendingCompany.objects.filter(tenant_id__in=tenant_ids).values_list("tenant_id", "pk"))
