"""Links a tenant to a company of the marketplace, by a decision that names who made it."""

from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.models import Tenant, TenantLink


def link_tenant(
    *, connection: Connection, external_id: str, company: Company, reason: str, actor: Actor, now: datetime
) -> TenantLink:
    """Link the tenant that ``connection`` knows by ``external_id``. In the marketplace's scope.

    Raises ``Tenant.DoesNotExist`` for a tenant never seen, ``IntegrityError`` when it has a live link here.
    """
    marketplace_id = current_marketplace_id()
    tenant = Tenant.objects.get(
        provider=connection.provider, cloud=connection.cloud, external_id=external_id, sightings__connection=connection
    )
    link = TenantLink.objects.create(marketplace_id=marketplace_id, tenant=tenant, company=company, created_at=now)
    happening = Happening(
        "sync.tenant.linked",
        Target("tenant", tenant.external_id, tenant.name),
        after={"company": company.pk, "company_name": company.name},
        reason=reason,
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return link


def companies_without_relationship(*, limit: int) -> list[str]:
    """Return the names of companies whose reseller relationship ended, in order. In the marketplace's scope."""
    ended = Company.objects.filter(relationship_ended_at__isnull=False)
    return list(ended.order_by("sort_name", "pk").values_list("name", flat=True)[:limit])
