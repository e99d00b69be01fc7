"""Each row of the settings table under people's hands: what on does, what off does, and from which click on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_DNS, uuid5

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import sign_in
from tests.web.cast import OPERATOR, PASSWORD, Cast
from tests.web.stage import Customer, Stage

from tenantry.accounts.services import create_account
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import Company, CompanyOrigin, Invitation
from tenantry.marketplace.services import give_role
from tenantry.sync.holds.applying import apply_released
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import Entitlement, PendingCompany

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SETTINGS, LIST = "/settings/data-sync/", "/companies/pending/"


def _customers(word: str, count: int) -> list[Customer]:
    """Return customers that stay the same ones from one list to the next."""
    return [
        Customer(
            f"{word} {number}", f"{word.lower()}{number}.example", email=f"ada@{word.lower()}{number}.example",
            external_id=str(uuid5(NAMESPACE_DNS, f"{word}{number}")),
        )
        for number in range(count)
    ]  # fmt: skip


OLD, NEW = _customers("Old", 3), _customers("New", 3)


@dataclass
class Office:
    """The manager's page, and how the others get theirs."""

    manager: Page
    open: Callable[[str], Page]

    def set(self, **wanted: bool) -> None:
        """Set these switches, by the beginning of their names, and save."""
        self.manager.goto(SETTINGS)
        for name, on in wanted.items():
            self.manager.get_by_role("switch", name=NAMES[name], exact=True).set_checked(on)
        self.manager.get_by_role("button", name="Save").click()
        expect(self.manager.get_by_role("status").first).to_contain_text("Saved")


NAMES = {
    "sync": "Company Sync",
    "create": "Create companies automatically",
    "invite": "Invite admins when companies are created",
    "sales": "Sales Support can manage pending companies",
    "customer": "Customer Support can manage pending companies",
}


@pytest.fixture
def office(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> Iterator[Office]:
    now = timezone.now()
    carl = create_account(email="carl@people.example", name="Carl", password=PASSWORD, is_operator=False, now=now)
    with marketplace_scope(cast.northwind.pk):
        give_role(account_id=carl.pk, account_name="Carl", role=Role.CUSTOMER_SUPPORT, actor=OPERATOR, now=now)
        Entitlement.objects.update(link_company=True)
    contexts = []

    def open_page(who: str) -> Page:
        context = browser.new_context(base_url=web_server)
        context.set_default_timeout(15_000)
        contexts.append(context)
        sign_in(context, web_server, who)
        return context.new_page()

    yield Office(open_page("owner"), open_page)
    for context in contexts:
        context.close()


def matched(cast: Cast) -> None:
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)


def test_both_support_roles_lose_and_gain_the_queue_with_company_sync_from_their_next_click(
    office: Office, stage: Stage
) -> None:
    stage.sync(OLD)
    office.set(sync=False)
    office.set(sync=True)
    sales, customer = office.open("colleague"), office.open("carl")
    for page in (sales, customer):
        page.goto(LIST)
        expect(page.locator("#pending-list")).to_contain_text("Old 0")
    office.set(sales=False)
    sales.reload()
    expect(sales.locator("h1")).not_to_have_text("Pending companies")
    expect(sales.get_by_text("you need to be marketplace manager")).to_be_visible()
    customer.reload()
    expect(customer.locator("#pending-list")).to_contain_text("Old 0")
    office.set(sync=False)
    customer.locator("a.row-link").first.click()
    expect(customer.get_by_text("you need to be marketplace manager")).to_be_visible()
    office.manager.goto(LIST)
    expect(office.manager.locator("#pending-list")).to_contain_text("Old 0")
    office.manager.goto(SETTINGS)
    for name in ("sales", "customer"):
        switch = office.manager.get_by_role("switch", name=NAMES[name], exact=True)
        expect(switch).to_be_disabled()
        expect(switch).not_to_be_checked()


def old_ones_with_a_match(cast: Cast, stage: Stage) -> None:
    """Let tenants wait, one of which is a company already."""
    stage.sync(OLD)
    with marketplace_scope(cast.northwind.pk):
        draft = CompanyDraft("Old 0", country="AT", domains=(DomainDraft("old0.example", verified=True),))
        create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=timezone.now())
    matched(cast)


def test_a_new_marketplace_has_everything_off(office: Office, cast: Cast) -> None:
    page = office.open("stranger")
    page.goto(SETTINGS)
    expect(page.get_by_role("switch")).to_have_count(len(NAMES))
    for name in NAMES.values():
        expect(page.get_by_role("switch", name=name, exact=True)).not_to_be_checked()


