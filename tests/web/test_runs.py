"""Sync now, the history, and one run tab by tab."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.web.cast import OPERATOR, Cast, switch_on
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.models import (
    Change,
    ChangeState,
    Feed,
    Finding,
    Run,
    RunKind,
    RunState,
    Trigger,
)
from tenantry.sync.runs.queries import Tally
from tenantry.web.runs.rows import sentence_of
from tenantry.web.runs.words import title_of

HISTORY = "/sync/history/"
NOW = "/sync/now/"


def _words(cast: Cast, address: str) -> str:
    return text_of(cast.client("owner").get(address))


def _page(run: Run, tab: str = "") -> str:
    return f"{HISTORY}{run.pk}/{tab}"


def test_sync_now_starts_a_run_and_shows_it(cast: Cast, stage: Stage) -> None:
    answer = cast.client("owner").post(NOW)
    with marketplace_scope(cast.northwind.pk):
        run = Run.objects.get()
    assert answer.headers["Location"] == _page(run)
    assert (run.trigger, run.requested_by) == (Trigger.BUTTON, "Max Owner")
    assert ProcrastinateJob.objects.count() == 1
    assert "Waiting to start" in _words(cast, _page(run))


def test_sync_now_joins_the_run_that_is_going_on(cast: Cast, stage: Stage) -> None:
    client = cast.client("owner")
    first = client.post(NOW).headers["Location"]
    assert client.post(NOW).headers["Location"] == first
    assert "A sync was going on already: this is it." in text_of(client.get(first))
    assert ProcrastinateJob.objects.count() == 1


def test_sync_now_without_company_sync_says_why_where_it_was_pressed(cast: Cast) -> None:
    client = cast.client("owner")
    answer = client.post(NOW, headers={"Referer": "http://testserver/companies/pending/?q=x"})
    assert answer.headers["Location"] == "http://testserver/companies/pending/?q=x"
    assert "Company Sync is off. A manager turns it on" in text_of(client.get("/companies/pending/"))


def test_without_company_sync_no_page_offers_sync_now(cast: Cast) -> None:
    for address in ("/", "/companies/pending/", HISTORY):
        assert "Sync now" not in _words(cast, address)


def test_the_history_has_each_run_with_its_numbers(cast: Cast, stage: Stage) -> None:
    stage.sync([*customers(3), Customer("No contact", "x.example", contact="", email="")])
    words = _words(cast, HISTORY)
    assert "Companies · Partner Center EU done Max Owner" in words
    assert "1 run done, 0 failed." in words


def _bare_run(stage: Stage, created: datetime, **given: object) -> Run:
    with marketplace_scope(stage.marketplace.pk):
        values = {"trigger": Trigger.SCHEDULE, "state": RunState.DONE, "complete": True, **given}
        return Run.objects.create(
            marketplace=stage.marketplace, connection=stage.connection, created_at=created, ended_at=created, **values
        )


def test_the_history_is_paged_newest_first(cast: Cast, stage: Stage) -> None:
    now = timezone.now()
    for number in range(60):
        _bare_run(stage, now - timedelta(hours=number))
    page = cast.client("owner").get(HISTORY).content.decode()
    assert page.count('class="row-link"') == 50
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert cast.client("owner").get(following).content.decode().count('class="row-link"') == 10


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"state": "failed"}, 1), ({"state": "done"}, 2), ({"state": "cancelled"}, 0), ({"kind": "preview"}, 1),
        ({"trigger": "schedule"}, 3), ({"trigger": "button"}, 0), ({"state": "x", "kind": "y", "trigger": "z"}, 3),
    ],
)  # fmt: skip
def test_the_history_is_filtered(given: dict[str, str], count: int, cast: Cast, stage: Stage) -> None:
    now = timezone.now()
    _bare_run(stage, now, state=RunState.FAILED)
    _bare_run(stage, now, state=RunState.DONE)
    _bare_run(stage, now, state=RunState.PREVIEWED, preview=True)
    assert cast.client("owner").get(HISTORY, given).content.decode().count('class="row-link"') == count


def test_the_chart_counts_the_last_thirty_days_and_no_previews(cast: Cast, stage: Stage) -> None:
    now = timezone.now()
    for days in (0, 0, 29, 30, 45):
        _bare_run(stage, now - timedelta(days=days))
    _bare_run(stage, now, state=RunState.FAILED)
    _bare_run(stage, now, state=RunState.PREVIEWED, preview=True)
    assert "3 runs done, 1 failed." in _words(cast, HISTORY)


def test_a_run_tells_in_a_sentence_and_in_numbers_what_it_did(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(3))
    words = _words(cast, _page(run))
    assert "3 tenants seen, 6 changes made, nothing failed." in words
    assert "3 Seen 6 Changed 0 Skipped 0 Failed 0 Held" in words
    assert "complete: read to its end" in words


def test_its_changes_show_before_and_after_with_the_reason(cast: Cast, stage: Stage) -> None:
    first = [Customer("Old name", "a.example")]
    stage.sync(first)
    renamed = Customer("New name", "a.example", external_id=stage.tenant("Old name").external_id)
    run = stage.sync([renamed])
    words = _words(cast, _page(run, "?tab=changes"))
    assert "New name Updated" in words
    assert "Name Old name becomes New name" in words
    assert "Changed at the provider: name." in words
    assert (
        f'href="/companies/pending/{stage.pending().pk}/"'
        in cast.client("owner").get(_page(run, "?tab=changes")).content.decode()
    )


def test_its_changes_are_filtered_by_outcome_and_paged(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(60))
    client = cast.client("owner")
    page = client.get(_page(run, "?tab=changes&state=applied")).content.decode()
    assert page.count('class="row-link"') == 50
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "tab=changes&state=applied&after=" in following
    assert client.get(following).content.decode().count('class="row-link"') == 50
    assert "No change fits these filters" in _words(cast, _page(run, "?tab=changes&state=failed"))


def _find(run: Run, reference: str, **given: object) -> None:
    Finding.objects.create(
        observation_id=run.observation_id or 0, kind="invalid record", reference=reference,
        reason="It has no tenant ID.", created_at=timezone.now(), **given,
    )  # fmt: skip


def test_what_failed_says_why_whose_fault_and_what_next(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(2))
    _find(run, "page 1, record 3")
    with marketplace_scope(stage.marketplace.pk):
        change = Change.objects.filter(run=run).first()
        assert change is not None
        Change.objects.filter(pk=change.pk).update(state=ChangeState.STALE, problem="Changed meanwhile by Kim.")
    words = _words(cast, _page(run, "?tab=findings"))
    assert "A record that names no tenant page 1, record 3" in words
    assert "It has no tenant ID. The provider's Nothing to do" in words
    assert "Changed meanwhile by Kim. Nobody's" in words


def test_findings_and_changes_that_failed_are_paged_together(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(40))
    for number in range(40):
        _find(run, f"record {number}")
    with marketplace_scope(stage.marketplace.pk):
        ids = list(Change.objects.filter(run=run).values_list("pk", flat=True)[:30])
        Change.objects.filter(pk__in=ids).update(state=ChangeState.FAILED)
    client, address, rows = cast.client("owner"), _page(run, "?tab=findings"), 0
    for _ in range(5):
        page = client.get(address).content.decode()
        rows += page.count('<th scope="row">')
        if 'rel="next"' not in page:
            break
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert rows == 70


def test_a_marketplace_that_takes_a_part_sees_no_findings_about_the_rest(cast: Cast, stage: Stage) -> None:
    with marketplace_scope(stage.marketplace.pk):
        Feed.objects.update(countries=["AT"])
    run = stage.sync([Customer("Ours", "a.example", "AT"), Customer("Theirs", "b.example", "DE")])
    _find(run, "secret record")
    _find(run, "theirs", tenant=stage.tenant("Theirs"))
    _find(run, "ours", tenant=stage.tenant("Ours"))
    words = _words(cast, _page(run, "?tab=findings"))
    assert "Ours ours" in words
    assert "secret" not in words
    assert "Theirs" not in words


def test_the_steps_tell_the_run_from_request_to_end(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(3))
    words = _words(cast, _page(run, "?tab=steps")).split("Steps")[-1]
    steps = [
        "Requested",
        "List of tenants read from Partner Center EU",
        "Compared and applied",
        "Details read",
        "Ended",
    ]
    places = [words.index(step) for step in steps]
    assert places == sorted(places)
    assert "3 records on 1 page." in words
    assert "3 of 3 read." in words


def test_a_failed_run_says_what_whose_fault_what_next_and_the_ids_that_support_asks_for(
    cast: Cast, stage: Stage
) -> None:
    failure = {
        "what": "The sign-in was refused.", "fault": "the connection's configuration", "next": "Renew the secret.",
        "request_id": "abc-123", "correlation_id": "def-456",
    }  # fmt: skip
    run = _bare_run(stage, timezone.now(), state=RunState.FAILED, failure=failure, trigger=Trigger.BUTTON)
    words = _words(cast, _page(run))
    assert (
        "The sign-in was refused. Whose fault The connection's configuration What next Renew the secret. "
        "request id abc-123 · correlation id def-456"
    ) in words
    assert "The last sync of Partner Center EU failed The sign-in was refused. Renew the secret." in _words(cast, "/")


def test_counters_that_do_not_add_up_are_told(cast: Cast, stage: Stage) -> None:
    run = _bare_run(stage, timezone.now(), suspect="3 tenants were neither changed nor found unchanged.")
    assert "The counters of this run do not add up 3 tenants were neither" in _words(cast, _page(run))


def test_a_list_that_did_not_end_cleanly_is_told(cast: Cast, stage: Stage) -> None:
    run = _bare_run(stage, timezone.now(), complete=False, listed_at=timezone.now())
    words = _words(cast, _page(run))
    assert "done, list incomplete" in words
    assert "Nothing was judged absent" in words


def test_a_preview_is_called_one_and_says_what_would_change(cast: Cast, stage: Stage) -> None:
    run = stage.request(preview=True)
    stage.list(run, customers(3))
    stage.end()
    words = _words(cast, _page(run))
    assert "Companies, preview" in words
    assert "3 changes would be made" in words
    assert "Would change" in words
    assert "No tenant waits" in _words(cast, "/companies/pending/")


def test_two_connections_sync_at_once_and_lead_to_the_history(cast: Cast, stage: Stage) -> None:
    second = type(cast.connection).objects.create(**{
        **{name: getattr(cast.connection, name) for name in ("provider", "cloud", "partner_tenant_id", "application_id",
                                                              "application_kind", "created_at")},
        "name": "Partner Center US", "uid": "00000000-0000-0000-0000-000000000001",
    })  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        add_feed(connection=second, countries=[], actor=OPERATOR, now=timezone.now())
    assert cast.client("owner").post(NOW).headers["Location"] == HISTORY


def test_a_marketplace_that_may_not_sync_any_more_refuses_in_words(cast: Cast, stage: Stage) -> None:
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(company_sync=False, actor=OPERATOR, now=timezone.now())
    client = cast.client("owner")
    client.post(NOW)
    assert "Company Sync is not enabled for this marketplace. Ask your operator" in text_of(client.get("/"))


def test_runs_of_two_marketplaces_on_one_connection_never_mix(cast: Cast, stage: Stage) -> None:
    switch_on(cast.contoso)
    stage.sync(customers(2))
    with marketplace_scope(cast.contoso.pk):
        (theirs,) = Run.objects.all()
    assert cast.client("owner").get(_page(theirs)).status_code == 404
    assert cast.client("stranger").get(_page(theirs)).status_code == 200
    assert cast.client("stranger").get(HISTORY).content.decode().count('class="row-link"') == 1


def test_a_run_over_people_counts_people() -> None:
    run = Run(kind=RunKind.PEOPLE, state=RunState.DONE)
    assert sentence_of(run, Tally(seen=228, changed=7)) == "228 people seen, 7 changes made, nothing failed."


@pytest.mark.parametrize(
    ("kind", "title", "sentence"),
    [
        ("creations", "Release of held companies", "2 companies created."),
        ("removals", "Release of held people", "2 people deactivated."),
        ("undos", "Release of held rows", "2 rows taken back."),
    ],
)
def test_a_release_says_what_became_of_whom_it_was_about(kind: str, title: str, sentence: str) -> None:
    counters = {"decisions": 2, "decide.release": 2, f"decide.release.{kind}": 2}
    run = Run(kind=RunKind.DECISIONS, trigger=Trigger.RELEASE, state=RunState.DONE, counters=counters)
    assert (title_of(run), sentence_of(run, Tally(changed=2))) == (title, sentence)


def test_an_undo_says_how_much_of_it_is_held() -> None:
    run = Run(kind=RunKind.UNDO, trigger=Trigger.UNDO, state=RunState.DONE, counters={"undo": 106, "undo_of_run": 2})
    assert sentence_of(run, Tally(changed=6, held=100)) == "6 changes taken back, 100 rows held for a release."
