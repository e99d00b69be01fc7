"""The manager's first day: sign in, turn Company Sync on, watch customers come, find one and open it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.installed import Installed, install

from tenantry.accounts.services import create_account
from tenantry.audit.events import SYSTEM
from tenantry.core.permissions import Role
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import give_role

PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=260, limit=0, home=emulator_home) as running:
        running.switches.set({"page_cap": 60})
        running.faults.add("slow", "/v1/customers", seconds=0.4)
        yield running


@pytest.fixture
def installed(database: str, emulator: Emulator) -> Installed:
    installed = install(emulator, now=NOW, marketplaces={"Northwind": []}, syncing=[])
    account = create_account(
        email="manager@northwind.example", name="Max Manager", password=PASSWORD, is_operator=False, now=NOW
    )
    with marketplace_scope(installed.marketplaces["Northwind"]):
        give_role(account_id=account.pk, account_name=account.name, role=Role.MANAGER, actor=SYSTEM, now=NOW)
    return installed


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    context = browser.new_context(base_url=served)
    yield context.new_page()
    context.close()


def test_a_manager_turns_company_sync_on_and_finds_a_customer(
    installed: Installed, emulator: Emulator, worker: None, page: Page
) -> None:
    page.goto("/")
    page.get_by_label("Email").fill("manager@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Data Sync").first.click()
    switch = page.get_by_role("switch", name=re.compile("Company Sync")).or_(
        page.get_by_role("checkbox", name=re.compile("Company Sync"))
    )
    expect(switch.first).not_to_be_checked()
    switch.first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Max Manager").first).to_be_visible()

    page.get_by_role("link", name=re.compile("Pending companies")).first.click()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Companies sync")
    expect(page.locator(".page-title .badge-state")).to_have_text("done", timeout=90_000)

    customer = emulator.world.customer(sorted(emulator.world.tenant_ids())[17])
    page.get_by_role("link", name=re.compile("Pending companies")).first.click()
    expect(page.get_by_role("main")).to_contain_text("260 tenants wait for a decision")
    search = page.get_by_role("searchbox").last
    search.fill(customer.domain)
    search.press("Enter")
    row = page.get_by_role("link", name=" ".join(customer.name.split()), exact=True)
    expect(row).to_be_visible()
    row.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(" ".join(customer.name.split()))
    expect(page.get_by_text(customer.tenant_id).first).to_be_visible()
    assert set(installed.pending("Northwind")) == set(emulator.world.tenant_ids())
