"""How often people are read by themselves: a row for each connection and kind, which an operator changes."""

from datetime import timedelta

import pytest
from django.db import transaction
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import OPERATOR

from tenantry.audit.models import Event
from tenantry.sync.models import ObservedKind, Run, Schedule
from tenantry.sync.people.schedule import start_due_people
from tenantry.sync.schedules import ScheduleRefused, change_schedule, schedule_of


def change(stage: PeopleStage, kind: ObservedKind, minutes: int) -> bool:
    with transaction.atomic():
        return change_schedule(
            connection=stage.microsoft, kind=kind, every_minutes=minutes, actor=OPERATOR, now=stage.clock()
        )


def runs(stage: PeopleStage) -> int:
    with stage.scope():
        return Run.objects.filter(kind="people", trigger="schedule").count()


def test_each_connection_and_kind_has_a_row_of_its_own_that_is_changed_alone_and_told(stage: PeopleStage) -> None:
    assert change(stage, ObservedKind.PEOPLE, 360)
    assert not change(stage, ObservedKind.PEOPLE, 360), "the same again is no change"
    assert stage.google is not None
    assert schedule_of(stage.microsoft, ObservedKind.COMPANIES).every_minutes == 60
    assert schedule_of(stage.google, ObservedKind.PEOPLE).every_minutes == 24 * 60
    [event] = Event.objects.filter(action="connections.schedule.changed")
    assert (event.before, event.after) == (
        {"kind": "people", "every_minutes": 1_440}, {"kind": "people", "every_minutes": 360},
    )  # fmt: skip


@pytest.mark.parametrize("minutes", [0, -1, 59, 7 * 24 * 60 + 1, 10**9])
def test_an_interval_out_of_bounds_is_refused_and_changes_nothing(stage: PeopleStage, minutes: int) -> None:
    with pytest.raises(ScheduleRefused, match="from 60 to 10,080"):
        change(stage, ObservedKind.PEOPLE, minutes)
    assert schedule_of(stage.microsoft, ObservedKind.PEOPLE).every_minutes == 24 * 60


def test_people_are_read_when_their_time_has_come_and_once_only(stage: PeopleStage) -> None:
    stage.add(1)
    assert start_due_people(now=stage.clock()) == 1
    stage.drive()
    first = Schedule.objects.get(connection=stage.microsoft, kind="people").next_at
    assert first is not None
    assert timedelta(hours=12) <= first - stage.clock() <= timedelta(hours=38)
    assert start_due_people(now=first - timedelta(seconds=1)) == 0
    assert start_due_people(now=first) == 1
    assert start_due_people(now=first) == 0
    assert runs(stage) == 2
    stage.clock.now = first
    stage.drive()
    change(stage, ObservedKind.PEOPLE, 60)
    assert start_due_people(now=stage.clock()) == 1, "a new interval begins at once"
    again = Schedule.objects.get(connection=stage.microsoft, kind="people").next_at
    assert again is not None
    assert again - stage.clock() <= timedelta(minutes=95)
