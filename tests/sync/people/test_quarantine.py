"""What User Sync does to connections whose credentials are refused, or too many of whose tenants fail."""

import pytest
from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import MANAGER

from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import Malformed
from tenantry.sync.models import BrakeLimits, ObservedKind, PeopleReading, Quarantine, Run, RunTenant, Trigger
from tenantry.sync.people.runs import Wish, live_people_runs
from tenantry.sync.people.schedule import start_due_people
from tenantry.sync.people.trouble import judge_tenants
from tenantry.sync.quarantine import ConnectionSetAside, may_be_tried

USERS = "*/users*"
TROUBLE = Malformed("Not understood.", where="Graph")


def aside(stage: PeopleStage) -> Quarantine | None:
    return Quarantine.objects.filter(connection=stage.microsoft, ended_at=None).first()


def fail(run: Run, kind: str) -> None:
    """Let every tenant of the run have failed so."""
    with marketplace_scope(run.marketplace_id):
        RunTenant.objects.filter(run=run).update(attempts=1, failure={"kind": kind})


def strict(stage: PeopleStage) -> None:
    with stage.scope():
        BrakeLimits.objects.create(marketplace_id=stage.marketplace_id, errors_least_rows=3, changed_at=stage.clock())


def test_credentials_that_are_refused_set_the_connection_aside_until_a_daily_try_reads_again(
    stage: PeopleStage,
) -> None:
    stage.add(1)
    stage.emulator.switches.set({"secret_expired": True})
    run = stage.run()
    assert (run.state, (run.failure or {})["kind"]) == ("failed", "AuthFailed")
    found = aside(stage)
    assert found is not None
    assert (found.brake, found.kind) == ("credentials", "people")
    assert not any(may_be_tried(stage.microsoft.pk, kind, now=stage.clock()) for kind in ObservedKind)
    assert start_due_people(now=stage.clock()) == 0
    stage.clock.pass_time(hours=24)
    assert start_due_people(now=stage.clock()) == 1
    assert not may_be_tried(stage.microsoft.pk, ObservedKind.PEOPLE, now=stage.clock()), "one try a day"
    stage.emulator.switches.set({"secret_expired": False})
    close_kept()  # the library that signs in remembers a refusal for a minute of real time
    stage.drive()
    assert aside(stage) is None
    with stage.scope():
        assert Run.objects.latest("id").state == "done"
    assert len(stage.members(stage.companies[1])) == 7


def test_when_most_tenants_fail_their_people_stay_and_only_people_are_set_aside(stage: PeopleStage) -> None:
    strict(stage)
    for index in (1, 2, 3, 4):
        stage.add(index)
    stage.run()
    before = [(one.pk, one.state) for one in stage.members(stage.companies[2])]
    stage.emulator.faults.add("status", USERS, status=400)
    run = stage.next_day()
    assert (run.state, (run.failure or {})["kind"]) == ("failed", "ConnectionSetAside")
    assert "4 of 4 rows failed (limit 40 %)" in (run.failure or {})["what"]
    assert [(one.pk, one.state) for one in stage.members(stage.companies[2])] == before
    found = aside(stage)
    assert found is not None
    assert (found.brake, found.kind) == ("errors", "people")
    assert may_be_tried(stage.microsoft.pk, ObservedKind.COMPANIES, now=stage.clock())
    assert not may_be_tried(stage.microsoft.pk, ObservedKind.PEOPLE, now=stage.clock())
    stage.emulator.faults.clear()
    stage.clock.pass_time(minutes=10)
    alone = stage.run(Wish(MANAGER, Trigger.FORCE, company_id=stage.companies[1]))
    assert (alone.state, aside(stage) is None) == ("done", False), "one company proves too little"
    assert stage.next_day().state == "done"
    assert aside(stage) is None


def test_customers_who_closed_their_tenants_and_a_provider_that_is_away_set_nothing_aside(stage: PeopleStage) -> None:
    strict(stage)
    for index in (1, 2, 3, 4):
        stage.add(index)
        if index != 1:
            stage.tenant(index, readable=False)
    closed = stage.run()
    assert (closed.state, closed.counters["tenants_unreadable"], aside(stage)) == ("done", 3, None)
    requested = stage.request()
    [run] = live_people_runs(stage.microsoft.pk)
    fail(requested, "Unavailable")
    judge_tenants(run, stage.microsoft.pk, [TROUBLE], now=stage.clock())
    assert aside(stage) is None
    fail(requested, "Malformed")
    PeopleReading.objects.update(stale_since=None)
    with pytest.raises(ConnectionSetAside, match="4 of 4 rows failed"):
        judge_tenants(run, stage.microsoft.pk, [TROUBLE], now=stage.clock())
