"""The staff's days in the browser, from the sign-in on: a manager decides in every way, Sales Support when allowed."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.web.cast import OPERATOR, PASSWORD, Cast
from tests.web.people import add_companies
from tests.web.stage import Customer, Stage

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Invitation, Membership
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import PendingCompany

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TENANTS = [
    Customer(name, f"{name.split()[0].lower()}.example", email=f"ada@{name.split()[0].lower()}.example")
    for name in ("Fabrikam", "Litware Service", "Proseware", "Testing Only", "Woodgrove")
]
COMPANIES = [
    CompanyDraft("Fabrikam", "AT", domains=(DomainDraft("fabrikam.example"),)),
    CompanyDraft("Tailspin Toys", "DE"),
]


@pytest.fixture
def desk(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> Iterator[Callable[[str], Page]]:
    """A queue with one match in it; gives each of the cast a page, signed in through the page that asks for it."""
    stage.sync(TENANTS)
    add_companies(cast.northwind, COMPANIES)
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(link_company=True, actor=OPERATOR, now=timezone.now())
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    contexts = []

    def arrive(who: str) -> Page:
        context = browser.new_context(base_url=web_server)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Email").fill(f"{who}@people.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield arrive
    for context in contexts:
        context.close()


def open_queue(page: Page) -> None:
    page.get_by_role("link", name=re.compile("Pending companies")).first.click()
    expect(page.locator("h1")).to_have_text("Pending companies")


def open_tenant(page: Page, name: str) -> None:
    open_queue(page)
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)


def told(page: Page, words: str) -> None:
    expect(page.locator(".toast-line").last).to_contain_text(words)


def states(cast: Cast) -> dict[str, tuple[str, str]]:
    """Return each tenant's state and company."""
    with marketplace_scope(cast.northwind.pk):
        rows = PendingCompany.objects.values_list("name", "state", "company__name")
        return {name: (state, company or "") for name, state, company in rows}


def test_a_manager_links_by_match_and_by_hand_creates_ignores_and_undoes(
    desk: Callable[[str], Page], cast: Cast
) -> None:
    page = desk("owner")
    open_queue(page)
    page.get_by_role("link", name="Link Fabrikam").click()
    page.get_by_role("button", name="Link to Fabrikam").click()
    told(page, "Linked to Fabrikam")

    open_tenant(page, "Litware Service")
    page.get_by_label("Name, domain or id of a company").fill("toys tail")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name="Compare with Tailspin Toys").click()
    card = page.get_by_role("article", name="Tailspin Toys")
    expect(card).to_contain_text("Nothing speaks for it")
    card.get_by_label("Add Erika Muster as administrator").check()
    card.get_by_role("button", name="Link to Tailspin Toys").click()
    told(page, "Linked to Tailspin Toys")

    open_tenant(page, "Proseware")
    page.get_by_role("link", name="Create company").click()
    page.get_by_label("Invite now").check()
    page.get_by_role("button", name="Create company").click()
    told(page, "Proseware")

    open_tenant(page, "Testing Only")
    page.get_by_role("link", name="Ignore…").click()
    page.get_by_label("A test or demonstration tenant").check()
    page.get_by_role("button", name="Ignore", exact=True).click()
    told(page, "Ignored")

    assert states(cast) == {
        "Fabrikam": ("linked", "Fabrikam"), "Litware Service": ("linked", "Tailspin Toys"),
        "Proseware": ("created", "Proseware"), "Testing Only": ("ignored", ""), "Woodgrove": ("pending", ""),
    }  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.count() == len(COMPANIES) + 1
        assert Invitation.objects.get().membership.company.name == "Proseware"
        assert Membership.objects.filter(company__name="Tailspin Toys", role="administrator").exists()

    for name, tab in (("Testing Only", "Ignored"), ("Fabrikam", "Done")):
        open_queue(page)
        page.get_by_role("link", name=re.compile(f"^{tab}")).click()
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("link", name="Undo…").click()
        page.get_by_role("button", name="Undo", exact=True).click()
        told(page, "Taken back")
    assert {name for name, (state, _) in states(cast).items() if state == "pending"} == {
        "Fabrikam", "Testing Only", "Woodgrove",
    }  # fmt: skip


def test_sales_support_works_the_queue_while_allowed_and_not_a_click_longer(
    desk: Callable[[str], Page], cast: Cast
) -> None:
    manager, sales = desk("owner"), desk("colleague")

    def allow(*, allowed: bool) -> None:
        manager.get_by_role("link", name="Data Sync").first.click()
        manager.get_by_role("switch", name="Sales Support can manage pending companies").set_checked(allowed)
        manager.get_by_role("button", name="Save").click()
        expect(manager.get_by_role("status").first).to_contain_text("Saved")

    allow(allowed=False)
    sales.goto("/")
    expect(sales.get_by_role("link", name=re.compile("Pending companies"))).to_have_count(0)
    sales.goto("/companies/pending/")
    expect(sales.get_by_text("you need to be marketplace manager")).to_be_visible()

    allow(allowed=True)
    sales.goto("/")
    expect(sales.get_by_role("link", name="Data Sync")).to_have_count(0)
    open_tenant(sales, "Woodgrove")
    sales.get_by_role("link", name="Create company").click()
    expect(sales.get_by_label("Invite now")).to_be_disabled()
    sales.get_by_role("button", name="Create company").click()
    told(sales, "Woodgrove")
    open_tenant(sales, "Testing Only")
    sales.get_by_role("link", name="Snooze…").click()
    sales.get_by_role("button", name="Snooze", exact=True).click()
    told(sales, "Snoozed")
    open_queue(sales)
    sales.get_by_role("link", name=re.compile("^Snoozed")).click()
    sales.get_by_role("link", name="Testing Only", exact=True).click()
    sales.get_by_role("link", name="Undo…").click()
    sales.get_by_role("button", name="Undo", exact=True).click()
    told(sales, "Taken back")
    with sales.expect_download() as download:
        open_queue(sales)
        sales.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.endswith(".csv")

    open_tenant(sales, "Proseware")
    allow(allowed=False)
    sales.get_by_role("link", name="Ignore…").click()
    expect(sales.get_by_text("you need to be marketplace manager")).to_be_visible()
    assert states(cast)["Woodgrove"] == ("created", "Woodgrove")
    assert states(cast)["Testing Only"] == states(cast)["Proseware"] == ("pending", "")
    with marketplace_scope(cast.northwind.pk):
        assert not Invitation.objects.exists()
