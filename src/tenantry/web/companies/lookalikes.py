"""What looks like a company that somebody is about to create: other companies, and tenants that wait."""

from dataclasses import dataclass

from django.urls import reverse

from tenantry.core.drafts import CompanyDraft
from tenantry.sync.pending.lookalikes import companies_like, tenants_like
from tenantry.web.countries import country_name
from tenantry.web.texts import legible


@dataclass(frozen=True, slots=True)
class Lookalike:
    """One of them. ``mark`` names it in the form, so that it is warned about once."""

    mark: str
    name: str
    what: str
    url: str


def lookalikes_of_draft(draft: CompanyDraft, *, sees_pending: bool) -> list[Lookalike]:
    """Return companies and, to those who may see them, pending companies that may be the same."""
    found = [
        Lookalike(
            f"c{company.pk}", legible(company.name), _what("company", company.country),
            reverse("web:company-detail", args=[company.pk]),
        )
        for company in companies_like(draft)
    ]  # fmt: skip
    if sees_pending:
        found += [
            Lookalike(
                f"p{pending.pk}", legible(pending.name), _what("pending company", pending.country, pending.domain),
                reverse("web:pending-detail", args=[pending.pk]),
            )
            for pending in tenants_like(draft)
        ]  # fmt: skip
    return found


def _what(kind: str, country: str, domain: str = "") -> str:
    return " · ".join(part for part in (kind, country_name(country) if country else "", legible(domain)) if part)
