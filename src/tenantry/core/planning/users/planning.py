"""Plans what becomes of the people of a directory: come in, join, follow, return, go.

Pure: the same views, settings and rules give the same plan, and planning what was just applied gives nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from tenantry.core.planning.linked import Rules
from tenantry.core.planning.users.fields import but_taken_back, changed_fields, current_values, labels_of
from tenantry.core.planning.users.matching import Matched, MatchedBy, match_person
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.core.planning.users.scope import judge_scope
from tenantry.core.planning.users.views import DirectoryPerson, LinkView, LivingLink, MembershipView
from tenantry.core.user_settings import Leavers, UserSettings


class UserChangeKind(StrEnum):
    """What a change does."""

    CREATE = "user.create"
    JOIN = "user.join"
    UPDATE = "user.update"
    REACTIVATE = "user.reactivate"
    DEACTIVATE = "user.deactivate"
    UNLINK = "user.unlink"
    REPORT_LEFT = "user.report_left"
    INVITE = "user.invite"


REMOVALS = frozenset({UserChangeKind.DEACTIVATE})


@dataclass(frozen=True, slots=True)
class PlannedUser:
    """What becomes of one person: why they are in, out or skipped, and the change, if there is one.

    ``before`` must still be so when the change is applied; ``after`` is what it makes so. ``membership_id`` and
    ``link_id`` are ``None`` where there is none yet. ``again``: somebody who was planned before has the same address,
    in another directory of the company; what this one is shows once that is applied.
    """

    person: DirectoryPerson
    reason: Reason
    kind: UserChangeKind | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    because: str = ""
    membership_id: int | None = None
    link_id: int | None = None
    matched_by: MatchedBy | None = None
    administrator: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the marketplace knows of the people who are planned.

    ``links`` is the latest link of each by its id, ``memberships`` every place that a link or an address leads to,
    ``holders`` those by address and company. ``administrators`` are, for each company, the places of its
    administrators that are not deactivated. ``taken`` are addresses that people of the marketplace have.
    """

    links: Mapping[int, LinkView] = field(default_factory=dict)
    memberships: Mapping[int, MembershipView] = field(default_factory=dict)
    holders: Mapping[int, Mapping[str, MembershipView]] = field(default_factory=dict)
    shared: Mapping[int, Collection[str]] = field(default_factory=dict)
    administrators: Mapping[int, frozenset[int]] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)


def plan_users(
    people: Iterable[DirectoryPerson], known: Known, settings: UserSettings, rules: Rules
) -> Iterator[PlannedUser]:  # fmt: skip
    """Yield what becomes of each person, in order. What is planned for one counts for those after."""
    plan = _Plan(known, settings, rules)
    for person in people:
        yield plan.decide(person)


@dataclass(frozen=True, slots=True)
class _Linked:
    """A person with their latest link and the place that it leads to."""

    person: DirectoryPerson
    link: LinkView
    place: MembershipView

    @property
    def others(self) -> list[LivingLink]:
        """The other live links of the place."""
        return [each for each in self.place.live if each.person_id != self.person.person_id]


