"""Un-creates companies that have nothing but what the sync made of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tenantry.audit.events import Actor
from tenantry.audit.models import Event
from tenantry.audit.services import record_event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.changing import BY_PEOPLE
from tenantry.marketplace.companies.refusals import CompanyInUse
from tenantry.marketplace.companies.telling import company_happening
from tenantry.marketplace.companies.writing import companies_leaving
from tenantry.marketplace.models import (
    Company,
    CompanyDomain,
    CompanyOrigin,
    CompanyStatus,
    CompanyTenantId,
    Membership,
    User,
)

_SYNC = CompanyOrigin.SYNC
_EDITS = ["marketplace.company.edited", "marketplace.company.blanks_filled"]


def reasons_to_keep(companies: Sequence[Company]) -> dict[int, list[str]]:
    """Return, by company, what it has beyond what the sync made, as clauses; those with none can be removed.

    Invitations are no reason by themselves: the caller revokes them first. Links of further tenants are the caller's
    to judge. Four queries at most, however many companies these are.
    """
    own = [company for company in companies if company.origin == _SYNC]
    found = {
        company.pk: [f"it was not created by Company Sync ({company.get_origin_display()})"]
        for company in companies
        if company.origin != _SYNC
    }
    if own:
        found |= _beyond_sync(own)
    return {pk: reasons for pk, reasons in found.items() if reasons}


def _beyond_sync(companies: Sequence[Company]) -> dict[int, list[str]]:
    ids = [company.pk for company in companies]
    edited = _edited([company.pk for company in companies if company.version > 0])
    people = Membership.objects.filter(company_id__in=ids)
    accepted = _owners(people.filter(accepted_at__isnull=False))
    added = _owners(people.exclude(origin=_SYNC))
    domains = _owners(CompanyDomain.objects.filter(company_id__in=ids).exclude(origin=_SYNC))
    tenant_ids = _owners(CompanyTenantId.objects.filter(company_id__in=ids).exclude(origin=_SYNC))
    return {
        company.pk: [
            reason
            for holds, reason in (
                (company.pk in edited, "somebody edited it"),
                (company.status == CompanyStatus.DISABLED, "it was disabled by hand"),
                (company.pk in accepted, "a person of it has accepted an invitation"),
                (company.pk in added, "people were added to it"),
                (company.pk in domains, "domains were added to it"),
                (company.pk in tenant_ids, "tenant ids were added to it"),
            )
            if holds
        ]
        for company in companies
    }


def _owners(rows: QuerySet[Any]) -> set[int]:
    return set(rows.values_list("company_id", flat=True).distinct())


def _edited(company_ids: Sequence[int]) -> set[int]:
    """Return the companies that a person changed after they were made: a sync that follows a tenant is no edit."""
    if not company_ids:
        return set()
    events = Event.objects.filter(
        marketplace_id=current_marketplace_id(), target_kind="company", target_id__in=list(map(str, company_ids)),
        actor_kind__in=[kind.value for kind in BY_PEOPLE], action__in=_EDITS,
    )  # fmt: skip
    return {int(pk) for pk in events.values_list("target_id", flat=True).distinct()}


@transaction.atomic
def remove_company(
    *, company_id: int, reason: str, actor: Actor, now: datetime, request_id: str = "", run_id: int | None = None
) -> None:
    """Remove a company and those of its people that nothing else knows. Raises :class:`CompanyInUse`."""
    company = Company.objects.select_for_update().get(pk=company_id)
    reasons = reasons_to_keep([company]).get(company_id)
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
