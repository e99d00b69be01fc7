"""Asks the brakes about what a run of undoing would take away, and holds what they stop. In the scope.

A person asked for it, and still: who takes back a run of a thousand people looks at exactly these once more. What gives
back or corrects is never held. Safe to repeat: what was let through makes the rest of it no larger a share.
"""

from collections.abc import Sequence
from datetime import datetime

from tenantry.core.brakes import Removal, RemovalHistory, judge_removals, judge_undone_creations
from tenantry.sync.holds.opening import hold_trips
from tenantry.sync.models import Change, ChangeState, Run
from tenantry.sync.people.held import company_of
from tenantry.sync.people.judging import history_of, sizes_of
from tenantry.sync.switches import read_limits
from tenantry.sync.undoing.held import HELD_UNDOS, REMOVES_COMPANIES, REMOVES_PEOPLE


def hold_undos(run: Run, *, now: datetime) -> None:
    """Hold what would take away more people or companies at once than the limits let through."""
    planned = Change.objects.filter(run=run, state=ChangeState.PLANNED).order_by("id").only("pk", "kind", "details")
    people = list(planned.filter(kind__in=REMOVES_PEOPLE))
    if people:
        _hold_people(run, people, now=now)
    companies = [each.pk for each in planned.filter(kind__in=REMOVES_COMPANIES) if (each.details or {}).get("creates")]
    trip = judge_undone_creations(companies, read_limits())
    if trip is not None:
        hold_trips(run, [trip], HELD_UNDOS, now=now)


def _hold_people(run: Run, changes: Sequence[Change], *, now: datetime) -> None:
    removals = [
        Removal(each.pk, company_of(each), administrator=bool((each.details or {}).get("administrator")))
        for each in changes
    ]
    past = history_of(run, now=now)
    history = RemovalHistory(linked_people=past.linked_people, past=past.past)  # what waits elsewhere is another class
    verdict = judge_removals(removals, sizes_of({each.company for each in removals}), read_limits(), history, now=now)
    hold_trips(run, verdict.trips, HELD_UNDOS, now=now)