class _Plan:
    """Plans one person after the other; what was planned before is as good as done."""

    def __init__(self, known: Known, settings: UserSettings, rules: Rules) -> None:
        self.known = known
        self.settings = settings
        self.rules = rules
        self.memberships = dict(known.memberships)
        self.administrators = {company: set(places) for company, places in known.administrators.items()}
        self.claimed: set[tuple[int, str]] = set()
        self.taken = dict(known.taken)

    def decide(self, person: DirectoryPerson) -> PlannedUser:
        """Return what becomes of the person."""
        linked = self._linked(person)
        if person.gone:
            return self._gone(person, linked, Reason.DELETED if person.deleted else Reason.LEFT)
        if person.missed:
            return PlannedUser(person, Reason.MISSED_ONCE)
        outside = judge_scope(person.facts, self.settings.scope)
        if outside is Reason.NOT_TOLD:
            return PlannedUser(person, _kept(linked) or Reason.NOT_TOLD)
        if outside is not None:
            return self._gone(person, linked, outside)
        if linked is None:
            return self._arrive(person)
        return self._follow(linked) if linked.link.live else self._return(linked)

    def _linked(self, person: DirectoryPerson) -> _Linked | None:
        link = self.known.links.get(person.person_id)
        place = self.memberships.get(link.membership_id) if link else None
        return _Linked(person, link, place) if link and place else None

    # Somebody who is not in the scope, or not in the directory any more.

    def _gone(self, person: DirectoryPerson, linked: _Linked | None, reason: Reason) -> PlannedUser:
        if linked is None:
            return PlannedUser(person, reason)
        if not linked.link.live:
            return self._gone_before(linked, reason)
        if linked.place.pinned:
            return PlannedUser(person, Reason.PINNED_LEAVER)
        if linked.others:
            self._end(linked)
            return _ending(linked, reason, UserChangeKind.UNLINK, _STILL_KNOWN)
        if not self._takes_away(linked.place):
            self._end(linked)
            return _ending(linked, reason, UserChangeKind.REPORT_LEFT, _why_reported(linked.place))
        return self._deactivate(linked, reason)

    def _gone_before(self, linked: _Linked, reason: Reason) -> PlannedUser:
        """Somebody whose leaving was reported only, or whose last link ended beside another: now it may count."""
        link, place = linked.link, linked.place
        untouched = link.deactivated or link.ended_by_hand or place.pinned or bool(place.live)
        if untouched or not self._takes_away(place):
            return PlannedUser(linked.person, reason)
        return self._deactivate(linked, reason)

    def _takes_away(self, place: MembershipView) -> bool:
        deactivates = self.settings.leavers is Leavers.DEACTIVATE
        return deactivates and place.brought and place.active and not place.erased

    def _deactivate(self, linked: _Linked, reason: Reason) -> PlannedUser:
        place = linked.place
        administrators = self.administrators.setdefault(linked.person.company_id, set())
        if place.administrator and not administrators - {place.membership_id}:
            return PlannedUser(linked.person, Reason.LAST_ADMINISTRATOR)
        administrators.discard(place.membership_id)
        self._end(linked, active=False)
        return _ending(linked, reason, UserChangeKind.DEACTIVATE)

    def _end(self, linked: _Linked, *, active: bool | None = None) -> None:
        place, now = linked.place, linked.place.active if active is None else active
        ended = replace(place, live=tuple(linked.others), active=now, taken_away=active is False)
        self.memberships[place.membership_id] = ended

    # Somebody in the scope who is known.

    def _follow(self, linked: _Linked) -> PlannedUser:
        person, link, place = linked.person, linked.link, linked.place
        still = _untouched(place) or (None if place.brought or link.by_hand else Reason.KEPT_BY_HAND)
        if still is None and not place.active:
            still = Reason.DEACTIVATED_BY_HAND
        after = {} if still else self._fields(linked)
        if not after:
            return PlannedUser(person, still or Reason.FOLLOWS)
        return PlannedUser(
            person, Reason.FOLLOWS, UserChangeKind.UPDATE, before=current_values(place, after), after=after,
            because=f"The directory says otherwise: {_listed(labels_of(after))}.", membership_id=place.membership_id,
            link_id=link.link_id,
        )  # fmt: skip

    def _fields(self, linked: _Linked) -> dict[str, str]:
        person, place = linked.person, linked.place
        first = min(place.live, key=lambda each: each.rank, default=None)
        leads = first is None or first.person_id == person.person_id
        after = but_taken_back(changed_fields(person, place, self.rules, leads=leads), linked.link.taken_back)
        email = after.get("email")
        if email and self.taken.get(email, place.user_id) != place.user_id:
            del after["email"]  # it is somebody else's of the marketplace, so it stays theirs
        elif email:
            self.taken[email] = place.user_id
        return after

    def _return(self, linked: _Linked) -> PlannedUser:
        person, place = linked.person, linked.place
        stays = (
            (linked.link.ended_by_hand, Reason.UNLINKED_BY_HAND),
            (place.erased, Reason.ERASED),
            (any(each.tenant_id == person.tenant_id for each in place.live), Reason.TAKEN_BY_COLLEAGUE),
        )
        reason = next((reason for applies, reason in stays if applies), None)
        if reason is not None:
            return PlannedUser(person, reason)
        comes_back = linked.link.deactivated and not place.active and not place.pinned
        kind = UserChangeKind.REACTIVATE if comes_back else UserChangeKind.JOIN
        return self._join(person, place, kind, "Is back in the directory and in the scope.")

    def _join(
        self, person: DirectoryPerson, place: MembershipView, kind: UserChangeKind, because: str,
        *, by: MatchedBy | None = None,
    ) -> PlannedUser:  # fmt: skip
        link = LivingLink(person.person_id, person.tenant_id, self.settings.precedence)
        active = place.active or kind is UserChangeKind.REACTIVATE
        self.memberships[place.membership_id] = replace(place, live=(*place.live, link), active=active)
        reason = _untouched(place) or (Reason.FOLLOWS if place.brought else Reason.KEPT_BY_HAND)
        if reason is Reason.FOLLOWS and not active:
            reason = Reason.DEACTIVATED_BY_HAND
        before, after = {"linked": False, "active": place.active}, {"linked": True, "active": active}
        return PlannedUser(
            person, reason, kind, before, after, because, membership_id=place.membership_id, matched_by=by
        )

    # Somebody in the scope whom nobody linked yet.

    def _arrive(self, person: DirectoryPerson) -> PlannedUser:
        if not person.usable:
            return PlannedUser(person, Reason.UNUSABLE)
        matched = self._matched(person)
        if matched.conflict is not None:
            return PlannedUser(person, matched.conflict)
        if matched.membership is not None:
            place, by = matched.membership, matched.by or MatchedBy.EMAIL
            kind = UserChangeKind.REACTIVATE if place.taken_away else UserChangeKind.JOIN
            return self._join(person, place, kind, f"Has the same {_BY[by]} as a user of the company.", by=by)
        return self._create(person)

    def _matched(self, person: DirectoryPerson) -> Matched:
        held = self.known.holders.get(person.company_id, {})
        holders = {
            address: self.memberships.get(held[address].membership_id, held[address])
            for address in person.addresses
            if address in held
        }
        return match_person(person, holders, self.known.shared.get(person.tenant_id, ()))

    def _create(self, person: DirectoryPerson) -> PlannedUser:
        claims = {(person.company_id, address) for address in person.addresses}
        if not claims.isdisjoint(self.claimed):
            return PlannedUser(person, Reason.FOLLOWS, again=True)
        self.claimed |= claims
        after = {name: text for name, text in person.values.items() if text} | {"role": self.settings.role.value}
        because = "In the directory and in the scope, and nobody in the company has the address."
        return PlannedUser(person, Reason.FOLLOWS, UserChangeKind.CREATE, None, after, because)


