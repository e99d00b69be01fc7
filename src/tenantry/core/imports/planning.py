"""Plans the lines of an import: each creates, changes or keeps what is there, or says why it can't.

Pure: the same line and the same state always give the same plan. A blank never erases; domains and tenant ids are
only added. Planning what was just applied gives *same* for every line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tenantry.core.drafts import (
    ADDRESS_MEMBERS,
    CompanyDraft,
    DomainDraft,
    PersonDraft,
    clean_draft,
    clean_person,
)
from tenantry.core.imports.reading import Record

_SEVERAL = re.compile(r"[\s,;|]+")
_TEXTS = (
    "name", "country", "phone", "website", "registration_number", "contact_name", "contact_email", "contact_phone",
)  # fmt: skip
# What a company says of a person it has already; phone and language are taken over for new people only.
_PROFILE = ("first_name", "last_name")
_PERSON_TEXTS = (*_PROFILE, "phone", "language")
ADMINISTRATOR, USER = "administrator", "user"
_ROLES: Mapping[str, str] = {
    "": "", USER: USER, ADMINISTRATOR: ADMINISTRATOR, "admin": ADMINISTRATOR, "company administrator": ADMINISTRATOR,
}  # fmt: skip


class LineKind(StrEnum):
    """What a line does."""

    CREATE = "create"
    UPDATE = "update"
    SAME = "same"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class PersonInCompany:
    """A person as one company knows them: the membership's role, and what is known of the person."""

    draft: PersonDraft
    role: str


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line's plan. ``subject`` names what it is about; ``before`` and ``after`` hold what differs only.

    ``key`` is the external id, for people with the address behind it: no two lines of a file have the same.
    """

    line: int
    kind: LineKind
    key: str
    subject: str
    reason: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def bad_line(record: Record, reason: str, key: str = "") -> PlannedLine:
    """Return the plan of a line that can't be used."""
    return PlannedLine(record.line, LineKind.BAD, key, _called(record), reason)


def company_key(record: Record) -> str:
    """Return what a line about a company is known by in its file and in the marketplace."""
    return record.values.get("external_id", "")


def person_key(record: Record) -> tuple[str, str]:
    """Return the company's external id and the person's address, in lower case, of a line about a person."""
    return record.values.get("company_external_id", ""), record.values.get("email", "").lower()


def plan_company_line(record: Record, existing: CompanyDraft | None) -> PlannedLine:
    """Return what the line would do to the company that has its external id, or without one."""
    key = company_key(record)
    if not key:
        return bad_line(record, "The line has no external_id. It is how the company is found again.")
    wanted, errors = clean_draft(_company_of(record, existing))
    if errors:
        return bad_line(record, " ".join(errors.values()), key)
    if existing is None:
        return PlannedLine(record.line, LineKind.CREATE, key, wanted.name, "New company.", after=company_json(wanted))
    before, after = _differences(existing, wanted)
    if not after:
        return PlannedLine(record.line, LineKind.SAME, key, wanted.name, "Nothing differs.")
    return PlannedLine(record.line, LineKind.UPDATE, key, existing.name, _reason(after), before=before, after=after)


def _company_of(record: Record, existing: CompanyDraft | None) -> CompanyDraft:
    values = record.values
    base = existing or CompanyDraft(name="")
    texts = {field: values.get(field) or getattr(base, field) for field in _TEXTS}
    members = {name: values.get(_column(name), "") for name in ADDRESS_MEMBERS}
    address = {**(base.address or {}), **{name: text for name, text in members.items() if text}}
    domains = tuple(DomainDraft(text) for text in _SEVERAL.split(values.get("domains", "")) if text)
    tenant_ids = tuple(text for text in _SEVERAL.split(values.get("tenant_ids", "")) if text)
    return replace(
        base, **texts, external_id=values["external_id"], address=address or None,
        domains=(*base.domains, *domains), tenant_ids=(*base.tenant_ids, *tenant_ids),
    )  # fmt: skip


