"""Companies: the list, one of them, creating, changing, disabling, domains."""

from django.db import transaction
from django.http import Http404
from ninja import Query

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.companies_shapes import (
    CompanyDetail,
    CompanyFields,
    CompanyPage,
    CompanyQuery,
    CompanyRow,
    DisableGiven,
    DomainGiven,
    DomainsSynced,
    DomainTold,
    LinkTold,
    NewCompany,
    Similar,
)
from tenantry.api.pending_shapes import Happened
from tenantry.api.problems import Problem
from tenantry.api.shapes import Done, Id, counts_of, page_reply, refuse_strange, refuse_wrong, refuse_wrong_place
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.permissions import Action
from tenantry.marketplace.companies import services
from tenantry.marketplace.companies.queries import (
    COLUMNS,
    TABS,
    Wanted,
    beside,
    domains_of,
    events_of,
    list_companies,
    order_of,
    tenant_ids_of,
)
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin
from tenantry.sync.domains import sync_domains
from tenantry.sync.linked import links_of
from tenantry.sync.pending.lookalikes import companies_like, tenants_like

area = Area("Companies")


def company_or_missing(pk: int) -> Company:
    """Return the company. What another marketplace has is not found, like what nobody has."""
    company = Company.objects.filter(pk=pk).first()
    if company is None:
        raise Http404
    return company


@area.get("/companies", Action.SEE_COMPANIES, CompanyPage)
def list_all_companies(call: Call, query: Query[CompanyQuery]) -> Reply:
    """List companies."""
    refuse_strange("tab", query.tab, TABS)
    if query.sort:
        refuse_strange("sort", query.sort.removeprefix("-"), COLUMNS)
    order = order_of(query.sort or "")
    refuse_wrong_place(query, order, Company)
    filters = {name: getattr(query, name) or "" for name in ("q", "country", "origin")}
    listed = list_companies(Wanted(query.tab, filters, order, query.after, query.before, query.limit))
    refuse_wrong(listed.applied)
    items = [CompanyRow(**CompanyRow.facts(row, listed.beside[row.pk])) for row in listed.page.rows]
    return page_reply(call, CompanyPage, listed.page, items=items, counts=counts_of(listed.counts))


@area.get("/companies/{int:pk}", Action.SEE_COMPANIES, CompanyDetail)
def show_company(call: Call, pk: Id) -> Reply:
    """Show one company with its domains, links and history.

    The header `ETag` is what a change sends as `If-Match`.
    """
    return _detail(company_or_missing(pk))


def _detail(row: Company, *, made: bool = False) -> Reply:
    content = CompanyDetail(
        **CompanyRow.facts(row, beside([row])[row.pk]), domain_rows=DomainTold.all_of(domains_of(row)),
        links=[LinkTold.of(link) for link, _ in links_of(row.pk)],
        known_tenant_ids=[known.external_id for known in tenant_ids_of(row)], history=Happened.all_of(events_of(row)),
    )  # fmt: skip
    return Reply(content, version=row.version, location=f"/api/v1/companies/{row.pk}" if made else "")


@area.post("/companies", Action.EDIT_COMPANIES, CompanyDetail, status=201, refuses=True)
def create_company(call: Call, given: NewCompany) -> Reply:
    """Create a company by hand.

    What looks the same, here or among pending companies, is told first: *looks-alike* with `similar`. Send
    `accept_similar` to go on.
    """
    domains = tuple(DomainDraft(domain) for domain in given.domains)
    draft, errors = services.clean_draft(CompanyDraft(**given.changes, domains=domains))
    if errors:
        raise services.CompanyRefused(errors)
    alike = [] if given.accept_similar else _similar(call, draft)
    if alike:
        raise Problem("looks-alike", f"{alike[0].name} looks the same.", similar=[each.dict() for each in alike])
    return _detail(services.create_company(draft=draft, origin=CompanyOrigin.BY_HAND, **call.told), made=True)


def _similar(call: Call, draft: CompanyDraft) -> list[Similar]:
    found = [Similar(kind="company", id=row.pk, name=row.name) for row in companies_like(draft)]
    if call.caller.may(Action.SEE_PENDING):
        found += [Similar(kind="pending company", id=row.pk, name=row.name) for row in tenants_like(draft)]
    return found


@area.patch("/companies/{int:pk}", Action.EDIT_COMPANIES, CompanyDetail, versioned=True, refuses=True)
def edit_company(call: Call, pk: Id, given: CompanyFields) -> Reply:
    """Change a company's own fields; those that are left out stay."""
    row = company_or_missing(pk)
    call.check_version(row.version)
    with transaction.atomic():
        services.edit_company(company_id=pk, seen_version=row.version, changes=given.changes, **call.told)
    return _detail(company_or_missing(pk))


@area.post("/companies/{int:pk}/disable", Action.EDIT_COMPANIES, Done)
def disable_company(call: Call, pk: Id, given: DisableGiven) -> Done:
    """Disable a company: its people can't enter it."""
    company_or_missing(pk)
    changed = services.disable_company(company_id=pk, reason=given.reason, **call.told)
    return Done(changed=changed, sentence="It is disabled: its people can't enter it.")


@area.post("/companies/{int:pk}/enable", Action.EDIT_COMPANIES, Done)
def enable_company(call: Call, pk: Id) -> Done:
    """Enable a disabled company again."""
    company_or_missing(pk)
    return Done(changed=services.enable_company(company_id=pk, **call.told), sentence="It is not disabled.")


@area.post("/companies/{int:pk}/domains", Action.EDIT_COMPANIES, Done)
def add_domain(call: Call, pk: Id, given: DomainGiven) -> Done:
    """Give a company a domain."""
    company_or_missing(pk)
    new = services.add_domain(company_id=pk, domain=given.domain, **call.told)
    return Done(changed=new, sentence="The domain is added." if new else "The company has this domain already.")


@area.post("/companies/{int:pk}/domains/sync", Action.EDIT_COMPANIES, DomainsSynced, place=Place.OUTSIDE)
def sync_domains_of_company(call: Call, pk: Id) -> DomainsSynced:
    """Read the linked tenants' domains now, and give the verified ones to the company; none is removed."""
    synced = sync_domains(marketplace_id=call.caller.marketplace_id, company_id=pk, **call.told)
    return DomainsSynced(added=list(synced.added), read=synced.read, problems=list(synced.problems))


@area.delete("/companies/{int:pk}/domains/{int:domain_id}", Action.EDIT_COMPANIES, Done)
def remove_domain(call: Call, pk: Id, domain_id: Id) -> Done:
    """Take a domain from a company."""
    company_or_missing(pk)
    if not CompanyDomain.objects.filter(pk=domain_id, company_id=pk).exists():
        raise Http404
    gone = services.remove_domain(company_id=pk, domain_id=domain_id, **call.told)
    return Done(changed=gone, sentence="The domain is removed.")
