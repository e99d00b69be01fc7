"""Un-creates companies that have nothing but what the sync made of them."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from tenantry.audit.events import Actor
from tenantry.audit.services import record_event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.refusals import CompanyInUse
from tenantry.marketplace.companies.telling import company_happening
from tenantry.marketplace.companies.writing import companies_leaving
from tenantry.marketplace.models import Company, CompanyOrigin, CompanyStatus, Membership, User

_SYNC = CompanyOrigin.SYNC


def reasons_to_keep(company: Company) -> list[str]:
    """Return what the company has beyond what the sync made, each as a clause; empty when it can be removed.

    Invitations are no reason by themselves: the caller revokes them first. Links of further tenants are the caller's
    to judge.
    """
    if company.origin != _SYNC:
        return [f"it was not created by Company Sync ({company.get_origin_display()})"]
    people = Membership.objects.filter(company=company).aggregate(
        accepted=Count("pk", filter=Q(accepted_at__isnull=False)), added=Count("pk", filter=~Q(origin=_SYNC))
    )
    checks = (
        (company.version > 0, "somebody edited it"),
        (company.status == CompanyStatus.DISABLED, "it was disabled by hand"),
        (people["accepted"], "a person of it has accepted an invitation"),
        (people["added"], "people were added to it"),
        (company.domains.exclude(origin=_SYNC).exists(), "domains were added to it"),
        (company.tenant_ids.exclude(origin=_SYNC).exists(), "tenant ids were added to it"),
    )
    return [reason for holds, reason in checks if holds]


@transaction.atomic
def remove_company(
    *, company_id: int, reason: str, actor: Actor, now: datetime, request_id: str = "", run_id: int | None = None
) -> None:
    """Remove a company and those of its people that nothing else knows. Raises :class:`CompanyInUse`."""
    company = Company.objects.select_for_update().get(pk=company_id)
    reasons = reasons_to_keep(company)
    if reasons:
        raise CompanyInUse(reasons)
    companies_leaving.send(sender=Company, company_ids=[company_id])
    own = list(
        User.objects.filter(memberships__company=company, account__isnull=True, origin=_SYNC)
        .exclude(memberships__in=Membership.objects.exclude(company=company))
        .values_list("pk", flat=True)
    )
    happening = company_happening("removed", company_id, company.name, before={"people": len(own)}, reason=reason[:500])
    company.delete()
    User.objects.filter(pk__in=own).delete()
    record_event(
        happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
