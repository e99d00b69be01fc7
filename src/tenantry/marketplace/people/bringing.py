"""Brings people into companies, one or many at once, without taking anybody over.

A directory's administrator can give its people any address. So an address only ever *finds* a person: who was in the
marketplace before, or has a login anywhere in the installation, gets a membership that is worth nothing until that
person, signed in, accepts it. What is said of the person here goes to that membership's profile alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from tenantry.audit.events import Actor, Happening
from tenantry.audit.services import record_events
from tenantry.core.drafts import PersonDraft, clean_person
from tenantry.core.search import fold
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company, CompanyOrigin, Membership, MembershipRole, MembershipState, User
from tenantry.marketplace.numbering import reserve_ids
from tenantry.marketplace.people.keys import write_user_keys
from tenantry.marketplace.people.places import logins_among
from tenantry.marketplace.people.profiles import write_profiles
from tenantry.marketplace.people.refusals import PersonRefused
from tenantry.marketplace.people.telling import membership_happening

LONGEST_SORT_NAME = 200
Place = tuple[int, int]  # a person in a company, by primary keys


class Outcome(StrEnum):
    """What became of a person who was brought. Not to be shown to the people of a company: it tells of others."""

    CREATED = "created"
    AWAITING = "awaiting"
    ALREADY = "already"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Brought:
    """A person's place in a company. ``INACTIVE``: somebody deactivated it here, and it stays so."""

    membership_id: int
    user_id: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person to be brought into a company. ``by_name``: without an address the name tells who it is, else nothing."""

    company_id: int
    person: PersonDraft
    role: MembershipRole
    by_name: bool = True


@dataclass(slots=True)
class _Plan:
    """One arrival on its way: ``user_id`` once it is known, ``new`` for a person made for it."""

    arrival: Arrival
    user_id: int = 0
    new: bool = False
    awaits: bool = False


@dataclass(slots=True)
class _Known:
    """What is there of the people who arrive."""

    users: dict[str, int] = field(default_factory=dict)
    logins: set[str] = field(default_factory=set)


def bring_person(
    *, company_id: int, email: str, first_name: str, last_name: str, phone: str, language: str, role: MembershipRole,
    origin: CompanyOrigin, actor: Actor, now: datetime, run_id: int | None = None, request_id: str = "",
) -> Brought:  # fmt: skip
    """Bring one person. See :func:`bring_people`."""
    person = PersonDraft(email, first_name, last_name, phone, language)
    [brought] = bring_people(
        arrivals=[Arrival(company_id, person, role)], origin=origin, actor=actor, now=now, run_id=run_id,
        request_id=request_id,
    )  # fmt: skip
    return brought


@transaction.atomic
def bring_people(
    *, arrivals: Sequence[Arrival], origin: CompanyOrigin, actor: Actor, now: datetime, run_id: int | None = None,
    request_id: str = "",
) -> list[Brought]:  # fmt: skip
    """Bring people into companies; return what became of each, in order. A handful of statements, however many.

    An unknown address becomes a person of the marketplace. One that somebody outside the company has, or a login of
    any kind, leads to a membership in the state *awaiting*; nothing else of theirs changes. Who is in the company
    already keeps role and state; blanks never erase the profile. Raises :class:`PersonRefused` for the first person
    that can't be stored, ``Company.DoesNotExist`` for a company that is not here; nothing is written then.
    """
    plans = [_Plan(_cleaned(arrival)) for arrival in arrivals]
    ids = sorted({plan.arrival.company_id for plan in plans})
    # Locked in order: two who bring the same person wait for each other instead of colliding.
    companies = {row.pk: row for row in Company.objects.select_for_update().filter(is_one_of("pk", ids)).order_by("pk")}
    if len(companies) != len(ids):
        raise Company.DoesNotExist("There is no such company in this marketplace.")
    known = _known([plan.arrival.person.email for plan in plans])
    _find_without_email(plans)
    _make_users(plans, known, origin=origin, now=now)
    there = _memberships(plans)
    fresh = _join([plan for plan in plans if _place(plan) not in there], origin=origin, now=now)
    for membership in fresh.values():
        membership.company = companies[membership.company_id]
    told = [_added(fresh[place], plan) for place, plan in _by_place(plans).items() if place in fresh]
    told += write_profiles([(there[_place(plan)], plan.arrival.person) for plan in plans if _place(plan) in there])
    record_events(
        told, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
    return [_brought(plan, there, fresh) for plan in plans]


def _cleaned(arrival: Arrival) -> Arrival:
    person, errors = clean_person(arrival.person)
    if errors:
        raise PersonRefused(errors)
    return replace(arrival, person=person)


def _known(emails: Sequence[str]) -> _Known:
    """Return who has these addresses: people of the marketplace, and logins of the whole installation."""
    wanted = sorted({email for email in emails if email})
    if not wanted:
        return _Known()
    return _Known(
        users=dict(User.objects.filter(is_one_of("email", wanted)).values_list("email", "pk")),
        logins=logins_among(wanted),
    )


def _find_without_email(plans: Sequence[_Plan]) -> None:
    """Recognise people without an address by their name, inside their company only."""
    bare = [plan for plan in plans if not plan.arrival.person.email and plan.arrival.by_name]
    if not bare:
        return
    rows = Membership.objects.filter(company_id__in={plan.arrival.company_id for plan in bare}, user__email="")
    there = {
        (company, first, last): user
        for company, first, last, user in rows.values_list(
            "company_id", "user__first_name", "user__last_name", "user_id"
        )
    }
    for plan in bare:
        person = plan.arrival.person
        plan.user_id = there.get((plan.arrival.company_id, person.first_name, person.last_name), 0)


def _make_users(plans: Sequence[_Plan], known: _Known, *, origin: CompanyOrigin, now: datetime) -> None:
    """Give every plan its person, making those that nobody knows. Who is new is the first plan's own."""
    makers: dict[str, _Plan] = {}
    unknown = []
    for plan in plans:
        email = plan.arrival.person.email
        if plan.user_id or email in known.users or email in makers:
            continue
        unknown.append(plan)
        if email:
            makers[email] = plan
    for plan, user_id in zip(unknown, reserve_ids(User, len(unknown)), strict=True):
        plan.user_id, plan.new = user_id, True
        plan.awaits = plan.arrival.person.email in known.logins
    _insert_users(unknown, origin=origin, now=now)
    settled = _known([plan.arrival.person.email for plan in plans]).users  # somebody may have been quicker
    for plan in plans:
        email = plan.arrival.person.email
        if email and settled[email] != plan.user_id:
            plan.user_id, plan.new, plan.awaits = settled[email], False, True
    write_user_keys([plan.user_id for plan in unknown if plan.new], fresh=True)


