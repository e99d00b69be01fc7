"""Companies that a tenant may be, as cards: how certain, why and why not, and both sides field by field."""

from collections.abc import Iterable, Mapping
from typing import Any

from tenantry.core.matching.profiles import plain_registration
from tenantry.core.names import parse_name
from tenantry.core.search import fold
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.drafts import contact_name_of
from tenantry.sync.deciding.queries import Proposal
from tenantry.sync.matching.words import certainty_word, evidence_sentence
from tenantry.sync.models import Tenant
from tenantry.web.countries import country_name
from tenantry.web.texts import legible

SAME, DIFFERENT, TENANT_ONLY, COMPANY_ONLY = "same", "different", "only the tenant has it", "only the company has it"


def cards_of(tenant: Tenant, proposals: Iterable[Proposal]) -> list[dict[str, Any]]:
    """Return the cards as ``pending/_candidate.html`` documents them."""
    return [_card(tenant, proposal) for proposal in proposals]


def _card(tenant: Tenant, proposal: Proposal) -> dict[str, Any]:
    company = proposal.company
    return {
        "pk": company.pk,
        "name": legible(company.name),
        "status": company.get_status_display(),
        "certainty": certainty_word(proposal.certainty) or "Your choice",
        "matches": proposal.certainty > 0,
        "chosen": proposal.chosen,
        "evidence": [
            {"for": evidence["for"], "sentence": legible(evidence_sentence(evidence))} for evidence in proposal.evidence
        ],
        "linked": [legible(name) for name in proposal.linked],
        "fields": _fields(tenant, company, proposal.domains),
    }


def _fields(tenant: Tenant, company: Company, domains: Iterable[str]) -> list[dict[str, Any]]:
    own = sorted({tenant.domain, *(tenant.domains or ())} - {""})
    theirs = sorted(domains)
    rows = [
        _row("Name", tenant.name, company.name, _same_name(tenant, company)),
        _row(
            "Country", country_name(tenant.country) if tenant.country else "",
            country_name(company.country) if company.country else "", tenant.country == company.country,
        ),
        _row("Domains", ", ".join(own), ", ".join(theirs), bool(set(own) & set(theirs))),
        _row("City", _city(tenant.address), _city(company.address)),
        _row("Registration number", tenant.registration_number, company.registration_number,
             plain_registration(tenant.registration_number) == plain_registration(company.registration_number)),
        _row("Contact", contact_name_of(tenant), company.contact_name),
        _row("Contact's e-mail", tenant.contact_email, company.contact_email),
        _row("Phone", _phone(tenant), company.phone, _digits(_phone(tenant)) == _digits(company.phone)),
    ]  # fmt: skip
    return [row for row in rows if row["tenant"] or row["company"]]


def _row(label: str, tenant: str, company: str, same: bool | None = None) -> dict[str, Any]:  # noqa: FBT001  # a value
    if tenant and company:
        equal = fold(tenant) == fold(company) if same is None else same
        word = SAME if equal else DIFFERENT
    else:
        word = TENANT_ONLY if tenant else COMPANY_ONLY
    return {
        "label": label,
        "tenant": legible(tenant),
        "company": legible(company),
        "word": word,
        "differs": word == DIFFERENT,
    }


def _same_name(tenant: Tenant, company: Company) -> bool:
    """Whether the names are equal apart from legal form, case and punctuation."""
    mine, theirs = parse_name(tenant.name, tenant.country).normal, parse_name(company.name, company.country).normal
    return mine == theirs if mine else tenant.name == company.name


def _city(address: Mapping[str, Any] | None) -> str:
    return str((address or {}).get("city", "") or "")


def _phone(tenant: Tenant) -> str:
    return str((tenant.address or {}).get("phone", "") or "")


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdigit())
