"""Taking part of a run back in the browser, with the keyboard and a worker: chosen, said beforehand, done, and seen."""

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from tests.e2e.conftest import sign_in
from tests.web.cast import Cast
from tests.web.stage import Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.selecting import BulkAction, Selection, forecast
from tenantry.sync.models import PendingCompany
from tenantry.sync.switches import read_company_sync

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def ignored(stage: Stage, cast: Cast) -> int:
    """The run that put three tenants aside. It is over before a worker is there, whose sweeps would take it up."""
    stage.sync(customers(3))
    with marketplace_scope(cast.northwind.pk):
        seen = forecast(Selection(), BulkAction.IGNORE, read_company_sync(), now=timezone.now())
        run = start_decisions(
            selection=Selection(), wish=Wish(BulkAction.IGNORE, reason_key="test"), seen_total=seen.total,
            seen_doable=seen.doable, actor=cast.actor("owner"), now=timezone.now(),
        )  # fmt: skip
    drive_decisions(run.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    return run.pk


@pytest.mark.usefixtures("ignored", "worker")
def test_two_of_three_are_taken_back_and_the_history_says_so(
    browser: Browser, web_server: str, cast: Cast, ignored: int
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800})
    sign_in(context, web_server, "owner")
    page = context.new_page()
    page.goto(f"{web_server}/sync/history/{ignored}/?tab=changes")
    boxes = page.locator("input[name=change]")
    expect(boxes).to_have_count(3)
    for number in (0, 1):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Take back selected").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Take back 2 changes")
    expect(page.get_by_text("The tenant waits for a decision again.").first).to_be_visible()
    page.get_by_role("button", name="Take back 2 changes").press("Enter")
    expect(page.get_by_text("2 changes taken back.")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="2 Taken back").press("Enter")
    expect(page.get_by_text(f"Max Owner took back what run {ignored} did.").first).to_be_visible()
    page.goto(f"{web_server}/sync/history/{ignored}/?tab=changes&state=undone")
    expect(page.locator("tbody tr")).to_have_count(2)
    with marketplace_scope(cast.northwind.pk):
        assert sorted(PendingCompany.objects.values_list("state", flat=True)) == ["ignored", "pending", "pending"]
    context.close()
