"""The pages under a person's hands: with scripts, with the keyboard alone, and without scripts at all."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as TooLate
from tests.e2e.conftest import sign_in
from tests.web.cast import Cast
from tests.web.stage import Customer, Stage, customers

from tenantry.sync.models import Observation, ObservationState

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LIST = "/companies/pending/"


@pytest.fixture
def world(stage: Stage) -> Stage:
    stage.sync(
        [*customers(70), Customer("Alpine Ski House", "alpine.example", "CH"), Customer("Zebra", "z.example", "DE")]
    )
    return stage


def _open(browser: Browser, address: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(base_url=address, java_script_enabled=scripts)
    context.set_default_timeout(10_000)
    sign_in(context, address, "owner")
    return context.new_page()


@pytest.fixture
def page(browser: Browser, web_server: str, cast: Cast) -> Iterator[Page]:
    opened = _open(browser, web_server)
    yield opened
    opened.context.close()


def _first_row(page: Page) -> str:
    return page.locator("table[data-rows] tbody a.row-link").first.inner_text()


def test_typing_words_swaps_the_table_and_the_address_and_back_undoes_it(page: Page, world: Stage) -> None:
    page.goto(LIST)
    heading = page.locator("h1").element_handle()
    page.locator("#filter-q").type("alpine")
    expect(page.locator("#pending-list")).to_contain_text("1 matches the filters")
    assert page.url.endswith("/companies/pending/?q=alpine")
    assert heading is not None
    assert heading.is_visible(), "the page itself was not loaded again"
    page.go_back()
    expect(page.locator("#pending-list")).to_contain_text("72 companies")


def test_an_order_chosen_at_a_column_stays_when_a_filter_is_set(page: Page, world: Stage) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("tbody a.row-link").first).to_have_text("Zebra")
    page.locator("#filter-country").select_option("AT")
    expect(page.locator("#pending-list")).to_contain_text("70 match the filters")
    expect(page.locator("tbody a.row-link").first).to_have_text("Customer 0069")
    assert "sort=-name" in page.url


def test_next_and_previous_swap_the_rows(page: Page, world: Stage) -> None:
    page.goto(LIST)
    assert _first_row(page) == "Alpine Ski House"
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody a.row-link").first).to_have_text("Customer 0049")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tbody a.row-link").first).to_have_text("Alpine Ski House")


def test_the_list_is_worked_with_the_keyboard_alone(page: Page, world: Stage) -> None:
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Customer 0000")
    page.wait_for_load_state()  # keys are heard once the page's scripts are there
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("Pending companies")
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.locator("#filter-q")).to_be_focused()
    page.keyboard.type("zebra")
    expect(page.locator("#pending-list")).to_contain_text("1 matches the filters")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_from_a_filtered_list_one_walks_through_it_and_back(page: Page, world: Stage) -> None:
    page.goto(f"{LIST}?q=customer&sort=-name")
    page.locator("tbody a.row-link").first.click()
    expect(page.locator("h1")).to_have_text("Customer 0069")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("h1")).to_have_text("Customer 0068")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Pending companies").click()
    expect(page.locator("#pending-list")).to_contain_text("70 match the filters")


def test_without_scripts_filters_orders_pages_and_forms_work(browser: Browser, web_server: str, world: Stage) -> None:
    page = _open(browser, web_server, scripts=False)
    page.goto(LIST)
    page.locator("#filter-q").fill("customer")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#pending-list")).to_contain_text("70 match the filters")
    page.get_by_role("link", name="Name", exact=True).click()
    assert _first_row(page) == "Customer 0069"
    page.get_by_role("link", name="Next").click()
    assert _first_row(page) == "Customer 0019"
    page.goto("/settings/data-sync/")
    page.get_by_role("switch", name="Company Sync").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    expect(page.get_by_role("switch", name="Company Sync")).not_to_be_checked()
    page.context.close()


def test_unsaved_settings_are_said_to_be_unsaved_and_can_be_discarded(page: Page, world: Stage) -> None:
    page.goto("/settings/data-sync/")
    expect(page.get_by_text("Changed by Max Owner")).to_be_visible()
    page.get_by_role("switch", name="Company Sync").uncheck()
    expect(page.get_by_text("Changes not saved.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Changes not saved.")).to_be_hidden()
    expect(page.get_by_role("switch", name="Company Sync")).to_be_checked()


def test_a_live_run_counts_on_by_itself_and_shows_its_result_when_it_ends(page: Page, stage: Stage) -> None:
    run = stage.request(now=timezone.now() - timedelta(seconds=30))
    observation = Observation.objects.filter(pk=run.observation_id or 0)
    observation.update(
        state=ObservationState.LISTING, started_at=timezone.now() - timedelta(seconds=30), records=100, expected=1_000
    )
    page.goto(f"/sync/history/{run.pk}/")
    expect(page.locator("#run-progress")).to_contain_text("100 of 1,000 tenants")
    observation.update(records=500, pages=1)
    expect(page.locator("#run-progress")).to_contain_text("500 of 1,000 tenants")
    observation.update(records=0, pages=0)
    stage.read_details(run, stage.list(run, customers(3)))
    stage.end()
    expect(page.locator(".page-title")).to_contain_text("done")
    expect(page.get_by_role("link", name="3 Seen")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    with pytest.raises(TooLate), page.expect_request(re.compile("/progress/"), timeout=3_000):
        pass


def test_the_theme_is_chosen_in_the_account_menu_and_stays(page: Page, world: Stage) -> None:
    page.goto("/")
    page.locator("details.menu-end summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(LIST)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
