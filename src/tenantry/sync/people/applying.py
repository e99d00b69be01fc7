"""Applies stored changes of people, each planned once more and compared first. One batch is one transaction.

Applying twice is a no-op: a change leaves its state in the transaction that makes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.audit.events import Actor
from tenantry.core.planning.users.planning import PlannedUser, UserChangeKind
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Membership
from tenantry.sync.models import Change, ChangeState, Run
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.making import Making, make_changes
from tenantry.sync.people.planning import decide_people, read_rulebook
from tenantry.sync.people.views import SharedAddresses, these_people

BATCH = 500
_ADVISORY_CLASS = 71_021
AT_ONCE = [kind.value for kind in UserChangeKind if kind not in {UserChangeKind.DEACTIVATE, UserChangeKind.INVITE}]
"""What is applied as it is planned. Removals and invitations wait until the whole run is judged."""
_STALE = "Changed meanwhile, here or in the directory; planned anew."


@dataclass(slots=True)
class Applied:
    """What one batch did, by primary keys of the changes. ``failed`` has a sentence for each."""

    applied: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether there was anything to apply."""
        return bool(self.applied or self.stale or self.failed)


def apply_next(
    run_id: int, *, marketplace_id: int, actor: Actor, now: datetime, kinds: Sequence[str] = AT_ONCE,
    shared: SharedAddresses | None = None,
) -> Applied:  # fmt: skip
    """Apply the next batch of the run's planned changes of these kinds."""
    with marketplace_scope(marketplace_id):
        lock_people(marketplace_id)
        run = Run.objects.select_related("connection").get(pk=run_id)
        planned = Change.objects.select_for_update(skip_locked=True).filter(
            run_id=run_id, state=ChangeState.PLANNED, kind__in=kinds, person_id__isnull=False
        )
        changes = list(planned.order_by("id")[:BATCH])
        return apply_changes(run, changes, actor=actor, now=now, shared=shared or SharedAddresses())


def lock_people(marketplace_id: int) -> None:
    """Let one at a time write links of the marketplace: two runs, or a run and a person, may mean the same people."""
    with database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_ADVISORY_CLASS, marketplace_id])


def apply_changes(
    run: Run, changes: Sequence[Change], *, actor: Actor, now: datetime, shared: SharedAddresses
) -> Applied:
    """Apply these changes, whatever state they are in. In the scope and under :func:`lock_people`.

    Each is planned once more from what is there now: one that would not come out the same is stale.
    """
    done = Applied()
    if not changes:
        return done
    fresh = plan_again(changes, run, shared)
    done.stale = [change.pk for change in changes if change.pk not in fresh]
    making = Making(run, actor, now)
    make_changes(making, [(change, fresh[change.pk]) for change in changes if change.pk in fresh])
    done.failed = making.refused
    done.applied = [pk for pk in fresh if pk not in making.refused]
    _settle(done, now=now)
    return done


def plan_again(changes: Sequence[Change], run: Run, shared: SharedAddresses) -> Mapping[int, PlannedUser]:
    """Return those of these changes that come out the same when they are planned from what is there now, by key.

    Their places are locked until the transaction ends. ``run`` is the one that planned them.
    """
    _lock_places(changes)
    tenants = linked_tenants(run.connection_id or 0, only={change.tenant_id for change in changes})
    people = these_people(tenants, [change.person_id or 0 for change in changes])
    assert run.connection is not None  # noqa: S101 (a run of people has one)
    rulebook = read_rulebook(run.connection.provider)
    planned = decide_people(people, tenants, rulebook, shared.of({each.tenant_id for each in people}))
    fresh = {each.person.person_id: each for each in planned}
    there = [(change, fresh.get(change.person_id or 0)) for change in changes]
    return {change.pk: each for change, each in there if each is not None and _is_same(change, each)}


def _lock_places(changes: Iterable[Change]) -> None:
    ids = [(change.details or {}).get("membership") for change in changes]
    there = Membership.objects.filter(is_one_of("pk", [pk for pk in ids if pk]))
    list(there.select_for_update().order_by("pk").values_list("pk"))


def _is_same(change: Change, now: PlannedUser) -> bool:
    if now.kind is None or now.kind.value != change.kind:
        return False
    details: dict[str, Any] = change.details or {}
    before = None if now.before is None else dict(now.before)
    return (change.before, change.after, details.get("membership")) == (
        before, dict(now.after or {}), now.membership_id,
    )  # fmt: skip


def _settle(done: Applied, *, now: datetime) -> None:
    groups: list[tuple[list[int], ChangeState, str]] = [
        (done.applied, ChangeState.APPLIED, ""),
        (done.stale, ChangeState.STALE, _STALE),
        *(([pk], ChangeState.FAILED, sentence) for pk, sentence in done.failed.items()),
    ]
    for ids, state, problem in groups:
        if ids:
            Change.objects.filter(is_one_of("pk", ids)).update(state=state, problem=problem, settled_at=now)
