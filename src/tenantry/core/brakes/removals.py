"""Brakes of removals: people who would lose their place in a company because a directory lost them. Pure.

How to call it: plan all removals of a run first, then judge them at once, then hold or apply::

    verdict = judge_removals(
        [Removal(change.pk, company_id, administrator=True), ...],   # every removal that the run plans
        {company_id: CompanySize("Fabrikam", people=9, administrators=2), ...},  # as the companies are now
        read_limits(),
        RemovalHistory(past=[PastRemoval(company_id, at), ...], linked_people=1200, waiting=frozenset({other_id})),
        now=now,
    )
    for trip in verdict.trips: ...   # each is one hold; verdict.held are the keys that must not be applied

What is not held may be applied, all of it. A run that can't be planned at once may be judged in parts: what an
earlier part applied is then in ``past`` with ``in_run``, and what it held in ``waiting``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenantry.core.brakes.limits import Limits
from tenantry.core.brakes.trips import Brake, Trip, Verdict

DAY, WEEK, MONTH = timedelta(hours=24), timedelta(days=7), timedelta(days=30)
FEW = 2
"""So few people of a marketplace are no leak in 30 days, whatever share they are: the brakes of their company hold."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A person who would lose their place in a company. ``key`` names the change to the caller."""

    key: int
    company: int
    administrator: bool = False


@dataclass(frozen=True, slots=True)
class CompanySize:
    """A company as it is before the plan.

    ``people`` are its people with a live link to a directory and a place that is not deactivated; ``administrators``
    all administrators whose place is not deactivated, linked or not.
    """

    name: str
    people: int
    administrators: int


@dataclass(frozen=True, slots=True)
class PastRemoval:
    """A removal that was applied at ``at`` without a person's approval and was not undone or taken back since.

    What a person approved was looked at and does not count. ``in_run``: by the run that is being judged.
    """

    company: int
    at: datetime
    in_run: bool = False


@dataclass(frozen=True, slots=True)
class RemovalHistory:
    """What happened before: removals of the last 30 days, and the classes of which some still wait for a person.

    ``linked_people`` counts the marketplace's people as ``CompanySize.people`` does, each place once. ``waiting`` are
    companies of which removals are held; ``all_waiting``: removals of the whole marketplace are. What comes after a
    trip waits with it until a person answered.
    """

    linked_people: int
    past: Sequence[PastRemoval] = ()
    waiting: Collection[int] = field(default_factory=frozenset)
    all_waiting: bool = False


def judge_removals(
    removals: Sequence[Removal], companies: Mapping[int, CompanySize], limits: Limits, history: RemovalHistory, *,
    now: datetime,
) -> Verdict:  # fmt: skip
    """Return which removals wait for a person, and why.

    A trip of a company holds all its removals; a trip of the marketplace all that are left. What companies' trips
    hold still counts for the marketplace: more removals never hold less. Raises ``KeyError`` for a company without a
    size.
    """
    by_company: dict[int, list[Removal]] = {}
    for removal in removals:
        by_company.setdefault(removal.company, []).append(removal)
    past: dict[int, list[PastRemoval]] = {}
    for each in history.past:
        past.setdefault(each.company, []).append(each)
    found = [
        _judge_company(
            leaving, _Company(companies[company], past.get(company, ()), company in history.waiting), limits, now
        )
        for company, leaving in by_company.items()
    ]
    trips = [trip for trip in found if trip is not None]
    held = {key for trip in trips for key in trip.held}
    left = tuple(removal.key for removal in removals if removal.key not in held)
    everywhere = _judge_marketplace(len(removals), left, limits, history, now) if left else None
    return Verdict((*trips, everywhere) if everywhere else tuple(trips))


@dataclass(frozen=True, slots=True)
class _Company:
    """A company, its past removals, and whether some of its removals wait already."""

    size: CompanySize
    past: Sequence[PastRemoval]
    waiting: bool


