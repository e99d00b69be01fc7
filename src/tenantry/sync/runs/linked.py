"""Brings linked companies up to their tenants: plans, re-checks and applies, as one part of a run.

Beside ``planning`` and ``applying``, which do this for pending companies. Nobody is deactivated here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tenantry.audit.events import SYSTEM, Happening, Target
from tenantry.audit.services import record_events
from tenantry.core.planning.linked import FIELDS, LinkedKind, Rules, address_of, plan_linked
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.writing import sort_name
from tenantry.marketplace.models import Company
from tenantry.sync.field_owners import read_rules
from tenantry.sync.models import Change, ChangeState, TenantLink
from tenantry.sync.models.runs import CHANGE_COLUMNS
from tenantry.sync.runs.lifecycle import RunRef
from tenantry.sync.runs.linked_views import Linked, next_linked
from tenantry.sync.runs.locking import lock_live_run
from tenantry.sync.telling import contact_subject

Clock = Callable[[], datetime]
_BATCH = 500
_KINDS = [kind.value for kind in LinkedKind]
PERSONAL = ("contact_name", "contact_email", "contact_phone")


def follow_linked(
    ref: RunRef, *, clock: Clock, only: list[int] | None = None, should_stop: Callable[[], bool] = lambda: False
) -> bool:
    """Plan what linked companies need and, unless the run is a preview, apply it; return whether anything was."""
    after, found = 0, False
    while not should_stop():
        after = _plan_next(ref, after=after, only=only, now=clock())
        if not ref.preview:
            while _apply_next(ref, now=clock()):
                found = True
        if not after:
            break
    return found


def _plan_next(ref: RunRef, *, after: int, only: list[int] | None, now: datetime) -> int:
    """Store the changes of the next links; return the last link looked at, or 0 at the end. One transaction."""
    with marketplace_scope(ref.marketplace_id):
        run = lock_live_run(ref.run_id)
        if run is None:
            return 0
        linked = next_linked(run, after=after, limit=_BATCH, only=only)
        rules: Rules = read_rules() if linked else {}
        rows, settled = [], []
        for each in linked:
            change = plan_linked(each.view, rules)
            if change is None:
                settled.append(each)
                continue
            rows.append((
                run.marketplace_id, run.pk, each.view.tenant_id, change.kind.value, each.view.external_id,
                each.view.company_name, Jsonb(dict(change.before)), Jsonb(dict(change.after)), change.reason,
                ChangeState.PLANNED.value, "", Jsonb(_details(each)), now,
            ))  # fmt: skip
        insert_rows(Change, CHANGE_COLUMNS, rows, on_conflict="on conflict do nothing")
        if not ref.preview:
            _note_compared({each.link_id: each.as_of for each in settled})
        return linked[-1].link_id if len(linked) == _BATCH else 0


def _details(linked: Linked) -> dict[str, Any]:
    return {"company": linked.view.company_id, "link": linked.link_id, "as_of": linked.as_of.isoformat()}


def _note_compared(links: Mapping[int, datetime]) -> None:
    by_moment: dict[datetime, list[int]] = {}
    for link_id, as_of in links.items():
        by_moment.setdefault(as_of, []).append(link_id)
    for as_of, ids in by_moment.items():
        TenantLink.objects.filter(pk__in=ids).update(compared_at=as_of)


def _apply_next(ref: RunRef, *, now: datetime) -> bool:
    """Apply the next batch, each compared with the company as it is now; return whether there was any."""
    with marketplace_scope(ref.marketplace_id):
        planned = Change.objects.select_for_update(skip_locked=True).filter(
            run_id=ref.run_id, state=ChangeState.PLANNED, kind__in=_KINDS
        )
        changes = list(planned.order_by("id")[:_BATCH])
        if not changes:
            return False
        companies = _locked([_company_id(change) for change in changes])
        links = set(TenantLink.objects.filter(pk__in=[_link_id(change) for change in changes], ended_at=None)
                    .values_list("pk", flat=True))  # fmt: skip
        good = [change for change in changes if _apply(change, companies, links, now=now)]
        applied = {change.pk for change in good}
        stale = [change.pk for change in changes if change.pk not in applied]
        Change.objects.filter(pk__in=applied).update(state=ChangeState.APPLIED, settled_at=now)
        Change.objects.filter(pk__in=stale).update(
            state=ChangeState.STALE, problem="Changed meanwhile by somebody else; planned anew.", settled_at=now
        )
        follow_companies(sorted({_company_id(change) for change in good if change.kind == LinkedKind.UPDATE}))
        record_events(
            [_happening(change) for change in good], actor=SYSTEM, marketplace_id=ref.marketplace_id, now=now,
            run_id=ref.run_id,
        )  # fmt: skip
        return True


def _company_id(change: Change) -> int:
    return int((change.details or {})["company"])


def _link_id(change: Change) -> int:
    return int((change.details or {})["link"])


def _locked(ids: Sequence[int]) -> dict[int, Company]:
    rows = Company.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _apply(change: Change, companies: Mapping[int, Company], links: set[int], *, now: datetime) -> bool:
    company = companies.get(_company_id(change))
    if company is None or _link_id(change) not in links or values_of(company, change.before or {}) != change.before:
        return False
    after = change.after or {}
    if "relationship_ended" in after:
        company.relationship_ended_at = now if after["relationship_ended"] else None
        company.save(update_fields=["relationship_ended_at"])
        return True
    for name, value in after.items():
        setattr(company, name, value)
    company.sort_name = sort_name(company.name)
    company.version, company.changed_at = company.version + 1, now
    company.save(update_fields=[*after, "sort_name", "version", "changed_at"])
    _note_compared({_link_id(change): datetime.fromisoformat((change.details or {})["as_of"])})
    return True


def values_of(company: Company, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the company has for these members of a change, as the planner writes it."""
    values: dict[str, Any] = {name: getattr(company, name) or None for name in FIELDS}
    values["address"] = address_of(company.address)
    values["relationship_ended"] = company.relationship_ended_at is not None
    return {name: values[name] for name in names}


def _happening(change: Change) -> Happening:
    sides = (("before", change.before or {}), ("after", change.after or {}))
    personal = {f"{side}.{name}": values[name] for side, values in sides for name in PERSONAL if values.get(name)}
    return Happening(
        action=f"sync.{change.kind.replace('.', '_')}.applied",
        target=Target("company", str(_company_id(change)), change.subject_name),
        before={name: value for name, value in (change.before or {}).items() if name not in PERSONAL},
        after={name: value for name, value in (change.after or {}).items() if name not in PERSONAL},
        personal=personal,
        person=contact_subject(change.subject),
        reason=change.reason,
    )
