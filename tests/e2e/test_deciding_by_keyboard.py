"""A manager clears the queue with the keyboard alone: few keys, each decision right, the last one taken back.

Ten rows in the ordinary run; ``TENANTRY_ALL_KEYS`` (``make keyboard``) makes it a hundred, against the clock.
"""

import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import sign_in
from tests.web.cast import OPERATOR, Cast
from tests.web.stage import Stage, customers

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_companies
from tenantry.marketplace.models import Company, CompanyOrigin
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import Decision, Entitlement, PendingCompany

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
LINKS, CREATES, IGNORES = (60, 30, 10) if "TENANTRY_ALL_KEYS" in os.environ else (6, 3, 1)
ROWS = LINKS + CREATES + IGNORES
MOST_KEYS = 4
MOST_SECONDS = 5 * 60
_OPENING = {"c", "i", "u"}
_READY = """document.readyState === 'complete'
    && (!/create|ignore|undo/.test(location.pathname) || document.activeElement !== document.body)"""


def _queue(stage: Stage) -> None:
    """Fill the queue: the first tenants have a strong match each, the others none."""
    stage.sync(customers(ROWS))
    drafts = [
        CompanyDraft(f"Customer {n:04} GmbH", "AT", domains=(DomainDraft(f"customer{n}.example"),))
        for n in range(LINKS)
    ]
    with marketplace_scope(stage.marketplace.pk):
        Entitlement.objects.update(link_company=True)
        create_companies(drafts=drafts, origin=CompanyOrigin.IMPORT, actor=OPERATOR, now=timezone.now())
    assert match_all(marketplace_id=stage.marketplace.pk, clock=timezone.now, should_stop=lambda: False)


@dataclass
class Keyboard:
    """A person's hands on a page. ``pressed`` has every key, in order."""

    page: Page
    pressed: list[str] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        """Press keys that stay on the page."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed.append(key)

    def decide(self, *keys: str) -> int:
        """Press keys of which the last one decides, each as soon as the page it opens is ready; return how many."""
        for number, key in enumerate(keys):
            if key in _OPENING or number == len(keys) - 1:
                with self.page.expect_navigation():
                    self.press(key)
                self.page.wait_for_function(_READY)
            else:
                self.press(key)
        return len(keys)


def _heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def _kinds_in(stage: Stage) -> Counter[str]:
    with marketplace_scope(stage.marketplace.pk):
        return Counter(Decision.objects.values_list("kind", flat=True))


def test_the_queue_is_cleared_by_keyboard_alone(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> None:
    _queue(stage)
    context = browser.new_context(base_url=web_server)
    context.set_default_timeout(15_000)
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto("/companies/pending/?sort=-match")
    keyboard, begun = Keyboard(page), time.monotonic()
    keyboard.press("j", "Enter")
    page.wait_for_url(re.compile(r"/pending/\d+/"))
    plan = [("l", "Enter")] * LINKS + [("c", "Enter")] * CREATES + [("i", "3", "Enter")] * IGNORES
    for number, keys in enumerate(plan):
        name = _heading(page)
        assert keyboard.decide(*keys) <= MOST_KEYS
        last = number == len(plan) - 1
        expect(page.locator("h1")).to_have_text("Pending companies" if last else re.compile(f"^(?!{name}$)"))
    seconds = time.monotonic() - begun
    assert len(keyboard.pressed) <= MOST_KEYS * len(plan)
    assert seconds <= MOST_SECONDS
    print(f"{ROWS} decisions: {len(keyboard.pressed)} keys, {seconds:.0f} seconds")  # noqa: T201  # `make keyboard` shows it
    assert _kinds_in(stage) == {"link": LINKS, "create": CREATES, "ignore": IGNORES}
    with marketplace_scope(stage.marketplace.pk):
        linked = PendingCompany.objects.filter(state="linked").values_list("name", "company__name")
        assert all(company == f"{name} GmbH" for name, company in linked)
        assert Company.objects.count() == LINKS + CREATES
    keyboard.decide("u", "Enter")
    expect(page.locator(".toast-line").last).to_contain_text("Taken back")
    with marketplace_scope(stage.marketplace.pk):
        assert PendingCompany.objects.filter(state="pending").count() == 1
    context.close()


def test_a_slip_of_the_finger_decides_nothing(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> None:
    _queue(stage)
    context = browser.new_context(base_url=web_server)
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto(f"/companies/pending/{stage.pending(name='Customer 0000').pk}/")
    page.keyboard.press("l")
    expect(page.locator("button:focus")).to_contain_text("Link to Customer 0000 GmbH")
    with page.expect_navigation():
        page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    with marketplace_scope(stage.marketplace.pk):
        assert not Decision.objects.exists()
    context.close()


def test_rows_are_decided_without_scripts_too(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> None:
    _queue(stage)
    context = browser.new_context(base_url=web_server, java_script_enabled=False)
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto("/companies/pending/?sort=-match")
    page.locator("[name=id]").nth(0).check()
    page.locator("[name=id]").nth(1).check()
    page.get_by_role("button", name="Ignore…").click()
    expect(page.locator("h1")).to_have_text("Ignore 2 tenants")
    page.get_by_label("A test or demonstration tenant").check()
    page.get_by_role("button", name="Ignore 2 tenants").click()
    expect(page.locator("h1")).to_have_text("Decisions: ignore")
    page.goto(f"/companies/pending/{stage.pending(name='Customer 0003').pk}/")
    page.get_by_role("button", name="Link to Customer 0003 GmbH").click()
    expect(page.locator(".toast-line")).to_contain_text("Linked to Customer 0003 GmbH")
    context.close()


def test_a_link_is_chosen_by_its_reasons_and_by_search(
    browser: Browser, web_server: str, cast: Cast, stage: Stage
) -> None:
    _queue(stage)
    context = browser.new_context(base_url=web_server)
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto("/companies/pending/?sort=-match&match=strong")
    row = page.locator("tr", has_text="Customer 0001")
    expect(row).to_contain_text("1 match · Strong")
    expect(row).to_contain_text("Customer 0001 GmbH: name, domain, country")
    row.get_by_role("link", name="Customer 0001", exact=True).click()
    card = page.locator("article.candidate")
    expect(card).to_contain_text("For: Same domain, and only this company has it: customer1.example.")
    expect(card.locator("tr", has_text="Name")).to_contain_text("same")
    card.get_by_role("button", name="Not this company").click()
    expect(page.locator("article.candidate")).to_have_count(0)
    match_all(marketplace_id=stage.marketplace.pk, clock=timezone.now, should_stop=lambda: False)
    page.goto(f"/companies/pending/{stage.pending(name='Customer 0001').pk}/")
    title = page.locator("#candidates-title")
    expect(title).to_have_text(re.compile("No company matches|Which company is it"))
    expect(page.locator("#candidates article", has_text="Customer 0001 GmbH")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("Custmer 0004")
    page.keyboard.press("Enter")
    found = page.locator("#candidates .rows-tight li")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Customer 0004 GmbH")
    found.first.get_by_role("link", name="Compare").click()
    expect(page.locator("article.candidate").first).to_contain_text("found by your search")
    context.close()