def _insert_users(plans: Sequence[_Plan], *, origin: CompanyOrigin, now: datetime) -> None:
    marketplace_id = current_marketplace_id()
    rows = []
    for plan in plans:
        person = plan.arrival.person
        rows.append((
            plan.user_id, marketplace_id, person.email, person.first_name, person.last_name,
            user_sort_name(person.first_name, person.last_name, person.email), person.phone, person.language,
            origin.value, now,
        ))  # fmt: skip
    columns = "id marketplace_id email first_name last_name sort_name phone language origin created_at".split()
    insert_rows(User, columns, rows, on_conflict="on conflict do nothing")


def user_sort_name(first_name: str, last_name: str, email: str) -> str:
    """Return what a person is sorted by: last name first, else the address."""
    return fold(f"{last_name} {first_name}".strip() or email)[:LONGEST_SORT_NAME]


def _place(plan: _Plan) -> Place:
    return plan.user_id, plan.arrival.company_id


def _by_place(plans: Sequence[_Plan]) -> dict[Place, _Plan]:
    """Return the plans by place; of two for one place, the first."""
    return {_place(plan): plan for plan in reversed(plans)}


def _memberships(plans: Sequence[_Plan]) -> dict[Place, Membership]:
    rows = Membership.objects.select_related("company").filter(
        is_one_of("user_id", {plan.user_id for plan in plans}),
        is_one_of("company_id", {plan.arrival.company_id for plan in plans}),
    )
    return {(row.user_id, row.company_id): row for row in rows}


def _join(plans: Sequence[_Plan], *, origin: CompanyOrigin, now: datetime) -> dict[Place, Membership]:
    """Write the memberships of these plans; return them by place."""
    chosen = _by_place(plans)
    rows = {}
    for (place, plan), pk in zip(chosen.items(), reserve_ids(Membership, len(chosen)), strict=True):
        rows[place] = Membership(
            pk=pk, marketplace_id=current_marketplace_id(), user_id=place[0], company_id=place[1],
            role=plan.arrival.role, origin=origin, profile_first_name=plan.arrival.person.first_name,
            profile_last_name=plan.arrival.person.last_name, created_at=now,
            state=MembershipState.ACTIVE if plan.new and not plan.awaits else MembershipState.AWAITING,
        )  # fmt: skip
    columns = (
        "id marketplace_id user_id company_id role state origin profile_first_name profile_last_name created_at"
    ).split()
    values = [tuple(getattr(row, "pk" if name == "id" else name) for name in columns) for row in rows.values()]
    insert_rows(Membership, columns, values)
    return rows


def _added(membership: Membership, plan: _Plan) -> Happening:
    person = plan.arrival.person
    personal = {"email": person.email, "first_name": person.first_name, "last_name": person.last_name}
    return membership_happening(
        "added",
        membership,
        after={"role": membership.role, "origin": membership.origin},
        personal={name: value for name, value in personal.items() if value},
    )


def _brought(plan: _Plan, there: Mapping[Place, Membership], fresh: Mapping[Place, Membership]) -> Brought:
    place = _place(plan)
    if place in there:
        row = there[place]
        inactive = row.state == MembershipState.INACTIVE
        return Brought(row.pk, row.user_id, Outcome.INACTIVE if inactive else Outcome.ALREADY)
    row = fresh[place]
    awaits = row.state == MembershipState.AWAITING
    return Brought(row.pk, row.user_id, Outcome.AWAITING if awaits else Outcome.CREATED)
