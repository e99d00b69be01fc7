"""Reads about companies. All run in a marketplace's scope."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime

from tenantry.audit.models import Event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.listing import PAGE_SIZE, Order, Page, page_of
from tenantry.listing.tabs import TabCounts, count_tabs
from tenantry.marketplace.companies.filters import Companies, CompanyFilter
from tenantry.marketplace.models import (
    Company,
    CompanyDomain,
    CompanyStatus,
    CompanyTenantId,
    Membership,
    MembershipState,
)

MOST_EVENTS = 20
ALL = "all"
NEEDS_ADMINISTRATOR = "needs-administrator"
# A company that has had an administrator keeps one, so one without never had any.
TABS: Mapping[str, Q] = {
    ALL: Q(),
    "enabled": Q(status=CompanyStatus.ENABLED),
    "pending": Q(status=CompanyStatus.PENDING),
    "without-login": Q(status=CompanyStatus.WITHOUT_LOGIN),
    "disabled": Q(status=CompanyStatus.DISABLED),
    NEEDS_ADMINISTRATOR: Q(has_had_administrator=False),
}
COLUMNS: Mapping[str, str] = {"name": "sort_name", "created": "created_at"}
DEFAULT_ORDER = Order("name", COLUMNS["name"])


def order_of(text: str) -> Order:
    """Return the order that a URL names (``name``, ``-created``), or the default."""
    name = text.removeprefix("-")
    return Order(name, COLUMNS[name], descending=text.startswith("-")) if name in COLUMNS else DEFAULT_ORDER


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks at: a tab, the filters of :class:`CompanyFilter`, an order, and a place in it."""

    tab: str
    filters: Mapping[str, Any]
    order: Order
    after: str = ""
    before: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a company in a list: its people that count, and its domains, verified ones first."""

    people: int
    domains: Sequence[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of what was wanted, with how many fit the filters in every tab."""

    page: Page[Company]
    beside: Mapping[int, Beside]
    counts: TabCounts
    applied: CompanyFilter


def list_companies(wanted: Wanted) -> Listed:
    """Return the page that is wanted. The number of queries does not depend on what there is."""
    everything = CompanyFilter(wanted.filters, Company.objects.all())
    rows: Companies = everything.qs
    shown = rows.filter(TABS.get(wanted.tab, Q()))
    page = page_of([shown], wanted.order, after=wanted.after, before=wanted.before, size=wanted.size)
    counts = count_tabs(TABS, everything)
    return Listed(page, beside(page.rows), counts, everything)


def beside(companies: Sequence[Company]) -> dict[int, Beside]:
    """Return what stands beside each of these companies. Two queries."""
    ids = [company.pk for company in companies]
    people = dict(
        Membership.objects.filter(company_id__in=ids)
        .exclude(state=MembershipState.INACTIVE)
        .values_list("company_id")
        .annotate(Count("pk"))
    )
    domains: dict[int, list[str]] = defaultdict(list)
    rows = CompanyDomain.objects.filter(company_id__in=ids).order_by("company_id", "-verified", "pk")
    for company_id, domain in rows.values_list("company_id", "domain"):
        domains[company_id].append(domain)
    return {pk: Beside(people.get(pk, 0), domains[pk]) for pk in ids}


def every_company(wanted: Wanted, *, size: int = 500) -> Iterator[tuple[Company, Beside]]:
    """Go through all that fits the filters in the order wanted, in batches; for exports."""
    after = ""
    shown: Companies = CompanyFilter(wanted.filters, Company.objects.filter(TABS.get(wanted.tab, Q()))).qs
    while True:
        page = page_of([shown], wanted.order, after=after, size=size)
        known = beside(page.rows)
        yield from ((company, known[company.pk]) for company in page.rows)
        after = page.after
        if not after:
            return


# A walk from one country to the next along an index: its cost grows with the countries, not with the rows.
_COUNTRIES = """
with recursive walk (country) as (
    (select country from marketplace_company where marketplace_id = %(marketplace)s order by country limit 1)
    union all
    select (select c.country from marketplace_company c where c.marketplace_id = %(marketplace)s
            and c.country > walk.country order by c.country limit 1)
    from walk where walk.country is not null
)
select country from walk where country is not null
"""


def countries_of_companies() -> list[str]:
    """Return the countries that companies have; ``""`` stands for unknown. One query."""
    with database.cursor() as cursor:
        cursor.execute(_COUNTRIES, {"marketplace": current_marketplace_id()})
        return [row[0] for row in cursor.fetchall()]


def domains_of(company: Company) -> list[CompanyDomain]:
    """Return a company's domains, verified ones first."""
    return list(CompanyDomain.objects.filter(company=company).order_by("-verified", "domain"))


def tenant_ids_of(company: Company) -> list[CompanyTenantId]:
    """Return the tenant ids that a company is known to have."""
    return list(CompanyTenantId.objects.filter(company=company).order_by("pk"))


def events_of(company: Company) -> list[Event]:
    """Return the latest events of a company and its people, newest first. Sealed values stay sealed. One query."""
    events = Event.objects.filter(
        marketplace_id=current_marketplace_id(), target_kind="company", target_id=str(company.pk)
    )
    return list(events.order_by("-id")[:MOST_EVENTS])


def last_change_of(company: Company) -> str:
    """Return the sentence that tells who changed a company last, and when."""
    event = next(iter(events_of(company)), None)
    if event is None:
        return "Somebody changed this company meanwhile."
    at = date_format(localtime(event.at), "j F Y, H:i")
    return f"{event.actor_name} changed this company meanwhile ({at})."
