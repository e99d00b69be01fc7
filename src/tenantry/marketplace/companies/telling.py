"""What the audit is told of companies. Values that identify the contact are sealed under the company's contact."""

from collections.abc import Mapping
from typing import Any

from tenantry.audit.events import Happening, Target
from tenantry.core.drafts import CompanyDraft

_PERSONAL = ("contact_name", "contact_email", "contact_phone")


def target_of(company_id: int, name: str) -> Target:
    """Return a company as events name it."""
    return Target("company", str(company_id), name)


def contact_subject(company_id: int) -> str:
    """Return whom the contact's values are sealed for."""
    return f"company-contact:{company_id}"


def company_happening(
    verb: str, company_id: int, name: str, *, before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None, reason: str = "",
) -> Happening:  # fmt: skip
    """Return the event ``marketplace.company.<verb>`` with the contact's values set apart."""
    personal = {
        side: {field: values[field] for field in _PERSONAL if values.get(field)}
        for side, values in (("before", before or {}), ("after", after or {}))
    }
    personal = {side: values for side, values in personal.items() if values}
    return Happening(
        f"marketplace.company.{verb}",
        target_of(company_id, name),
        before=_plain(before),
        after=_plain(after),
        personal=personal,
        person=contact_subject(company_id) if personal else "",
        reason=reason,
    )


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {field: value for field, value in values.items() if field not in _PERSONAL}


def told(draft: CompanyDraft) -> dict[str, Any]:
    """Return what a new company has, for its first event: only what is set."""
    values: dict[str, Any] = {
        field: getattr(draft, field)
        for field in CompanyDraft.__dataclass_fields__
        if getattr(draft, field) and field not in {"domains", "tenant_ids", "address"}
    }
    if draft.address:
        values["address"] = dict(draft.address)
    if draft.domains:
        values["domains"] = [domain.domain for domain in draft.domains]
    if draft.tenant_ids:
        values["tenant_ids"] = list(draft.tenant_ids)
    return values
