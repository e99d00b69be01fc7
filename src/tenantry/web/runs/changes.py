"""The changes of a run on its page and as files: the tabs *Changes* and *Held* (``runs/_changes.html``)."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.sync.models import Change, ChangeState, Run
from tenantry.sync.runs.queries import changes_of, kinds_of_changes, list_changes, pending_of_tenants
from tenantry.sync.undoing.planning import can_be_undone
from tenantry.sync.undoing.registry import way_for
from tenantry.web.access import Visit
from tenantry.web.addresses import pager, query_of
from tenantry.web.csv_files import csv_file, json_array, lines_file
from tenantry.web.runs.fields import differences
from tenantry.web.runs.words import change_kind, change_tone, is_live, kind_words
from tenantry.web.selects import select
from tenantry.web.texts import legible

_HEADS = ("subject", "subject_id", "what", "kind", "state", "field", "before", "after", "reason", "planned_at",
          "settled_at")  # fmt: skip
_NARROWING = ("state", "kind", "q")


def undo_url(visit: Visit, run: Run) -> str:
    """Return where the run is taken back, or nothing when that can't be. One query at most."""
    if is_live(run) or not visit.presence.may(Action.UNDO_RUN) or not can_be_undone(run, now=visit.now):
        return ""
    return reverse("web:run-undo", args=[run.pk])


def changes_tab(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    """Return the context of the tab *Changes*."""
    kinds = kinds_of_changes(run)
    wanted = _wanted(request, kinds)
    page = list_changes(run, **_arguments(wanted), **_place(request), kinds=kinds)
    undo = bool(undo_url(visit, run))
    address = reverse("web:run-detail", args=[run.pk])
    return {
        "changes": change_rows(page.rows, undo=undo),
        "can_undo": undo,
        "pager": pager(request, page),
        "exports": _exports(run, wanted),
        "filters": {
            "action": address,
            "search": {"value": wanted["q"], "label": "Search name or id"},
            "selects": _selects(kinds, wanted),
            "hidden": [{"name": "tab", "value": "changes"}],
            "clear_url": f"{address}?tab=changes",
            "filtered": any(wanted.values()),
        },
    }


def held_tab(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    """Return the context of the tab *Held*: what waits, why, and where a person releases it."""
    page = list_changes(run, state=ChangeState.HELD.value, **_place(request))
    holds = {hold.pk: hold for hold in run.holds.order_by("pk")}
    return {
        "changes": change_rows(page.rows),
        "pager": pager(request, page),
        "holds": [
            {
                "reason": legible(hold.reason),
                "word": hold.get_state_display(),
                "tone": "wait" if hold.state == "open" else "off",
                "url": reverse("web:hold-detail", args=[hold.pk]) if visit.presence.may(Action.RELEASE_HOLDS) else "",
            }
            for hold in holds.values()
        ],
    }


def _wanted(request: HttpRequest, kinds: Sequence[str]) -> dict[str, str]:
    given = {name: request.GET.get(name, "").strip()[:100] for name in _NARROWING}
    state = given["state"] if given["state"] in ChangeState.values else ""
    return {**given, "state": state, "kind": given["kind"] if given["kind"] in kinds else ""}


def _arguments(wanted: dict[str, str]) -> dict[str, Any]:
    return {"state": wanted["state"], "kind": wanted["kind"], "words": wanted["q"]}


def _place(request: HttpRequest) -> dict[str, Any]:
    return {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}


def _selects(kinds: Sequence[str], wanted: dict[str, str]) -> list[dict[str, Any]]:
    states = [(value, str(label)) for value, label in ChangeState.choices]
    return [
        select("state", "Outcome: any", wanted["state"], states),
        select("kind", "What: any", wanted["kind"], [(kind, kind_words(kind)) for kind in kinds]),
    ]


def _exports(run: Run, wanted: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"label": form.upper(), "url": reverse("web:run-export", args=[run.pk, form]) + query_of(wanted)}
        for form in ("csv", "json")
    ]


def change_rows(changes: Sequence[Change], *, undo: bool = False) -> list[dict[str, Any]]:
    """Return these changes as the page's table shows them. One query. ``undo``: they may be chosen to be taken back."""
    pending = pending_of_tenants(change.tenant_id for change in changes)
    return [_change_row(change, pending.get(change.tenant_id), undo=undo) for change in changes]


def _change_row(change: Change, pending_id: int | None, *, undo: bool) -> dict[str, Any]:
    return {
        "pk": change.pk,
        "undoable": undo and change.state == ChangeState.APPLIED and way_for(change.kind) is not None,
        "subject": legible(change.subject_name),
        "subject_url": reverse("web:pending-detail", args=[pending_id]) if pending_id else "",
        "what": change_kind(change),
        "is_new": change.before is None and change.undoes_id is None,
        "fields": differences(change),
        "reason": legible(change.problem or change.reason),
        "word": change.get_state_display(),
        "tone": change_tone(change),
    }


def export_of(request: HttpRequest, run: Run, form: str) -> HttpResponse:
    """Return the run's changes, narrowed as on the page, as a file: ``csv`` (a line for each field) or ``json``."""
    wanted = _wanted(request, kinds_of_changes(run))
    rows = changes_of(run, **_arguments(wanted)).order_by("id").iterator(chunk_size=1_000)
    name = f"run-{run.pk}-changes"
    if form == "csv":
        return csv_file(f"{name}.csv", _HEADS, _lines(rows))
    if form == "json":
        lines = (json.dumps(_told(change), ensure_ascii=False) for change in rows)
        return lines_file(f"{name}.json", json_array(lines), content_type="application/json")
    raise Http404


def _lines(changes: Iterator[Change]) -> Iterator[tuple[object, ...]]:
    for change in changes:
        head = (change.subject_name, change.subject, change_kind(change), change.kind, change.state)
        tail = (change.problem or change.reason, change.created_at, change.settled_at)
        fields = [(each["label"], each["before"], each["after"]) for each in differences(change)] or [("", "", "")]
        yield from ((*head, *field, *tail) for field in fields)


def _told(change: Change) -> dict[str, Any]:
    settled = change.settled_at
    return {
        "id": change.pk, "kind": change.kind, "what": change_kind(change), "subject": change.subject,
        "subject_name": change.subject_name, "state": change.state, "before": change.before, "after": change.after,
        "reason": change.reason, "problem": change.problem, "planned_at": change.created_at.isoformat(),
        "settled_at": settled.isoformat() if settled else None,
    }  # fmt: skip