def _column(member: str) -> str:
    return f"address_{member}" if member.startswith("line") else member


def _differences(existing: CompanyDraft, wanted: CompanyDraft) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = company_json(existing), company_json(wanted)
    for field in ("domains", "tenant_ids"):
        known = set(before.get(field, ()))
        before.pop(field, None)
        added = [one for one in after.pop(field, ()) if one not in known]
        if added:
            after[field] = added
    differing = [field for field, value in after.items() if before.get(field) != value]
    return {field: before[field] for field in differing if field in before}, {
        field: after[field] for field in differing
    }


def company_json(draft: CompanyDraft) -> dict[str, Any]:
    """Return what is set in a draft as JSON."""
    values: dict[str, Any] = {field: getattr(draft, field) for field in (*_TEXTS, "external_id")}
    values["address"] = dict(draft.address) if draft.address else None
    values["domains"] = [domain.domain for domain in draft.domains]
    values["tenant_ids"] = list(draft.tenant_ids)
    return {field: value for field, value in values.items() if value}


def company_from_json(values: Mapping[str, Any]) -> CompanyDraft:
    """Read what :func:`company_json` wrote of a whole company."""
    rest = {field: value for field, value in values.items() if field not in {"domains", "tenant_ids"}}
    return CompanyDraft(
        **rest, domains=tuple(DomainDraft(text) for text in values.get("domains", ())),
        tenant_ids=tuple(values.get("tenant_ids", ())),
    )  # fmt: skip


def plan_person_line(record: Record, company_name: str | None, existing: PersonInCompany | None) -> PlannedLine:
    """Return what the line would do to the person with its address in the company that it names.

    ``company_name`` is ``None`` when no company has the external id, ``existing`` when the person is not in it yet.
    """
    external_id, email = person_key(record)
    key = f"{external_id}\n{email}"
    if company_name is None:
        return bad_line(record, f"No company has the external id {external_id[:120]!r}. Import companies first.", key)
    role = _ROLES.get(record.values.get("role", "").strip().lower())
    if role is None:
        return bad_line(record, f"{record.values['role'][:40]!r} is no role. Write administrator or user.", key)
    if not email:
        return bad_line(record, "The line has no email. It is how the person is found again.", key)
    known = existing.draft if existing else PersonDraft()
    texts = {field: record.values.get(field) or getattr(known, field) for field in _PERSON_TEXTS}
    wanted, errors = clean_person(PersonDraft(email=email, **texts))
    if errors:
        return bad_line(record, " ".join(errors.values()), key)
    role = role or (existing.role if existing else USER)
    return _person_plan(record, key, PersonInCompany(wanted, role), existing, subject=f"{email} in {company_name}")


def _person_plan(
    record: Record, key: str, wanted: PersonInCompany, existing: PersonInCompany | None, *, subject: str
) -> PlannedLine:
    after = person_json(wanted.draft) | {"role": wanted.role}
    if existing is None:
        return PlannedLine(record.line, LineKind.CREATE, key, subject, "New in this company.", after=after)
    before = person_json(existing.draft) | {"role": existing.role}
    differing = [field for field in (*_PROFILE, "role") if field in after and before.get(field) != after[field]]
    if not differing:
        return PlannedLine(record.line, LineKind.SAME, key, subject, "Nothing differs.")
    after = {field: after[field] for field in differing}
    kept = {field: before[field] for field in differing if field in before}
    return PlannedLine(record.line, LineKind.UPDATE, key, subject, _reason(after), before=kept, after=after)


def person_json(draft: PersonDraft) -> dict[str, str]:
    """Return what is set in a draft as JSON."""
    values = {field: getattr(draft, field) for field in ("email", *_PERSON_TEXTS)}
    return {field: value for field, value in values.items() if value}


def _reason(after: Mapping[str, Any]) -> str:
    return "Differs: " + ", ".join(field.replace("_", " ") for field in after) + "."


def _called(record: Record) -> str:
    values = record.values
    return (values.get("name") or values.get("email") or values.get("external_id") or "")[:200]
