"""Under row-level security companies and people are still found along their indexes: checked as the application."""

from datetime import datetime

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.marketplace.conftest import MANAGER, Store

from tenantry.isolation.scope import marketplace_scope
from tenantry.listing import page_of
from tenantry.marketplace.companies import queries as companies
from tenantry.marketplace.companies.filters import CompanyFilter
from tenantry.marketplace.companies.services import CompanyDraft, DomainDraft, create_companies
from tenantry.marketplace.models import Company, CompanyOrigin, MembershipRole, User
from tenantry.marketplace.people import queries as people
from tenantry.marketplace.people.services import Arrival, PersonDraft, bring_people
from tenantry.marketplace.services import create_marketplace

ROWS = 3_000


@pytest.fixture
def many(database: str, owner_url: str, now: datetime) -> Store:
    """A marketplace with many companies, one person in each, counted by the database."""
    store = Store(create_marketplace(name="Northwind", actor=MANAGER, now=now).pk, 0, now)
    with marketplace_scope(store.pk):
        drafts = [CompanyDraft(f"Company {n:05}", "AT", domains=(DomainDraft(f"c{n}.example"),)) for n in range(ROWS)]
        ids = create_companies(drafts=drafts, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=now)
        persons = [PersonDraft(f"p{pk}@c.example", "Eva", f"Person {pk}") for pk in ids]
        arrivals = [Arrival(pk, person, MembershipRole.USER) for pk, person in zip(ids, persons, strict=True)]
        bring_people(arrivals=arrivals, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=now)
        usual = [pk for number, pk in enumerate(ids) if number % 25]  # the rest are few and stand far apart
        Company.objects.filter(pk__in=usual).update(status="enabled", has_had_administrator=True)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("analyze")
    return store


def _plan_of_last(captured: CaptureQueriesContext) -> str:
    with connection.cursor() as cursor:
        cursor.execute("explain " + captured.captured_queries[-1]["sql"].replace("%", "%%"))
        return "\n".join(row[0] for row in cursor.fetchall())


def test_pages_searches_and_addresses_follow_their_indexes(many: Store) -> None:
    wanted = {
        "company_by_name": ("all", "name"), "company_by_age": ("all", "-created"),
        "company_by_status": ("without-login", "name"), "company_by_status_age": ("without-login", "-created"),
        "company_needs_administrator": (companies.NEEDS_ADMINISTRATOR, "name"),
    }  # fmt: skip
    with marketplace_scope(many.pk):
        for index, (tab, sort) in wanted.items():
            rows, order = Company.objects.filter(companies.TABS[tab]), companies.order_of(sort)
            after = page_of([rows], order).after
            with CaptureQueriesContext(connection) as captured:
                page_of([rows], order, after=after)
            plan = _plan_of_last(captured)
            assert index in plan, (tab, sort, plan)
            assert "Seq Scan" not in plan
        for index, sort in (("user_by_name", "name"), ("user_by_age", "-created")):
            with CaptureQueriesContext(connection) as captured:
                page_of([User.objects.all()], people.order_of(sort))
            assert index in _plan_of_last(captured)
        assert "user_by_email" in User.objects.filter(email__in=["a@c.example", "b@c.example"]).explain()
        search = CompanyFilter({"q": "c1234.example"}, Company.objects.all()).qs
        assert [row.name for row in search] == ["Company 01234"]
        assert "marketplace_companykey_pkey" in search.explain()
