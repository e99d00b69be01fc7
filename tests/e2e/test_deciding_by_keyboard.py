"""A manager clears the queue with the keyboard alone: few keys, each decision right, the last one taken back."""

import re
from collections import Counter

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

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LINKS, CREATES, IGNORES = 6, 3, 2
MOST_KEYS = 4
_OPENING = {"c", "i", "u"}
_READY = """document.readyState === 'complete'
    && (!/create|ignore|undo/.test(location.pathname) || document.activeElement !== document.body)"""


def _queue(stage: Stage) -> None:
    """Fill the queue: the first tenants have a strong match each, the others none."""
    stage.sync(customers(LINKS + CREATES + IGNORES))
    drafts = [
        CompanyDraft(f"Customer {n:04} GmbH", "AT", domains=(DomainDraft(f"customer{n}.example"),))
        for n in range(LINKS)
    ]
    with marketplace_scope(stage.marketplace.pk):
        Entitlement.objects.update(link_company=True)
        create_companies(drafts=drafts, origin=CompanyOrigin.IMPORT, actor=OPERATOR, now=timezone.now())
    assert match_all(marketplace_id=stage.marketplace.pk, clock=timezone.now, should_stop=lambda: False)


def _press(page: Page, keys: list[str]) -> None:
    """Press keys one after the other. A key that opens a page waits for it and for its focus; the last one decides."""
    for number, key in enumerate(keys):
        if key in _OPENING or number == len(keys) - 1:
            with page.expect_navigation():
                page.keyboard.press(key)
            page.wait_for_function(_READY)
        else:
            page.keyboard.press(key)


def _heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_the_queue_is_cleared_by_keyboard_alone(browser: Browser, web_server: str, cast: Cast, stage: Stage) -> None:
    _queue(stage)
    context = browser.new_context(base_url=web_server)
    context.set_default_timeout(10_000)
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto("/companies/pending/?sort=-match")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/pending/\d+/"))
    plan = [["l", "Enter"]] * LINKS + [["c", "Enter"]] * CREATES + [["i", "3", "Enter"]] * IGNORES
    for number, keys in enumerate(plan):
        name = _heading(page)
        assert len(keys) <= MOST_KEYS
        _press(page, keys)
        last = number == len(plan) - 1
        expect(page.locator("h1")).to_have_text("Pending companies" if last else re.compile(f"^(?!{name}$)"))
    with marketplace_scope(stage.marketplace.pk):
        kinds = Counter(Decision.objects.values_list("kind", flat=True))
        assert kinds == {"link": LINKS, "create": CREATES, "ignore": IGNORES}
        linked = PendingCompany.objects.filter(state="linked").values_list("name", "company__name")
        assert all(company == f"{name} GmbH" for name, company in linked)
        assert Company.objects.count() == LINKS + CREATES
    _press(page, ["u", "Enter"])
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
