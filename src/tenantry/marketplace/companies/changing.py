"""Changes companies, one or many at once. In a marketplace's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, ActorKind
from tenantry.audit.services import record_events
from tenantry.core.drafts import CompanyDraft, DomainDraft, clean_draft
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.guarding import TAKEN, follow_companies, refuse_taken_ids
from tenantry.marketplace.companies.queries import last_change_of
from tenantry.marketplace.companies.refusals import CompanyRefused, StaleCompany
from tenantry.marketplace.companies.telling import company_happening
from tenantry.marketplace.companies.writing import (
    FIELDS,
    MICROSOFT,
    insert_domains,
    insert_tenant_ids,
    update_companies,
)
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin, CompanyTenantId

BY_PEOPLE = {ActorKind.ACCOUNT, ActorKind.OPERATOR, ActorKind.COMMAND_LINE}


@dataclass(frozen=True, slots=True)
class CompanyEdit:
    """New values for a company: fields of :class:`CompanyDraft` by name.

    ``domains`` and ``tenant_ids`` are added to those that it has; nothing here takes one away.
    """

    company_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """One company as it is and as it shall be."""

    company: Company
    before: CompanyDraft
    after: CompanyDraft

    def differing(self) -> list[str]:
        """Return the plain fields that change."""
        return [field for field in FIELDS if getattr(self.before, field) != getattr(self.after, field)]


@transaction.atomic
def change_companies(
    *, edits: Sequence[CompanyEdit], origin: CompanyOrigin, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None, verb: str = "edited",
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Change companies; return, by company, the new values of what differs. Equal values cost no write.

    ``origin`` is that of added domains and tenant ids. Raises :class:`CompanyRefused` for the first edit that can't
    be, ``Company.DoesNotExist`` for a company that is not here; nothing is written then.
    """
    rewrites = [rewrite for rewrite in _rewrites(edits) if rewrite.before != rewrite.after]
    changed = {rewrite.company.pk: rewrite for rewrite in rewrites}
    plain = {pk: rewrite.after for pk, rewrite in changed.items() if rewrite.differing()}
    refuse_taken_ids(
        {one.after.external_id: pk for pk, one in changed.items() if one.after.external_id != one.before.external_id},
        [rewrite.after for rewrite in rewrites],
    )
    try:
        with transaction.atomic():
            update_companies(plain, by_person=actor.kind in BY_PEOPLE, now=now)
    except IntegrityError as error:
        raise CompanyRefused({"external_id": TAKEN}) from error
    insert_domains(
        ((pk, domain) for pk, one in changed.items() for domain in one.after.domains), origin=origin, now=now
    )
    insert_tenant_ids(
        ((pk, text) for pk, one in changed.items() for text in one.after.tenant_ids), origin=origin, now=now
    )
    news = {pk: _news(rewrite) for pk, rewrite in changed.items()}
    happenings = [
        company_happening(verb, pk, one.after.name, before=_olds(one), after=news[pk]) for pk, one in changed.items()
    ]
    record_events(
        happenings, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
    follow_companies(list(changed))
    return news


def edit_company(
    *, company_id: int, seen_version: int, changes: Mapping[str, Any], actor: Actor, now: datetime, request_id: str = ""
) -> dict[str, Any]:
    """Change one company as a person saw it; return what differs. See :func:`change_companies`.

    Raises :class:`StaleCompany` when somebody changed it since ``seen_version``.
    """
    with transaction.atomic():
        company = Company.objects.select_for_update().get(pk=company_id)
        if company.version != seen_version:
            raise StaleCompany(last_change_of(company))
        edits = [CompanyEdit(company_id, changes)]
        news = change_companies(edits=edits, origin=CompanyOrigin.BY_HAND, actor=actor, now=now, request_id=request_id)
    return news.get(company_id, {})


def add_domain(
    *, company_id: int, domain: str, verified: bool = False, actor: Actor, now: datetime, request_id: str = ""
) -> bool:
    """Give a company a domain; tell whether it is new. Raises :class:`CompanyRefused` for what is no domain."""
    edit = CompanyEdit(company_id, {"domains": (DomainDraft(domain, verified=verified),)})
    news = change_companies(edits=[edit], origin=CompanyOrigin.BY_HAND, actor=actor, now=now, request_id=request_id)
    return bool(news)


@transaction.atomic
def remove_domain(*, company_id: int, domain_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Take a domain from a company; tell whether it had it."""
    company = Company.objects.select_for_update().get(pk=company_id)
    row = CompanyDomain.objects.filter(company=company, pk=domain_id).first()
    if row is None:
        return False
    row.delete()
    happening = company_happening("edited", company.pk, company.name, before={"domains": [row.domain]}, after={})
    record_events([happening], actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    follow_companies([company.pk])
    return True


def _rewrites(edits: Sequence[CompanyEdit]) -> list[_Rewrite]:
    ids = sorted({edit.company_id for edit in edits})
    if len(ids) != len(edits):
        raise ValueError("Each company can be changed once in a call.")
    companies = {row.pk: row for row in Company.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if len(companies) != len(ids):
        raise Company.DoesNotExist("There is no such company in this marketplace.")
    befores = drafts_of(list(companies.values()))
    return [
        _Rewrite(companies[edit.company_id], befores[edit.company_id], _after(befores[edit.company_id], edit.changes))
        for edit in edits
    ]


def drafts_of(companies: Sequence[Company]) -> dict[int, CompanyDraft]:
    """Return companies as drafts of themselves, with their domains and Microsoft tenant ids. Two queries."""
    domains: dict[int, list[DomainDraft]] = {company.pk: [] for company in companies}
    tenant_ids: dict[int, list[str]] = {company.pk: [] for company in companies}
    for row in CompanyDomain.objects.filter(company__in=companies).order_by("pk"):
        domains[row.company_id].append(DomainDraft(row.domain, verified=row.verified))
    for known in CompanyTenantId.objects.filter(company__in=companies, provider=MICROSOFT).order_by("pk"):
        tenant_ids[known.company_id].append(known.external_id)
    return {
        company.pk: CompanyDraft(
            **{field: getattr(company, field) for field in FIELDS},
            domains=tuple(domains[company.pk]),
            tenant_ids=tuple(tenant_ids[company.pk]),
        )
        for company in companies
    }


def _after(before: CompanyDraft, changes: Mapping[str, Any]) -> CompanyDraft:
    """Return the draft with the changes in it, cleaned. What nobody changes is not judged: it was good once."""
    wanted = dict(changes)
    wanted["domains"] = (*before.domains, *changes.get("domains", ()))
    wanted["tenant_ids"] = (*before.tenant_ids, *changes.get("tenant_ids", ()))
    cleaned, errors = clean_draft(replace(before, **wanted))
    errors = {field: sentence for field, sentence in errors.items() if field in changes}
    if errors:
        raise CompanyRefused(errors)
    return replace(before, **{field: getattr(cleaned, field) for field in wanted})


def _news(rewrite: _Rewrite) -> dict[str, Any]:
    """Return the new values of what differs; of domains and tenant ids those that are added."""
    news: dict[str, Any] = {field: getattr(rewrite.after, field) for field in rewrite.differing()}
    old = {domain.domain: domain.verified for domain in rewrite.before.domains}
    domains = [one.domain for one in rewrite.after.domains if one.domain not in old or one.verified > old[one.domain]]
    tenant_ids = [text for text in rewrite.after.tenant_ids if text not in rewrite.before.tenant_ids]
    return news | ({"domains": domains} if domains else {}) | ({"tenant_ids": tenant_ids} if tenant_ids else {})


def _olds(rewrite: _Rewrite) -> dict[str, Any]:
    return {field: getattr(rewrite.before, field) for field in rewrite.differing()}
