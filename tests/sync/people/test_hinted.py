"""Hints about people: the linked company's people are read again, once, and nothing of the hint is believed."""

from tests.sync.people.stage import PeopleStage

from tenantry.sync.hints.services import Given, follow_hints, take_hints
from tenantry.sync.models import ObservedKind, Quarantine, Run


def hint(stage: PeopleStage, index: int, number: int) -> None:
    tenant, now = stage.emulator.world.tenant_id(index), stage.clock()
    given = Given("activity", "update_customer_user", tenant, now, f"{tenant}-{number}-{now}".encode())
    assert take_hints(stage.microsoft.pk, [given], now=now) == 1


def runs(stage: PeopleStage) -> list[Run]:
    with stage.scope():
        return list(Run.objects.filter(trigger="hint").order_by("id"))


def test_a_hint_has_the_people_of_the_linked_company_read_again_and_many_hints_once(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.add(3)
    stage.run()
    stage.clock.pass_time(minutes=1)
    stage.emulator.microsoft.moves.rename(1, 4, family="Umbenannt")
    for number in range(3):
        hint(stage, 1, number)
        assert follow_hints(stage.microsoft.pk, now=stage.clock()).count == 1
    hint(stage, 5, 0)  # linked to no company
    follow_hints(stage.microsoft.pk, now=stage.clock())
    [asked] = runs(stage)
    assert (asked.kind, asked.company_id, asked.requested_by) == ("people", company, "The provider")
    stage.drive()
    [done] = runs(stage)
    assert (done.state, done.counters["tenants_total"], stage.changes(done)) == ("done", 1, {"update applied": 1})
    assert stage.member(1, 4).profile_last_name == "Umbenannt"
    stage.clock.pass_time(minutes=1)
    hint(stage, 1, 9)
    follow_hints(stage.microsoft.pk, now=stage.clock())
    assert len(runs(stage)) == 2, "what happens after a run ended needs another"
    stage.drive()


def test_no_hint_starts_a_run_where_user_sync_is_off_or_the_connection_is_set_aside(stage: PeopleStage) -> None:
    stage.add(1)
    stage.settle(user_sync=False)
    hint(stage, 1, 0)
    follow_hints(stage.microsoft.pk, now=stage.clock())
    stage.settle(user_sync=True)
    Quarantine.objects.create(
        connection=stage.microsoft, brake="errors", kind=ObservedKind.PEOPLE, reason="Too many.", begun_at=stage.clock()
    )
    hint(stage, 1, 1)
    follow_hints(stage.microsoft.pk, now=stage.clock())
    assert runs(stage) == []