def _judge_company(leaving: Sequence[Removal], company: _Company, limits: Limits, now: datetime) -> Trip | None:
    """Return the first brake of the company that holds, the gravest first."""
    size, held = company.size, tuple(removal.key for removal in leaving)
    found = next(_company_brakes(leaving, company, limits, now), None)
    if found is not None:
        brake, count, of, limit, reason = found
        return Trip(brake, count, limit, held, reason, of, leaving[0].company)
    if company.waiting:
        reason = f"Removals at {size.name} wait for a person already; {_people(len(held))} more with them."
        return Trip(Brake.COMPANY_REMOVALS, len(held), None, held, reason, size.people, leaving[0].company)
    return None


_Found = tuple[Brake, int, int, int | None, str]


def _company_brakes(leaving: Sequence[Removal], company: _Company, limits: Limits, now: datetime) -> Iterator[_Found]:
    size, past = company.size, company.past
    count, administrators = len(leaving), sum(removal.administrator for removal in leaving)
    if count >= size.people:
        reason = (
            f"Removals at {size.name}: all of its {_people(size.people)}. A company that would be empty always waits."
        )
        yield Brake.COMPANY_EMPTY, count, size.people, None, reason
    if administrators and administrators >= size.administrators:
        reason = (
            f"Removals at {size.name}: no administrator would be left. {_people(count)} of {size.people:,} would go."
        )
        yield Brake.COMPANY_ADMINISTRATORS, administrators, size.administrators, None, reason
    gone = sum(each.in_run for each in past)
    total, base = count + gone, size.people + gone
    limit = limits.removals_company_percent
    if total >= limits.removals_company_least and _reaches(total, base, limit):
        reason = f"Removals at {size.name}: {total:,} of {_people(base)} (limit {limit} %)."
        yield Brake.COMPANY_REMOVALS, total, base, limit, reason
    gone = _within(past, WEEK, now)
    total, base = count + gone, size.people + gone
    limit = limits.removals_company_week_percent
    if _reaches(total, base, limit):
        reason = f"Removals at {size.name}: {total:,} of {_people(base)} within 7 days (limit {limit} %)."
        yield Brake.COMPANY_REMOVALS_WEEK, total, base, limit, reason


def _judge_marketplace(
    count: int, held: tuple[int, ...], limits: Limits, history: RemovalHistory, now: datetime
) -> Trip | None:
    found = next(_marketplace_brakes(count, limits, history, now), None)
    if found is not None:
        brake, total, of, limit, reason = found
        return Trip(brake, total, limit, held, reason, of)
    if history.all_waiting:
        reason = f"Removals of the marketplace wait for a person already; {_people(len(held))} more with them."
        return Trip(Brake.REMOVALS_DAY, len(held), None, held, reason, history.linked_people)
    return None


def _marketplace_brakes(count: int, limits: Limits, history: RemovalHistory, now: datetime) -> Iterator[_Found]:
    gone = _within(history.past, DAY, now)
    total, base = count + gone, history.linked_people + gone
    most, limit = limits.removals_day_most, limits.removals_day_percent
    if total > most:
        reason = f"Removals within 24 hours: {total:,} of {_people(base)} (limit {most:,})."
        yield Brake.REMOVALS_DAY, total, base, most, reason
    if base >= limits.removals_day_least_people and total * 100 > limit * base:
        reason = f"Removals within 24 hours: {total:,} of {_people(base)} (limit {limit} %)."
        yield Brake.REMOVALS_DAY_SHARE, total, base, limit, reason
    gone = _within(history.past, MONTH, now)
    total, base = count + gone, history.linked_people + gone
    limit = limits.removals_month_percent
    if total > FEW and _reaches(total, base, limit):
        reason = f"Removals within 30 days: {total:,} of {_people(base)} (limit {limit} %)."
        yield Brake.REMOVALS_MONTH, total, base, limit, reason


def _within(past: Sequence[PastRemoval], window: timedelta, now: datetime) -> int:
    return sum(each.in_run or now - each.at < window for each in past)


def _reaches(count: int, base: int, percent: int) -> bool:
    return count * 100 >= percent * base


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