_STILL_KNOWN = "Another directory of the company still has this person, so the place stays."
_BY = {MatchedBy.EMAIL: "e-mail address", MatchedBy.ALIAS: "alias or user name"}


def _ending(linked: _Linked, reason: Reason, kind: UserChangeKind, more: str = "") -> PlannedUser:
    link, place = linked.link, linked.place
    before = {"linked": link.live, "active": place.active}
    after = {"linked": False, "active": place.active and kind is not UserChangeKind.DEACTIVATE}
    return PlannedUser(
        linked.person, reason, kind, before, after, f"{SENTENCES[reason]} {more}".strip(), place.membership_id,
        link.link_id, administrator=place.administrator,
    )  # fmt: skip


def _why_reported(place: MembershipView) -> str:
    if not place.active:
        return "The place in the company is deactivated already."
    if not place.brought:
        return "The sync did not bring this person, so it takes nothing away."
    return "People who leave are only reported here."


def _kept(linked: _Linked | None) -> Reason | None:
    """Return why a linked person stays as they are although a rule can't be answered."""
    if linked is None or not linked.link.live:
        return None
    return _untouched(linked.place) or Reason.FOLLOWS


def _untouched(place: MembershipView) -> Reason | None:
    if place.erased:
        return Reason.ERASED
    return Reason.PINNED if place.pinned else None


def _listed(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]
