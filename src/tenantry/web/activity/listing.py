"""The context of the list of events (``activity/list.html``), and its exports."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.audit.filters import FILTERS, SEARCHED
from tenantry.audit.models import INSTALLATION, Event
from tenantry.audit.queries import Listed, Personal, event_batches, kinds_known, list_events, personal_values_of
from tenantry.marketplace.models import User
from tenantry.marketplace.people.telling import person_subject
from tenantry.marketplace.queries import staff_here
from tenantry.web.activity.words import actor_names, actor_of, differences, kind_word, title_of
from tenantry.web.addresses import pager, query_of
from tenantry.web.selects import select
from tenantry.web.texts import legible

EXPORT_HEADS = (
    "id", "at", "who", "who (id)", "action", "what", "target kind", "target id", "target", "changes", "reason",
    "request", "run",
)  # fmt: skip
_SHOWN = 6
_LONGEST = 200
_TARGETS = {
    "company": "web:company-detail",
    "user": "web:user-detail",
    "run": "web:run-detail",
    "hold": "web:hold-detail",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at which record: a marketplace's, or the installation's own; ``opens`` sealed values or not."""

    marketplace_id: int
    opens: bool

    @property
    def installation(self) -> bool:
        """Whether it is the installation's own record."""
        return self.marketplace_id == INSTALLATION

    @property
    def page(self) -> str:
        """The address of the list."""
        return reverse("web:operator-activity" if self.installation else "web:activity")

    @property
    def export(self) -> str:
        """The address of the export."""
        return reverse("web:operator-activity-export" if self.installation else "web:activity-export")


def wanted_by(request: HttpRequest) -> dict[str, str]:
    """Read the filters from the URL, cut to what a person would type."""
    return {name: request.GET.get(name, "").strip()[:_LONGEST] for name in FILTERS}


def understood(filters: dict[str, str], reader: Reader) -> dict[str, str]:
    """Return the filters as the record knows them: an e-mail address is no word there, but a person."""
    word = filters["q"]
    if "@" not in word or reader.installation:
        return filters
    user = User.objects.filter(email=word.lower()).first()
    return filters | {"q": "", "about": person_subject(user.pk)} if user else filters


def list_context(request: HttpRequest, reader: Reader) -> dict[str, Any]:
    """Return everything that the page needs."""
    wanted = wanted_by(request)
    listed = list_events(
        understood(wanted, reader), marketplace_id=reader.marketplace_id, after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )  # fmt: skip
    opened, names = _opened(listed.page.rows, reader), actor_names(listed.page.rows)
    query = query_of(wanted)
    return {
        "rows": [_row(event, opened[event.pk], names, reader) for event in listed.page.rows],
        "pager": pager(request, listed.page),
        "filters": _filters(wanted, listed, reader),
        "narrowed_to": _narrowed_to(wanted, listed, reader),
        "searched": SEARCHED if wanted["q"] else 0,
        "csv_url": reader.export + query,
        "json_url": reader.export + (f"{query}&" if query else "?") + "as=jsonl",
        "installation": reader.installation,
        "filtered": bool(query),
    }


def _opened(events: Sequence[Event], reader: Reader) -> dict[int, Personal]:
    return personal_values_of(events) if reader.opens else {event.pk: {} for event in events}


def _row(event: Event, personal: Personal, names: Mapping[int, str], reader: Reader) -> dict[str, Any]:
    changes = differences(event, personal)
    sealed = ""
    if event.person_id is not None and personal is None:
        sealed = "The person's data was erased."
    elif event.person_id is not None and not reader.opens:
        sealed = "Personal values are not shown to you."
    return {
        "at": event.at,
        "who": actor_of(event, names),
        "title": title_of(event.action),
        "action": event.action,
        "target": legible(event.target_name) or f"{event.target_kind} {event.target_id}",
        "url": _url(event, reader),
        "changes": changes[:_SHOWN],
        "more": changes[_SHOWN:],
        "reason": legible(event.reason),
        "sealed": sealed,
        "run_url": reverse("web:run-detail", args=[event.run_id]) if event.run_id and not reader.installation else "",
        "run": event.run_id,
    }


