"""Plans the people of tenants for one run: asks the pure planner, stores changes and standings. In the scope."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tenantry.connections.models import Provider
from tenantry.core.planning.linked import FieldRule, Rules
from tenantry.core.planning.users.fields import LABELS
from tenantry.core.planning.users.planning import PlannedUser, UserChangeKind, plan_users
from tenantry.core.planning.users.reasons import Verdict, verdict_of
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.core.user_settings import UserSettings
from tenantry.isolation.bulk import insert_rows
from tenantry.marketplace.models import FieldOwner
from tenantry.sync.models import Change, ChangeState, Run, SubjectKind
from tenantry.sync.people.known import gather_known
from tenantry.sync.people.rules import rules_through
from tenantry.sync.people.standings import write_standings
from tenantry.sync.people.views import LinkedTenant
from tenantry.sync.user_settings import read_user_sync

PERSON_FIELD = "person."
"""What the names of people's fields begin with, among the marketplace's ``FieldOwner`` rows."""
_CAME_BACK = "came_back"
"""Among the details of a rejected removal: the person was in the scope again since, so that it counts no more."""
_WAITS = [ChangeState.HELD, ChangeState.APPROVED, ChangeState.REJECTED]
PEOPLE_COLUMNS = (
    "marketplace_id run_id tenant_id kind subject_kind person_id subject subject_name before after reason state "
    "problem details created_at"
).split()
"""The columns of a change of a person that is written with others at once, in order."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What a marketplace chose for one provider, and which side wins for each field of a person."""

    settings: UserSettings
    fields: Rules
    precedence: Mapping[str, int] = field(default_factory=dict)
    invite_since: datetime | None = None

    def through(self, api: str) -> UserSettings:
        """Return the settings as they count for a tenant that is read through ``api``."""
        return replace(self.settings, scope=rules_through(api, self.settings.scope))


def read_rulebook(provider: str) -> Rulebook:
    """Return the rules as they are now. Three queries."""
    switches = read_user_sync()
    own = switches[Provider(provider)]
    return Rulebook(
        settings=own.settings,
        fields=read_person_rules(),
        precedence={each.value: found.settings.precedence for each, found in switches.items()},
        invite_since=own.invite_since if own.invites else None,
    )


def read_person_rules() -> dict[str, FieldRule]:
    """Return the rule of each field of a person; *the provider wins* where nobody chose. One query."""
    rows = dict(FieldOwner.objects.filter(field__startswith=PERSON_FIELD).values_list("field", "owner"))
    return {name: FieldRule(rows.get(f"{PERSON_FIELD}{name}", FieldRule.PROVIDER.value)) for name in LABELS}


def decide_people(
    people: Sequence[DirectoryPerson],
    tenants: Mapping[int, LinkedTenant],
    rulebook: Rulebook,
    shared: Mapping[int, Collection[str]],
) -> list[PlannedUser]:
    """Return what becomes of these people, in order of tenants that are read through the same API."""
    by_api: dict[str, list[DirectoryPerson]] = {}
    for person in people:
        by_api.setdefault(tenants[person.tenant_id].api, []).append(person)
    known = gather_known(people, shared, rulebook.precedence)
    found: list[PlannedUser] = []
    for api, some in by_api.items():
        found += plan_users(some, known, rulebook.through(api), rulebook.fields)
    return found


def store_plan(run: Run, planned: Sequence[PlannedUser], *, now: datetime) -> set[int]:
    """Store the changes of a plan, and standings unless the run is a preview; return who has a change in it.

    What waits in a hold already, or was rejected as it is, is not planned again; what waits and is no longer wanted
    is given up.
    """
    waiting = waiting_changes([each.person.person_id for each in planned])
    wanted = {each.person.person_id: each for each in planned if each.kind is not None}
    fresh = [each for key, each in wanted.items() if not is_same_change(waiting.get(key), each)]
    rows = [_row(run, each, now=now) for each in fresh]
    insert_rows(Change, PEOPLE_COLUMNS, rows, on_conflict="on conflict do nothing")
    if not run.preview:
        _give_up(waiting, wanted, now=now)
        _end_rejections(waiting, planned)
        write_standings(planned, now=now)
    return set(wanted)


def _row(run: Run, each: PlannedUser, *, now: datetime) -> tuple[Any, ...]:
    assert each.kind is not None  # noqa: S101 (the caller left the others out)
    person = each.person
    details = {
        "company": person.company_id, "membership": each.membership_id, "link": each.link_id,
        "by": each.matched_by.value if each.matched_by else "", "why": each.reason.value,
        "administrator": each.administrator,
    }  # fmt: skip
    return (
        run.marketplace_id, run.pk, person.tenant_id, each.kind.value, SubjectKind.PERSON.value, person.person_id,
        person.external_id, person.shown_name, None if each.before is None else Jsonb(dict(each.before)),
        Jsonb(dict(each.after or {})), each.because, ChangeState.PLANNED.value, "", Jsonb(details), now,
    )  # fmt: skip


def waiting_changes(person_ids: Iterable[int]) -> dict[int, Change]:
    """Return the latest change of each person that waits for somebody, or that was rejected and still counts."""
    rows = Change.objects.filter(
        person_id__in=list(person_ids), kind=UserChangeKind.DEACTIVATE.value, state__in=_WAITS, run__preview=False
    )
    return {row.person_id or 0: row for row in rows.order_by("id") if not (row.details or {}).get(_CAME_BACK)}


def is_same_change(waiting: Change | None, each: PlannedUser) -> bool:
    """Whether a change that waits, or was rejected, is what is planned now."""
    if waiting is None or each.kind is None or waiting.kind != each.kind.value:
        return False
    return (waiting.before, waiting.after) == (dict(each.before or {}), dict(each.after or {}))


def _give_up(waiting: Mapping[int, Change], wanted: Mapping[int, PlannedUser], *, now: datetime) -> None:
    """Take back what waits for people who would not be removed any more."""
    gone = [
        change.pk
        for key, change in waiting.items()
        if change.state != ChangeState.REJECTED and not (key in wanted and is_same_change(change, wanted[key]))
    ]
    if gone:
        Change.objects.filter(pk__in=gone).update(
            state=ChangeState.STALE, problem="The directory says otherwise now.", settled_at=now
        )


def _end_rejections(waiting: Mapping[int, Change], planned: Iterable[PlannedUser]) -> None:
    """Let rejections of people who are back count no more: when they leave once more, that is another matter."""
    back = {each.person.person_id for each in planned if verdict_of(each.reason) is Verdict.IN}
    over = [change for key, change in waiting.items() if key in back and change.state == ChangeState.REJECTED]
    for change in over:
        change.details = {**(change.details or {}), _CAME_BACK: True}
    if over:
        Change.objects.bulk_update(over, ["details"])
