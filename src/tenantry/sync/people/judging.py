"""Asks the brakes about a run's removals and invitations, and holds what they stop. In the marketplace's scope."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef

from tenantry.core.brakes import (
    CompanySize,
    Invitation,
    PastRemoval,
    Removal,
    RemovalHistory,
    judge_invitations,
    judge_removals,
)
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.marketplace.models import Company, Membership, MembershipRole, MembershipState
from tenantry.sync.holds.opening import hold_trips
from tenantry.sync.models import Change, ChangeState, Run, UserLink
from tenantry.sync.people.held import HELD_INVITATIONS, HELD_REMOVALS, company_of
from tenantry.sync.switches import read_limits

_MONTH = timedelta(days=30)
_WAITS = [ChangeState.HELD, ChangeState.APPROVED]
_REMOVAL = UserChangeKind.DEACTIVATE.value
_INVITATION = UserChangeKind.INVITE.value


def hold_removals(run: Run, *, now: datetime) -> None:
    """Judge everything that the run would take away, at once, and hold what a brake stops."""
    planned = Change.objects.filter(run=run, state=ChangeState.PLANNED, kind=_REMOVAL).order_by("id")
    removals = [
        Removal(change.pk, company_of(change), administrator=bool((change.details or {}).get("administrator")))
        for change in planned.only("pk", "details")
    ]
    if not removals:
        return
    sizes = sizes_of({each.company for each in removals})
    verdict = judge_removals(removals, sizes, read_limits(), history_of(run, now=now), now=now)
    hold_trips(run, verdict.trips, HELD_REMOVALS, now=now)


def sizes_of(companies: set[int]) -> dict[int, CompanySize]:
    """Return these companies as the brakes see them now."""
    linked = Membership.objects.filter(company_id__in=companies).exclude(state=MembershipState.INACTIVE)
    living = UserLink.objects.filter(membership=OuterRef("pk"), ended_at=None)
    people = dict(linked.filter(Exists(living)).values_list("company_id").annotate(count=Count("pk")))
    admins = linked.filter(role=MembershipRole.ADMINISTRATOR).values_list("company_id").annotate(count=Count("pk"))
    administrators = dict(admins)
    names = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name"))
    return {pk: CompanySize(name, people.get(pk, 0), administrators.get(pk, 0)) for pk, name in names.items()}


def history_of(run: Run, *, now: datetime) -> RemovalHistory:
    """Return what was taken away lately without anybody's approval, and has not come back; and what waits."""
    changes = Change.objects.filter(kind=_REMOVAL)
    back = UserLink.objects.filter(person_id=OuterRef("person_id"), ended_at=None)
    applied = changes.filter(state=ChangeState.APPLIED, settled_at__gte=now - _MONTH, hold=None)
    past = [
        PastRemoval(company_of(change), change.settled_at or now, in_run=change.run_id == run.pk)
        for change in applied.exclude(Exists(back)).only("pk", "details", "settled_at", "run_id")
    ]
    waiting = set(changes.filter(state__in=_WAITS).values_list("hold__company_id", flat=True))
    living = UserLink.objects.filter(ended_at=None).exclude(membership__state=MembershipState.INACTIVE)
    return RemovalHistory(
        linked_people=living.values("membership_id").distinct().count(),
        past=past,
        waiting=frozenset(company for company in waiting if company is not None),
        all_waiting=None in waiting,
    )


def hold_invitations(run: Run, *, now: datetime) -> None:
    """Judge all invitations that the run would send, and hold them where there are too many."""
    changes = Change.objects.filter(run=run, kind=_INVITATION)
    planned = changes.filter(state=ChangeState.PLANNED).order_by("id").values_list("pk", flat=True)
    trip = judge_invitations(
        [Invitation(pk) for pk in planned], read_limits(), invited=changes.filter(state=ChangeState.APPLIED).count(),
        held=changes.filter(state=ChangeState.HELD).exists(),
    )  # fmt: skip
    if trip is not None:
        hold_trips(run, [trip], HELD_INVITATIONS, now=now)
