"""Taking back what a run did: the page that says it beforehand, and the run that does it."""

import re

import pytest
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of
from tests.web.stage import Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.selecting import BulkAction, Selection, forecast
from tenantry.sync.models import Change, PendingCompany, Run
from tenantry.sync.switches import read_company_sync
from tenantry.sync.undoing.carrying import drive_undo


def never() -> bool:
    return False


@pytest.fixture
def run(cast: Cast, stage: Stage) -> Run:
    """A run in which the owner ignored three tenants."""
    stage.sync(customers(3))
    with marketplace_scope(cast.northwind.pk):
        seen = forecast(Selection(), BulkAction.IGNORE, read_company_sync(), now=timezone.now())
        run = start_decisions(
            selection=Selection(), wish=Wish(BulkAction.IGNORE, reason_key="test"), seen_total=seen.total,
            seen_doable=seen.doable, actor=cast.actor("owner"), now=timezone.now(),
        )  # fmt: skip
    drive_decisions(run.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=never)
    return run


def _page(run: Run, rest: str = "") -> str:
    return f"/sync/history/{run.pk}/{rest}"


def _sent(page: str) -> dict[str, list[str]]:
    """The hidden fields of the page's form."""
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(change|seen)" value="([^"]+)"', page):
        sent.setdefault(name, []).append(value)
    return sent


def test_the_owner_sees_what_will_be_taken_back_and_takes_it_back(cast: Cast, run: Run) -> None:
    client = cast.client("owner")
    changes = client.get(_page(run, "?tab=changes"))
    assert "Undo this run…" in text_of(changes)
    chosen = re.findall(r'name="change" value="(\d+)"', changes.content.decode())
    assert len(chosen) == 3
    review = client.get(_page(run, f"undo/?change={chosen[0]}&change={chosen[1]}"))
    words = text_of(review)
    assert "Take back 2 changes" in words
    assert "2 Ignore taken back" in words
    assert "The tenant waits for a decision again." in words
    started = client.post(_page(run, "undo/"), _sent(review.content.decode()))
    with marketplace_scope(cast.northwind.pk):
        undo = Run.objects.get(kind="undo")
    assert started.headers["Location"] == _page(undo)
    assert "Taking back, row by row" in text_of(client.get(_page(undo))) or "Waiting to start" in text_of(
        client.get(_page(undo))
    )
    drive_undo(undo.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=never)
    words = text_of(client.get(_page(undo, "?tab=changes")))
    assert f"Undo of run {run.pk}" in words
    assert "2 changes taken back." in words
    assert "Taken back: ignore" in words
    assert f"Max Owner took back what run {run.pk} did." in words
    assert "Undo this run" not in words
    with marketplace_scope(cast.northwind.pk):
        assert sorted(PendingCompany.objects.values_list("state", flat=True)) == ["ignored", "pending", "pending"]
        assert Change.objects.filter(run=run, state="undone").count() == 2
    assert "Undo · 2" not in words
    assert "Undo" in text_of(client.get("/sync/history/?kind=undo"))


def test_what_can_not_be_taken_back_says_why_and_offers_nothing(cast: Cast, run: Run) -> None:
    with marketplace_scope(cast.northwind.pk):
        sync = Run.objects.get(kind="companies")
    client = cast.client("owner")
    assert "Undo this run" not in text_of(client.get(_page(sync)))
    page = client.get(_page(sync, "undo/"))
    assert "Nothing can be taken back" in text_of(page)
    assert "6 The queue shows what the provider has: the next sync would do this again." in text_of(page)
    refused = client.post(_page(sync, "undo/"), _sent(page.content.decode()))
    assert (refused.status_code, "None of this can be taken back." in text_of(refused)) == (409, True)


@pytest.mark.parametrize("seen", ["", "no digest", "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_what_was_shown_is_refused_and_changes_nothing(seen: str, cast: Cast, run: Run) -> None:
    answer = cast.client("owner").post(_page(run, "undo/"), {"seen": seen, "change": "x"})
    assert answer.status_code == 409
    with marketplace_scope(cast.northwind.pk):
        assert not Run.objects.filter(kind="undo").exists()
    assert cast.client("stranger").post(_page(run, "undo/"), {"seen": seen}).status_code == 404
    assert cast.client("colleague").get(_page(run, "undo/")).status_code == 403
