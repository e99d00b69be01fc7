"""What every write of companies keeps: external ids once, search words and matching up to date."""

from collections.abc import Iterable, Mapping

from tenantry.core.drafts import CompanyDraft
from tenantry.marketplace.companies.keys import write_keys
from tenantry.marketplace.companies.refusals import CompanyRefused
from tenantry.marketplace.companies.writing import companies_changed
from tenantry.marketplace.models import Company

TAKEN = "Another company of this marketplace has this external id."


def refuse_taken_ids(wanted: Mapping[str, int | None], drafts: Iterable[CompanyDraft]) -> None:
    """Refuse external ids that another company has, or that two of ``drafts`` want."""
    named = [draft.external_id for draft in drafts if draft.external_id]
    if len(named) != len(set(named)):
        raise CompanyRefused({"external_id": "Two of these companies have the same external id."})
    if not wanted:
        return
    taken = Company.objects.filter(external_id__in=list(wanted)).values_list("external_id", "pk")
    if any(wanted[external_id] != pk for external_id, pk in taken):
        raise CompanyRefused({"external_id": TAKEN})


def follow_companies(company_ids: list[int]) -> None:
    """Bring what hangs on companies up to date: search words here, matching elsewhere."""
    if company_ids:
        write_keys(company_ids)
        companies_changed.send(sender=Company, company_ids=company_ids)
