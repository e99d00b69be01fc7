"""Live progress and Cancel: what is counted, what is measured, and what nobody can know."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of
from tests.web.stage import Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Observation, ObservationState, Run, RunState
from tenantry.sync.runs.progress import Progress, progress_of


def _page(run: Run, rest: str = "") -> str:
    return f"/sync/history/{run.pk}/{rest}"


def _reload(stage: Stage, run: Run) -> Run:
    with marketplace_scope(stage.marketplace.pk):
        return Run.objects.select_related("observation", "connection").get(pk=run.pk)


@pytest.fixture
def live(stage: Stage) -> Run:
    """A run whose list is being read for forty seconds now."""
    run = stage.request(now=timezone.now() - timedelta(seconds=42))
    Observation.objects.filter(pk=run.observation_id or 0).update(
        state=ObservationState.LISTING, started_at=timezone.now() - timedelta(seconds=40), records=400, pages=1
    )
    return run


def _progress(client: Client, run: Run) -> str:
    return text_of(client.get(_page(run, "progress/")))


def test_the_live_part_counts_measures_and_asks_again(cast: Cast, stage: Stage, live: Run) -> None:
    answer = cast.client("owner").get(_page(live, "progress/"))
    page = answer.content.decode()
    assert f'hx-get="{_page(live, "progress/")}"' in page
    assert "HX-Refresh" not in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
    words = text_of(answer)
    assert "Reading the list of tenants from Partner Center EU 400 tenants" in words
    assert "10 a second" in words
    assert "The provider does not say how many there are." in words
    assert "left" not in words


def test_the_time_left_is_told_when_the_last_list_gives_a_total(cast: Cast, stage: Stage, live: Run) -> None:
    Observation.objects.filter(pk=live.observation_id or 0).update(expected=800)
    words = _progress(cast.client("owner"), live)
    assert "400 of 800 tenants" in words
    assert "about 40 seconds left" in words
    assert "The total is what the last complete list had." in words


def test_a_total_that_is_passed_is_no_total_any_more(cast: Cast, stage: Stage, live: Run) -> None:
    Observation.objects.filter(pk=live.observation_id or 0).update(expected=399)
    assert "of 399" not in _progress(cast.client("owner"), live)


def test_while_the_provider_fails_the_reason_is_told_instead_of_a_time(cast: Cast, stage: Stage, live: Run) -> None:
    Observation.objects.filter(pk=live.observation_id or 0).update(
        expected=800, failure={"what": "The Partner Center asked for 60 seconds of quiet."}
    )
    words = _progress(cast.client("owner"), live)
    assert "The Partner Center asked for 60 seconds of quiet." in words
    assert "seconds left" not in words


def test_a_run_that_no_worker_takes_up_says_so(cast: Cast, stage: Stage) -> None:
    run = stage.request(now=timezone.now() - timedelta(minutes=2))
    assert "No worker has taken it up yet." in _progress(cast.client("owner"), run)


def test_while_details_are_read_their_number_is_the_progress(cast: Cast, stage: Stage) -> None:
    run = stage.request()
    stage.list(run, customers(10))
    Observation.objects.filter(pk=run.observation_id or 0).update(details_total=10, details_read=4, details_failed=1)
    words = _progress(cast.client("owner"), run)
    assert "Reading contacts, addresses and domains from Partner Center EU 5 of 10 tenants" in words


def test_when_the_run_has_ended_the_page_loads_once_more_and_asks_no_further(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(2))
    answer = cast.client("owner").get(_page(run, "progress/"))
    assert answer.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in answer.content.decode()
    assert "hx-trigger" not in cast.client("owner").get(_page(run)).content.decode()


def test_cancel_asks_the_run_to_stop_and_says_what_stays(cast: Cast, stage: Stage, live: Run) -> None:
    client = cast.client("owner")
    assert client.post(_page(live, "cancel/")).headers["Location"] == _page(live)
    words = text_of(client.get(_page(live)))
    assert "The run stops after the step that is under way. What was applied stays." in words
    assert "stopping" in words
    assert "Cancel this run" not in words
    assert _reload(stage, live).cancel_requested_at is not None


def test_cancelling_twice_or_too_late_changes_nothing(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(1))
    client = cast.client("owner")
    client.post(_page(run, "cancel/"))
    assert "was not going on any more" in text_of(client.get(_page(run)))
    assert _reload(stage, run).cancel_requested_at is None


def test_progress_never_claims_more_than_it_knows() -> None:
    now = timezone.now()
    nothing = Progress(RunState.LISTING, 0, 100, now, now)
    assert (nothing.rate, nothing.remaining, nothing.percent) == (None, None, 0)
    young = Progress(RunState.LISTING, 50, 100, now - timedelta(seconds=1), now)
    assert (young.rate, young.remaining) == (None, None)
    full = Progress(RunState.LISTING, 100, 100, now - timedelta(seconds=10), now)
    assert (full.percent, full.remaining) == (99, timedelta(0))


def test_progress_is_read_with_one_question_at_most(stage: Stage, live: Run) -> None:
    run = _reload(stage, live)
    with marketplace_scope(stage.marketplace.pk), CaptureQueriesContext(connection) as captured:
        assert progress_of(run, now=timezone.now()).done == 400
        run.state = RunState.APPLYING
        assert progress_of(run, now=timezone.now()).done == 0
    assert len(captured) == 1
