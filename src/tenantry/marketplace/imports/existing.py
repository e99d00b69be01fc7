"""What is there already of the companies and people that lines of an import name, many at once. In a scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tenantry.core.drafts import CompanyDraft, PersonDraft
from tenantry.core.imports.planning import (
    PersonInCompany,
    PlannedLine,
    company_key,
    person_key,
    plan_company_line,
    plan_person_line,
)
from tenantry.core.imports.reading import FileKind, Record
from tenantry.marketplace.companies.services import drafts_of
from tenantry.marketplace.models import Company, Membership


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """A company that a line names by its external id."""

    pk: int
    name: str


def companies_named(external_ids: Collection[str]) -> dict[str, KnownCompany]:
    """Return the companies with these external ids. One query."""
    rows = Company.objects.filter(external_id__in=[text for text in external_ids if text])
    return {row.external_id: KnownCompany(row.pk, row.name) for row in rows.only("pk", "external_id", "name")}


def company_drafts(external_ids: Collection[str]) -> dict[str, tuple[int, CompanyDraft]]:
    """Return the companies with these external ids as primary key and draft. Three queries."""
    rows = list(Company.objects.filter(external_id__in=[text for text in external_ids if text]))
    drafts = drafts_of(rows)
    return {row.external_id: (row.pk, drafts[row.pk]) for row in rows}


def people_in(company_ids: Collection[int], emails: Collection[str]) -> dict[tuple[int, str], Membership]:
    """Return the memberships of people with these addresses in these companies. One query."""
    rows = Membership.objects.select_related("user").filter(
        company_id__in=list(company_ids), user__email__in=[text for text in emails if text]
    )
    return {(row.company_id, row.user.email): row for row in rows}


def person_of(membership: Membership) -> PersonInCompany:
    """Return a person as the company knows them."""
    draft = PersonDraft(membership.user.email, membership.profile_first_name, membership.profile_last_name)
    return PersonInCompany(draft, membership.role)


def plan_records(kind: FileKind, records: Sequence[Record]) -> list[PlannedLine]:
    """Plan lines against what is there now. The number of queries does not depend on how many there are."""
    if kind is FileKind.COMPANIES:
        drafts = company_drafts({company_key(record) for record in records})
        return [plan_company_line(record, _draft(drafts, company_key(record))) for record in records]
    companies = companies_named({person_key(record)[0] for record in records})
    there = people_in({one.pk for one in companies.values()}, {person_key(record)[1] for record in records})
    return [_person_line(record, companies, there) for record in records]


def _draft(drafts: Mapping[str, tuple[int, CompanyDraft]], key: str) -> CompanyDraft | None:
    return drafts[key][1] if key in drafts else None


def _person_line(
    record: Record, companies: Mapping[str, KnownCompany], there: Mapping[tuple[int, str], Membership]
) -> PlannedLine:
    external_id, email = person_key(record)
    company = companies.get(external_id)
    membership = there.get((company.pk, email)) if company else None
    return plan_person_line(record, company.name if company else None, person_of(membership) if membership else None)