def _url(event: Event, reader: Reader) -> str:
    route = _TARGETS.get(event.target_kind)
    if reader.installation or route is None or not event.target_id.isdecimal():
        return ""
    return reverse(route, args=[int(event.target_id)])


def _filters(wanted: dict[str, str], listed: Listed, reader: Reader) -> dict[str, Any]:
    by = [
        ("people", "people, not the sync"),
        ("tenantry", "Tenantry"),
        ("schedule", "the schedule"),
        ("command", "the command line"),
    ]
    if not reader.installation:
        staff = [(str(row.account_id), legible(row.account.get_full_name())) for row in staff_here()]
        by = [*staff, ("operator", "operators"), *by]
    if wanted["by"] and wanted["by"] not in dict(by):
        by.append((wanted["by"], f"account {wanted['by'][:20]}"))
    kinds = sorted(((kind, _full_word(kind)) for kind in kinds_known(reader.marketplace_id)), key=lambda kind: kind[1])
    values = {name: str(value or "") for name, value in listed.applied.values.items()}
    hidden = [{"name": name, "value": wanted[name]} for name in ("about", "target") if wanted[name]]
    return {
        "action": reader.page,
        "search": {"value": wanted["q"], "label": "Search a name, an ID, an e-mail address"},
        "selects": [
            select("kind", "Kind: any", wanted["kind"], kinds),
            select("by", "By: anybody", wanted["by"], by),
        ],
        "dates": [
            {"name": "since", "label": "From day", "value": values["since"]},
            {"name": "until", "label": "To day", "value": values["until"]},
        ],
        "hidden": hidden,
        "clear_url": reader.page,
        "filtered": any(wanted.values()),
    }


def _full_word(kind: str) -> str:
    """Return the word of a kind; with what the sync did, where several share a word."""
    did = kind.partition(".")[2].partition("_")[2] if kind.startswith("sync.pending_") else ""
    return f"{kind_word(kind)}: {did}" if did else kind_word(kind)


def _narrowed_to(wanted: dict[str, str], listed: Listed, reader: Reader) -> str:
    """Return whom or what the list is about, when a link led to it."""
    if wanted["target"]:
        newest = next(iter(listed.page.rows), None)
        return legible(newest.target_name) if newest and newest.target_name else wanted["target"].replace(":", " ")
    kind, _, number = wanted["about"].partition(":")
    if kind == "user" and number.isdecimal() and len(number) < 19 and not reader.installation:  # noqa: PLR2004  # an id
        user = User.objects.filter(pk=int(number)).first()
        return legible(str(user)) if user else "a person"
    return "a person" if wanted["about"] else ""


def export_rows(wanted: dict[str, str], reader: Reader) -> Iterator[tuple[object, ...]]:
    """Return the rows of the export as CSV, in the order of ``EXPORT_HEADS``."""
    for event, personal in _all(wanted, reader):
        changes = "; ".join(_in_words(change) for change in differences(event, personal))
        yield (
            event.pk, event.at, event.actor_name, event.actor_id, event.action, title_of(event.action),
            event.target_kind, event.target_id, event.target_name, changes, event.reason, event.request_id,
            event.run_id,
        )  # fmt: skip


def export_lines(wanted: dict[str, str], reader: Reader) -> Iterator[str]:
    """Return the lines of the export as JSON, an event each, as it is stored; personal values as far as readable."""
    for event, personal in _all(wanted, reader):
        line = {
            "id": event.pk, "uid": str(event.uid), "at": event.at.isoformat(), "action": event.action,
            "actor": {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name},
            "target": {"kind": event.target_kind, "id": event.target_id, "name": event.target_name},
            "before": event.before, "after": event.after, "personal": personal if event.person_id else None,
            "reason": event.reason, "request_id": event.request_id, "run_id": event.run_id,
        }  # fmt: skip
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _all(wanted: dict[str, str], reader: Reader) -> Iterator[tuple[Event, Personal]]:
    for batch in event_batches(understood(wanted, reader), marketplace_id=reader.marketplace_id):
        opened = _opened(batch, reader)
        yield from ((event, opened[event.pk]) for event in batch)


def _in_words(change: dict[str, str]) -> str:
    old, new = change["before"], change["after"]
    return f"{change['field']}: {old} → {new}" if old else f"{change['field']}: {new}"
