"""Access that ends closes a tenant for reading. Its people stay as they were known, and it says since when."""

from datetime import timedelta

import pytest
from tests.sync.people.stage import PeopleStage

from tenantry.sync.models import PeopleReading


def known(stage: PeopleStage, company: int) -> list[tuple[int, str, str]]:
    return [(one.pk, one.state, one.user.email) for one in stage.members(company)]


@pytest.mark.parametrize("how", ["terminated", "its day has come"])
def test_the_end_of_a_delegation_keeps_the_people_of_the_tenant_stale_since_then(stage: PeopleStage, how: str) -> None:
    for index in (1, 2, 3):
        stage.add(index)
    stage.run()
    tenant, people = stage.emulator.world.tenant_id(2), stage.emulator.microsoft.people
    before = known(stage, stage.companies[2])
    if how == "terminated":
        people.delegate(tenant, status="terminated")
    else:
        people.delegate(tenant, ends=stage.emulator.clock.now() - 1)
    stage.emulator.microsoft.moves.delete(2, 4)  # while nobody may look
    run = stage.next_day()
    assert (run.state, run.counters["tenants_unreadable"], stage.changes(run)) == ("done", 1, {})
    reading = PeopleReading.objects.get(tenant__external_id=tenant)
    assert reading.stale_since == stage.clock()
    failure = reading.failure or {}
    assert (failure["kind"], bool(failure["next"])) == ("ConsentMissing", True)
    assert known(stage, stage.companies[2]) == before
    since = reading.stale_since
    stage.next_day()
    reading.refresh_from_db()
    assert reading.stale_since == since, "it stays the day on which it closed"
    people.delegate(tenant, status="active", ends=stage.emulator.clock.now() + timedelta(days=365).total_seconds())
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}
    reading.refresh_from_db()
    assert reading.stale_since is None


def test_a_customer_that_switches_reseller_access_off_keeps_its_people_stale_since_then(stage: PeopleStage) -> None:
    stage.settle("google", leavers="deactivate")
    for index in (1, 2, 3):
        stage.add(index, google=True, company=stage.add(index))
    stage.run(connection=stage.google)
    before = known(stage, stage.companies[2])
    google = stage.emulator.google
    google.world.change(2, reseller_access=False)
    run = stage.next_day(connection=stage.google)
    assert (run.state, run.counters["tenants_unreadable"], stage.changes(run)) == ("done", 1, {})
    reading = PeopleReading.objects.get(tenant__external_id=google.world.customer_id(2))
    assert reading.stale_since == stage.clock()
    assert (reading.failure or {})["kind"] == "ConsentMissing"
    assert known(stage, stage.companies[2]) == before
    google.world.change(2, reseller_access=True)
    stage.next_day(connection=stage.google)
    reading.refresh_from_db()
    assert reading.stale_since is None
