"""Applies an import's planned lines, each re-checked against what it was planned on. A batch is one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.core.drafts import CompanyDraft, DomainDraft, PersonDraft
from tenantry.core.imports.planning import LineKind, company_from_json, company_json, person_json
from tenantry.core.imports.reading import FileKind
from tenantry.isolation.bulk import update_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyEdit, CompanyRefused, change_companies, create_companies
from tenantry.marketplace.imports.existing import companies_named, company_drafts, people_in, person_of
from tenantry.marketplace.imports.services import actor_of
from tenantry.marketplace.models import (
    CompanyOrigin,
    Import,
    ImportLine,
    ImportState,
    LineState,
    Membership,
    MembershipRole,
)
from tenantry.marketplace.people.services import (
    Arrival,
    LastAdministrator,
    PersonRefused,
    bring_people,
    change_role,
)

BATCH = 1_000
_STALE = "Changed meanwhile. Import the file again to see what is left of it."


def apply_import_lines(
    import_id: int, *, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool]
) -> bool:
    """Apply what is planned, batch by batch; return False when stopped before the end."""
    while not should_stop():
        with marketplace_scope(marketplace_id):
            job = Import.objects.select_for_update().defer("content").get(pk=import_id)
            if job.state != ImportState.APPLYING:
                return True
            lines = list(ImportLine.objects.filter(job=job, state=LineState.PLANNED).order_by("number")[:BATCH])
            if not lines:
                _end(job, now=clock())
                return True
            apply = _apply_companies if job.kind == FileKind.COMPANIES else _apply_people
            apply(lines, actor=actor_of(job), now=clock())
            update_rows(ImportLine, ["state", "reason"], [(line.pk, line.state, line.reason) for line in lines])
            job.counters = _counted(job.counters, lines)
            job.save(update_fields=["counters"])
    return False


def _counted(counters: Mapping[str, Any], lines: Sequence[ImportLine]) -> dict[str, Any]:
    counts = dict(counters)
    for line in lines:
        counts[line.state] = counts.get(line.state, 0) + 1
    return counts


def _end(job: Import, *, now: datetime) -> None:
    job.state, job.ended_at = ImportState.DONE, now
    job.save(update_fields=["state", "ended_at"])


def _apply_companies(lines: Sequence[ImportLine], *, actor: Actor, now: datetime) -> None:
    there = company_drafts({line.key for line in lines})
    fresh = [line for line in lines if line.kind == LineKind.CREATE and line.key not in there]
    changing = [line for line in lines if line.kind == LineKind.UPDATE and _unchanged(line, there.get(line.key))]
    _settle(lines, [*fresh, *changing])
    edits = {line.number: CompanyEdit(there[line.key][0], _changes(line, there[line.key][1])) for line in changing}

    def create(some: Sequence[ImportLine]) -> None:
        drafts = [company_from_json(line.after or {}) for line in some]
        create_companies(drafts=drafts, origin=CompanyOrigin.IMPORT, actor=actor, now=now)

    def change(some: Sequence[ImportLine]) -> None:
        wanted = [edits[line.number] for line in some]
        change_companies(edits=wanted, origin=CompanyOrigin.IMPORT, actor=actor, now=now)

    _all_but_refused(fresh, create)
    _all_but_refused(changing, change)


def _unchanged(line: ImportLine, existing: tuple[int, CompanyDraft] | None) -> bool:
    if existing is None:
        return False
    current, before = company_json(existing[1]), line.before or {}
    plain = [field for field in line.after or {} if field not in {"domains", "tenant_ids"}]
    return all(current.get(field) == before.get(field) for field in plain)


def _changes(line: ImportLine, existing: CompanyDraft) -> dict[str, Any]:
    changes = dict(line.after or {})
    if "domains" in changes:
        changes["domains"] = tuple(DomainDraft(text) for text in changes["domains"])
    if "tenant_ids" in changes:
        changes["tenant_ids"] = tuple(changes["tenant_ids"])
    if "address" in changes:
        changes["address"] = {**(existing.address or {}), **changes["address"]}
    return changes


def _apply_people(lines: Sequence[ImportLine], *, actor: Actor, now: datetime) -> None:
    names = {line.number: line.key.partition("\n") for line in lines}
    companies = companies_named({name[0] for name in names.values()})
    places = {number: companies.get(name[0]) for number, name in names.items()}
    there = people_in({one.pk for one in companies.values()}, {name[2] for name in names.values()})
    found = {number: there.get((place.pk, names[number][2])) for number, place in places.items() if place}
    good = [line for line in lines if line.number in found and _same_person(line, found[line.number])]
    _settle(lines, good)

    def bring(some: Sequence[ImportLine]) -> None:
        arrivals = [_arrival(line, companies[names[line.number][0]].pk, names[line.number][2]) for line in some]
        bring_people(arrivals=arrivals, origin=CompanyOrigin.IMPORT, actor=actor, now=now)
        for line in some:
            membership, role = found[line.number], (line.after or {}).get("role")
            if membership is not None and role:
                change_role(membership_id=membership.pk, role=MembershipRole(role), actor=actor, now=now)

    _all_but_refused(good, bring)


def _same_person(line: ImportLine, membership: Membership | None) -> bool:
    if membership is None:
        return line.kind == LineKind.CREATE
    person = person_of(membership)
    current, before = person_json(person.draft) | {"role": person.role}, line.before or {}
    return line.kind == LineKind.UPDATE and all(current.get(name) == before.get(name) for name in line.after or {})


def _arrival(line: ImportLine, company_id: int, email: str) -> Arrival:
    values = dict(line.after or {})
    role = MembershipRole(values.pop("role", MembershipRole.USER))
    return Arrival(company_id, PersonDraft(**{**values, "email": email}), role)


def _settle(lines: Sequence[ImportLine], good: Sequence[ImportLine]) -> None:
    fine = {line.number for line in good}
    for line in lines:
        if line.number in fine:
            line.state = LineState.APPLIED
        else:
            line.state, line.reason = LineState.STALE, _STALE


def _all_but_refused(lines: Sequence[ImportLine], work: Callable[[Sequence[ImportLine]], None]) -> None:
    """Do the lines at once; when that is refused, each half by itself, and so on, so that only bad ones fail."""
    if not lines:
        return
    try:
        with transaction.atomic():
            work(lines)
    except (CompanyRefused, PersonRefused, LastAdministrator) as refused:
        if len(lines) == 1:
            lines[0].state, lines[0].reason = LineState.FAILED, str(refused)
            return
        middle = len(lines) // 2
        for half in (lines[:middle], lines[middle:]):
            _all_but_refused(half, work)
