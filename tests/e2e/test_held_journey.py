"""A brake trips: the notice, the review, two of five released, three still held, one of the two taken back."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import sign_in
from tests.e2e.releasing import release_selected
from tests.e2e.test_settings_in_use import _customers
from tests.web.cast import Cast
from tests.web.stage import Stage

from tenantry.core.company_settings import CompanySettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.company_settings import save_company_settings
from tenantry.sync.models import Run, RunState, Trigger
from tenantry.sync.switches import read_company_sync
from tenantry.sync.undoing.carrying import drive_undo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PICTURES = os.environ.get("TENANTRY_PICTURES", "")
CREATING = CompanySettings(company_sync=True, create_automatically=True, sales_support=True, customer_support=True)


def never() -> bool:
    return False


@pytest.fixture
def page(browser: Browser, web_server: str, cast: Cast) -> Iterator[Page]:
    context = browser.new_context(base_url=web_server, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    sign_in(context, web_server, "owner")
    yield context.new_page()
    context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def companies(cast: Cast) -> set[str]:
    with marketplace_scope(cast.northwind.pk):
        return set(Company.objects.values_list("name", flat=True))


def test_a_trip_is_told_reviewed_partly_released_and_partly_taken_back(page: Page, cast: Cast, stage: Stage) -> None:
    with marketplace_scope(cast.northwind.pk):
        save_company_settings(
            wanted=CREATING, seen_version=read_company_sync().version, actor=cast.actor("owner"),
            now=timezone.now() - timedelta(minutes=5),
        )  # fmt: skip
    stage.sync(_customers("New", 5))
    page.goto("/")
    page.get_by_role("link", name="1 unread notice").click()
    expect(page.get_by_text("Held for your release: new companies (5)", exact=True)).to_be_visible()
    picture(page, "notices")
    page.get_by_role("button", name=re.compile("Look at what is held")).click()
    expect(page.get_by_text("Nothing of what is held was applied").first).to_be_visible()
    expect(page.get_by_role("link", name="unread notice")).to_have_count(0)
    picture(page, "held")
    release_selected(
        page, ["New 1", "New 3"], whom="companies", made=lambda: companies(cast), marketplace_id=cast.northwind.pk
    )
    expect(page.get_by_text("3 held · 2 created").first).to_be_visible()
    assert companies(cast) == {"New 1", "New 3"}

    with marketplace_scope(cast.northwind.pk):
        release = Run.objects.get(trigger=Trigger.RELEASE)
    page.goto(f"/sync/history/{release.pk}/?tab=changes")
    page.get_by_role("checkbox", name=re.compile("New 3")).check()
    page.get_by_role("button", name=re.compile("Take back")).last.click()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    picture(page, "undo")
    page.locator("main form button.btn-primary").click()
    with marketplace_scope(cast.northwind.pk):
        undo = Run.objects.get(trigger=Trigger.UNDO)
    drive_undo(undo.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=never)
    assert companies(cast) == {"New 1"}
    with marketplace_scope(cast.northwind.pk):
        assert Run.objects.get(pk=undo.pk).state == RunState.DONE
    page.goto("/sync/held/")
    expect(page.get_by_role("link", name="Look at 3 held companies")).to_be_visible()
    page.goto("/settings/data-sync/")
    picture(page, "settings")
    page.set_viewport_size({"width": 360, "height": 800})
    picture(page, "settings-phone")
    page.goto("/notices/")
    picture(page, "notices-phone")
