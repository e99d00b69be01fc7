"""Makes changes of people so, through the services of the marketplace. In the scope and the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tenantry.audit.events import Actor, Happening
from tenantry.audit.services import record_events
from tenantry.core.drafts import PersonDraft
from tenantry.core.planning.users.matching import MatchedBy
from tenantry.core.planning.users.planning import PlannedUser, UserChangeKind
from tenantry.core.planning.users.reasons import Reason
from tenantry.core.planning.users.views import OWN_FIELDS, PROFILE_FIELDS
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.bulk import insert_rows
from tenantry.marketplace.companies.telling import target_of
from tenantry.marketplace.models import Company, CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people.bringing import Arrival, Brought, Outcome, bring_people
from tenantry.marketplace.people.editing import follow_directory
from tenantry.marketplace.people.places import deactivate_membership, reactivate_membership
from tenantry.marketplace.people.refusals import LastAdministrator, PersonRefused
from tenantry.marketplace.people.telling import person_subject
from tenantry.sync.models import Change, LinkMaker, Run, UserLink
from tenantry.sync.people.ends import EndReason

_BY = {MatchedBy.EMAIL: LinkMaker.EMAIL, MatchedBy.ALIAS: LinkMaker.ALIAS}
_LINK_COLUMNS = (
    "marketplace_id person_id tenant_id user_id membership_id run_id made_by created_at end_reason"
).split()
_GONE = {Reason.LEFT, Reason.DELETED}
Pair = tuple[Change, PlannedUser]


@dataclass(slots=True)
class Making:
    """For whom changes are made. ``refused`` collects a sentence for each change that could not be made."""

    run: Run
    actor: Actor
    now: datetime
    refused: dict[int, str] = field(default_factory=dict)


def make_changes(making: Making, pairs: Sequence[Pair]) -> None:
    """Make these changes: who goes first, then who comes, then what is corrected."""
    by_kind: dict[UserChangeKind, list[Pair]] = {}
    for change, planned in pairs:
        assert planned.kind is not None  # noqa: S101 (it equals the stored change, which has one)
        by_kind.setdefault(planned.kind, []).append((change, planned))
    _end_links(making, [*by_kind.get(UserChangeKind.UNLINK, []), *by_kind.get(UserChangeKind.REPORT_LEFT, [])])
    for change, planned in by_kind.get(UserChangeKind.DEACTIVATE, []):
        _deactivate(making, change, planned)
    _join(making, by_kind.get(UserChangeKind.JOIN, []))
    for change, planned in by_kind.get(UserChangeKind.REACTIVATE, []):
        _reactivate(making, change, planned)
    _create(making, by_kind.get(UserChangeKind.CREATE, []))
    for change, planned in by_kind.get(UserChangeKind.UPDATE, []):
        _update(making, change, planned)


def _end_links(making: Making, pairs: Sequence[Pair], *, deactivated: bool = False) -> None:
    reasons = {EndReason.LEFT: [], EndReason.OUT_OF_SCOPE: []}  # type: dict[EndReason, list[int]]
    for _, planned in pairs:
        reason = EndReason.LEFT if planned.reason in _GONE else EndReason.OUT_OF_SCOPE
        reasons[reason].append(planned.link_id or 0)
    for reason, ids in reasons.items():
        if ids:
            ended = UserLink.objects.filter(pk__in=ids)
            ended.filter(ended_at=None).update(ended_at=making.now, end_reason=reason.value)
            if deactivated:
                ended.update(deactivated=True)
    about = [(planned.membership_id or 0, planned) for _, planned in pairs]
    _tell(making, "ended", about, _users_of([key for key, _ in about]))


def _deactivate(making: Making, change: Change, planned: PlannedUser) -> None:
    try:
        deactivate_membership(
            membership_id=planned.membership_id or 0, actor=making.actor, now=making.now, run_id=making.run.pk
        )
    except LastAdministrator as refusal:
        making.refused[change.pk] = str(refusal)
        return
    _end_links(making, [(change, planned)], deactivated=True)


def _join(making: Making, pairs: Sequence[Pair]) -> None:
    made = [
        (planned, planned.membership_id or 0, _BY[planned.matched_by] if planned.matched_by else None)
        for _, planned in pairs
    ]
    _link(making, made)


def _link(making: Making, made: Sequence[tuple[PlannedUser, int, LinkMaker | None]]) -> None:
    """Write links. Whoever returns keeps how the two came together."""
    if not made:
        return
    users = _users_of([key for _, key, _ in made])
    before = _makers([planned.person.person_id for planned, _, maker in made if maker is None])
    rows = [
        (
            making.run.marketplace_id, planned.person.person_id, planned.person.tenant_id, users[key], key,
            making.run.pk, str(maker or before.get(planned.person.person_id, LinkMaker.EMAIL)), making.now, "",
        )
        for planned, key, maker in made
    ]  # fmt: skip
    insert_rows(UserLink, _LINK_COLUMNS, rows)
    _tell(making, "made", [(key, planned) for planned, key, _ in made], users)


def _users_of(memberships: Sequence[int]) -> dict[int, int]:
    return dict(Membership.objects.filter(is_one_of("pk", memberships)).values_list("pk", "user_id"))


def _makers(person_ids: Sequence[int]) -> dict[int, str]:
    rows = UserLink.objects.filter(is_one_of("person_id", person_ids)).order_by("id")
    return dict(rows.values_list("person_id", "made_by"))


def _reactivate(making: Making, change: Change, planned: PlannedUser) -> None:
    reactivate_membership(
        membership_id=planned.membership_id or 0, actor=making.actor, now=making.now, run_id=making.run.pk
    )
    _join(making, [(change, planned)])


def _create(making: Making, pairs: Sequence[Pair]) -> None:
    if not pairs:
        return
    arrivals = [Arrival(planned.person.company_id, _draft(planned), _role(planned), by_name=False)
                for _, planned in pairs]  # fmt: skip
    brought = bring_people(
        arrivals=arrivals, origin=CompanyOrigin.SYNC, actor=making.actor, now=making.now, run_id=making.run.pk
    )
    _link(making, [
        (planned, one.membership_id, _maker(one)) for (_, planned), one in zip(pairs, brought, strict=True)
    ])  # fmt: skip


def _draft(planned: PlannedUser) -> PersonDraft:
    return PersonDraft(**{name: str((planned.after or {}).get(name, "")) for name in OWN_FIELDS})


def _role(planned: PlannedUser) -> MembershipRole:
    return MembershipRole((planned.after or {})["role"])


def _maker(brought: Brought) -> LinkMaker:
    """Who was in the company already was found by the address, even if planning did not see it yet."""
    return LinkMaker.CREATED if brought.outcome in {Outcome.CREATED, Outcome.AWAITING} else LinkMaker.EMAIL


def _update(making: Making, change: Change, planned: PlannedUser) -> None:
    after = planned.after or {}
    try:
        follow_directory(
            membership_id=planned.membership_id or 0,
            profile={name: after[f"profile_{name}"] for name in PROFILE_FIELDS if f"profile_{name}" in after},
            own={name: after[name] for name in OWN_FIELDS if name in after},
            actor=making.actor, now=making.now, run_id=making.run.pk,
        )  # fmt: skip
    except PersonRefused as refusal:
        making.refused[change.pk] = str(refusal)


def _tell(making: Making, verb: str, about: Sequence[tuple[int, PlannedUser]], users: Mapping[int, int]) -> None:
    """Record ``sync.user_link.<verb>``, told about the company; who it is of the directory is sealed.

    ``users`` are people of the marketplace by their memberships.
    """
    companies = Company.objects.filter(is_one_of("pk", {each.person.company_id for _, each in about}))
    names = dict(companies.values_list("pk", "name"))
    told = [
        Happening(
            f"sync.user_link.{verb}",
            target_of(each.person.company_id, names[each.person.company_id]),
            after={"membership": key, "user": users[key], "provider": each.person.provider},
            personal={"directory_id": each.person.external_id, "name": each.person.shown_name},
            person=person_subject(users[key]),
            reason=each.because,
        )
        for key, each in about
    ]
    record_events(
        told, actor=making.actor, marketplace_id=making.run.marketplace_id, now=making.now, run_id=making.run.pk
    )