def test_what_waits_is_created_or_ignored_but_not_linked_while_company_sync_is_off(
    office: Office, cast: Cast, stage: Stage
) -> None:
    old_ones_with_a_match(cast, stage)
    office.set(invite=True)
    office.set(sync=False)
    page = office.manager
    page.goto(LIST)
    expect(page.get_by_role("button", name="Sync now")).to_have_count(0)
    page.goto(f"{LIST}{stage.pending(name='Old 0').pk}/")
    expect(page.get_by_text("Linking is not possible now")).to_be_visible()
    expect(page.get_by_role("button", name="Link to Old 0")).to_have_count(0)
    page.get_by_role("link", name="Ignore…").click()
    page.get_by_label("A test or demonstration tenant").check()
    page.get_by_role("button", name="Ignore", exact=True).click()
    page.goto(f"{LIST}{stage.pending(name='Old 1').pk}/create/")
    expect(page.get_by_label("Invite now")).not_to_be_checked()
    page.get_by_role("button", name="Create company").click()
    expect(page.locator(".toast-line").last).to_contain_text("Old 1")
    with marketplace_scope(cast.northwind.pk):
        states = dict(PendingCompany.objects.values_list("name", "state"))
        assert states == {"Old 0": "ignored", "Old 1": "created", "Old 2": "pending"}
        assert not Invitation.objects.exists()


def test_the_administrator_of_a_company_made_by_hand_is_invited_as_the_setting_says(
    office: Office, cast: Cast, stage: Stage
) -> None:
    stage.sync(OLD)
    page = office.manager
    for number, on in enumerate((True, False)):
        office.set(invite=on)
        page.goto(f"{LIST}{stage.pending(name=f'Old {number}').pk}/create/")
        expect(page.get_by_label("Invite now")).to_be_checked(checked=on)
        page.get_by_role("button", name="Create company").click()
        expect(page.locator(".toast-line").last).to_contain_text(f"Old {number}")
    with marketplace_scope(cast.northwind.pk):
        assert Invitation.objects.get().membership.company.name == "Old 0"
        uninvited = Company.objects.get(name="Old 1")
        assert uninvited.memberships.get().role == "administrator"
    page.goto(f"/companies/{uninvited.pk}/")
    page.get_by_role("button", name=re.compile("^Invite")).first.click()
    with marketplace_scope(cast.northwind.pk):
        assert Invitation.objects.count() == 2


def test_creating_and_inviting_stay_as_chosen_and_without_effect_while_company_sync_is_off(
    office: Office, stage: Stage
) -> None:
    office.set(sync=False, create=True, invite=True)
    page = office.manager
    page.goto(SETTINGS)
    for name in ("create", "invite"):
        expect(page.get_by_role("switch", name=NAMES[name], exact=True)).to_be_checked()
        expect(page.get_by_role("switch", name=NAMES[name], exact=True)).to_be_enabled()
    expect(page.get_by_text("No effect while Company Sync is off.")).to_have_count(2)


def test_the_effect_of_a_switch_is_told_before_it_is_saved(office: Office, stage: Stage) -> None:
    stage.sync(OLD)
    page = office.manager
    page.goto(SETTINGS)
    page.get_by_role("switch", name=NAMES["create"], exact=True).check()
    expect(page.locator("#effect")).to_contain_text("The first ones are held for your release")
    expect(page.locator("#effect")).to_contain_text("3 already waiting stay for a person")
    expect(page.get_by_text("Changes not saved.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("switch", name=NAMES["create"], exact=True)).not_to_be_checked()


def test_linking_is_refused_with_its_reason_while_companies_are_created_automatically(
    office: Office, cast: Cast, stage: Stage
) -> None:
    old_ones_with_a_match(cast, stage)
    office.set(create=True)
    page = office.manager
    page.goto(f"{LIST}{stage.pending(name='Old 0').pk}/")
    expect(page.get_by_text("only while companies are not created automatically").first).to_be_visible()
    expect(page.get_by_role("button", name="Link to Old 0")).to_have_count(0)
    office.set(create=False)
    page.goto(f"{LIST}{stage.pending(name='Old 0').pk}/")
    expect(page.get_by_text("only while companies are not created automatically")).to_have_count(0)


def test_what_waited_is_not_created_and_what_is_new_only_after_its_release(
    office: Office, cast: Cast, stage: Stage
) -> None:
    stage.sync(OLD)
    office.set(create=True, invite=True)
    stage.sync([*OLD, *NEW])
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.count() == Invitation.objects.count() == 0
        assert PendingCompany.objects.filter(state="pending", name__startswith="Old").count() == 3
    page = office.manager
    page.goto("/")
    page.get_by_role("link", name="Look at them").click()
    page.get_by_label("Select New 1").check()
    page.get_by_role("button", name="Release 1 selected").click()
    expect(page.locator("h1")).to_have_text("Release 1 company?")
    page.get_by_role("button", name="Release 1").click()
    expect(page.get_by_role("status").first).to_contain_text("Released 1 company.")
    apply_released(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    page.reload()
    expect(page.locator(".lede")).to_contain_text("2 held · 1 created")
    with marketplace_scope(cast.northwind.pk):
        assert list(Company.objects.values_list("name", flat=True)) == ["New 1"]
        assert Invitation.objects.count() == 1
