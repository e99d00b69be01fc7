"""Home, the operator's page, and going from one marketplace to another."""

from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast, switch_on
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.audit.chain import chain_events
from tenantry.audit.models import Event
from tenantry.isolation.scope import marketplace_scope
from tenantry.listing.counts import MOST
from tenantry.marketplace.services import create_marketplace
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.models import Entitlement, Observation, ObservationState, UserSyncSettings
from tenantry.sync.runs.lifecycle import begin_runs
from tenantry.sync.upkeep import check_chains


def _home(cast: Cast, who: str = "owner") -> str:
    return text_of(cast.client(who).get("/"))


def test_home_begins_with_what_needs_a_decision(cast: Cast, stage: Stage) -> None:
    stage.sync(
        [*customers(3), Customer("X", "x.example", contact="", email=""), Customer("Y", "y.example", read=False)]
    )
    words = _home(cast)
    assert "5 pending companies need a decision" in words
    assert "1 with a problem" in words
    assert "1 whose details are not read yet" in words
    assert "came in today" in words


def test_a_new_marketplace_is_led_step_by_step_to_its_first_sync(cast: Cast) -> None:
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(company_sync=False, actor=OPERATOR, now=timezone.now())
    words = _home(cast)
    assert "Set up this marketplace Done Connect a Partner Center" in words
    assert "An operator enables it for this marketplace." in words
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(company_sync=True, actor=OPERATOR, now=timezone.now())
    assert "Open Sync settings" in _home(cast)
    switch_on(cast.northwind)
    assert "First sync" in _home(cast)
    Stage(cast.northwind, cast.connection).sync(customers(1))
    assert "Set up this marketplace" not in _home(cast)


def test_home_says_what_is_on_of_companies_and_of_people(cast: Cast) -> None:
    switch_on(cast.northwind)
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(user_sync_microsoft=True, user_sync_google=True)
        UserSyncSettings.objects.create(marketplace=cast.northwind, provider="google", user_sync=True)
    words = _home(cast).split("What is on")[1]
    assert "Company Sync New customer tenants flow into Pending companies. on" in words
    assert "User Sync from Microsoft 365 Nobody comes in or is changed. Who is there stays. off" in words
    assert "User Sync from Google Workspace People of linked companies become users and stay current. on" in words


def test_home_says_when_all_is_decided(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(2))
    stage.move("ignored")
    assert "Nothing waits for a decision" in _home(cast)


def test_home_tells_of_a_connection_that_is_switched_off(cast: Cast, stage: Stage) -> None:
    cast.connection.enabled = False
    cast.connection.save()
    assert "Partner Center EU is switched off Nothing is read from it." in _home(cast)


def test_a_failure_that_a_later_run_mended_is_not_told_any_more(cast: Cast, stage: Stage) -> None:
    run = stage.request(now=timezone.now() - timedelta(hours=1))
    Observation.objects.filter(pk=run.observation_id or 0).update(
        state=ObservationState.FAILED, failure={"what": "No."}
    )
    begin_runs(run.observation_id or 0, now=timezone.now())
    assert "failed" in _home(cast).split("Last sync")[0]
    stage.sync(customers(1))
    assert "failed" not in _home(cast).split("Last sync")[0]


def test_the_badge_says_how_many_wait_and_over_so_many_beyond_a_bound(cast: Cast, stage: Stage) -> None:
    run = stage.request()
    stage.list(run, customers(MOST + 3))
    words = _home(cast)
    assert f"over {MOST:,} + need a decision" in words
    assert f"Over {MOST:,} pending companies need a decision" in words
    assert f"over {MOST:,} companies" in text_of(cast.client("owner").get("/companies/pending/"))


def test_the_operator_sees_connections_with_state_and_whom_they_feed(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(4))
    words = text_of(cast.client("operator").get("/operator/"))
    assert "Partner Center EU Microsoft · global works" in words
    assert "Northwind Contoso 4 today" in words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"state": ObservationState.FAILED, "failure": {"what": "Refused.", "next": "Sign in."}},
            "failed Refused. Sign in.",
        ),
        ({"state": ObservationState.LISTING}, "reading"),
        ({"complete": False}, "incomplete The last list did not end cleanly"),
        ({"state": ObservationState.CANCELLED}, "cancelled The last reading was cancelled."),
    ],
)
def test_a_connection_s_state_is_a_word_with_its_reason(
    change: dict[str, object], words: str, cast: Cast, stage: Stage
) -> None:
    stage.sync(customers(1))
    Observation.objects.update(**change)
    assert words in text_of(cast.client("operator").get("/operator/"))


def test_an_operator_s_entry_into_a_marketplace_is_on_its_record(cast: Cast) -> None:
    cast.enter("operator", cast.northwind)
    cast.enter("operator", cast.northwind)
    with marketplace_scope(cast.northwind.pk):
        (event,) = Event.objects.filter(action="marketplace.access.operator_entered")
    assert (event.actor_kind, event.actor_name, event.target_id) == (
        "operator",
        "Olga Operator",
        str(cast.northwind.pk),
    )
    assert event.request_id
    with marketplace_scope(cast.contoso.pk):
        assert not Event.objects.filter(action="marketplace.access.operator_entered").exists()


def test_an_operator_in_the_only_marketplace_is_on_its_record_too(cast: Cast, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("delete from sync_feed where marketplace_id = %s", [cast.contoso.pk])
        owner.execute("delete from sync_entitlement where marketplace_id = %s", [cast.contoso.pk])
        owner.execute("delete from marketplace_staffrole where marketplace_id = %s", [cast.contoso.pk])
        owner.execute("delete from marketplace_marketplace where id = %s", [cast.contoso.pk])
    client = cast.client("operator")
    for _ in range(3):
        assert client.get("/companies/pending/").status_code == 200
    with marketplace_scope(cast.northwind.pk):
        assert Event.objects.filter(action="marketplace.access.operator_entered").count() == 1


def test_staff_who_enter_their_own_marketplace_leave_no_such_record(cast: Cast) -> None:
    cast.enter("owner", cast.northwind)
    with marketplace_scope(cast.northwind.pk):
        assert not Event.objects.filter(action="marketplace.access.operator_entered").exists()


def test_switching_changes_what_every_page_shows(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(2))
    client = cast.enter("operator", cast.northwind)
    assert "2 pending companies" in text_of(client.get("/"))
    cast.enter("operator", cast.contoso)
    assert "Customer" not in text_of(client.get("/companies/pending/"))


def test_the_operator_s_page_names_every_marketplace(cast: Cast) -> None:
    create_marketplace(name="Fabrikam <3", actor=OPERATOR, now=timezone.now())
    assert "Fabrikam <3" in text_of(cast.client("operator").get("/operator/"))


def test_the_operators_page_says_when_the_record_of_what_happened_does_not_hold(cast: Cast, owner_url: str) -> None:
    with marketplace_scope(cast.northwind.pk):
        chain_events(marketplace_id=cast.northwind.pk, now=timezone.now())
    assert check_chains(0, going_on=False, should_stop=lambda: False) is None
    assert "does not hold" not in text_of(cast.client("operator").get("/operator/"))
    assert check_chains(0, going_on=False, should_stop=lambda: True) == 0
    with psycopg.connect(owner_url) as owner:
        owner.execute("update audit_event set reason = 'x' where marketplace_id = %s", [cast.northwind.pk])
        owner.execute("update audit_chaincheck set started_at = started_at - interval '8 days'")
    assert check_chains(0, going_on=False, should_stop=lambda: False) is None
    page = text_of(cast.client("operator").get("/operator/"))
    assert "does not hold" in page
    assert "Northwind: Event" in page
