"""Takes back values that linked companies got from their tenants."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.planning.linked import LinkedKind
from tenantry.core.undoing import ValuesFacts, judge_values, kept_away, restorable
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.writing import sort_name
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.models import Change, ChangeState, TenantLink
from tenantry.sync.runs.accounting import count_undone
from tenantry.sync.runs.linked import PERSONAL, values_of
from tenantry.sync.runs.linked_views import linked_of
from tenantry.sync.telling import contact_subject
from tenantry.sync.undoing.ways import Planned, UndoStale, Way

_CHANGED = "The company was changed after the undo was planned."


def _plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # as all ways
    companies = Company.objects.in_bulk([_number(change, "company") for change in changes])
    numbers = [_number(change, "link") for change in changes]
    live = set(TenantLink.objects.filter(pk__in=numbers, ended_at=None).values_list("pk", flat=True))
    return {
        change.pk: _planned(change, companies.get(_number(change, "company")), linked=_number(change, "link") in live)
        for change in changes
    }


def _number(change: Change, name: str) -> int:
    return int((change.details or {}).get(name) or 0)


def _planned(change: Change, company: Company | None, *, linked: bool) -> Planned:
    after = change.after or {}
    current = values_of(company, after) if company else None
    facts = ValuesFacts(company.name if company else change.subject_name, change.before or {}, after, current, linked)
    restored = restorable(facts)
    details = {"company": _number(change, "company"), "link": _number(change, "link")}
    return Planned(judge_values(facts), {name: after[name] for name in restored}, restored, details)


def _take_back(undo: Change, by: Circumstances) -> None:
    before, after = undo.before or {}, undo.after or {}
    company = Company.objects.select_for_update().filter(pk=_number(undo, "company")).first()
    if company is None or values_of(company, before) != before:
        raise UndoStale(_CHANGED)
    undone = Change.objects.filter(pk=undo.undoes_id or 0, state=ChangeState.APPLIED)
    if not undone.update(state=ChangeState.UNDONE, settled_at=by.now):
        raise UndoStale("It was taken back meanwhile.")
    _restore(company, after, now=by.now)
    _keep_away(_number(undo, "link"), before)
    original = Change.objects.get(pk=undo.undoes_id or 0)
    count_undone(original.run_id)
    record_event(
        _happening(undo, company), actor=by.actor, marketplace_id=undo.marketplace_id, now=by.now,
        request_id=by.request_id, run_id=by.run_id,
    )  # fmt: skip


def _restore(company: Company, values: Mapping[str, Any], *, now: datetime) -> None:
    for name, value in values.items():
        setattr(company, name, value if value is not None or name == "address" else "")
    company.sort_name = sort_name(company.name)
    company.version, company.changed_at = company.version + 1, now
    company.save(update_fields=[*values, "sort_name", "version", "changed_at"])
    follow_companies([company.pk])


def _keep_away(link_id: int, values: Mapping[str, Any]) -> None:
    """Note on the link which values of the provider are not taken again, beside what a later undo keeps away still."""
    link = TenantLink.objects.select_for_update().filter(pk=link_id, ended_at=None).first()
    if link is not None:
        view = linked_of(link.tenant_id)
        told = {name: view.theirs.get(name) for name in values} if view else {}
        link.taken_back = {**link.taken_back, **kept_away(values, link.taken_back, told)}
        link.save(update_fields=["taken_back"])


def _happening(undo: Change, company: Company) -> Happening:
    sides = (("before", undo.before or {}), ("after", undo.after or {}))
    personal = {f"{side}.{name}": values[name] for side, values in sides for name in PERSONAL if values.get(name)}
    before, after = ({name: value for name, value in values.items() if name not in PERSONAL} for _, values in sides)
    return Happening(
        action="sync.company_update.taken_back",
        target=Target("company", str(company.pk), company.name),
        before=before,
        after=after,
        personal=personal,
        person=contact_subject(undo.subject),
        reason=undo.reason,
    )


FOLLOWED = Way(frozenset({LinkedKind.UPDATE.value}), _plan, _take_back)
