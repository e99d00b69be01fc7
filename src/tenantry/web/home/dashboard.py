"""The context of Home (``dashboard.html``)."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from tenantry.core.permissions import Action
from tenantry.sync.holds.queries import open_holds, tallies_of_holds
from tenantry.sync.links import companies_without_relationship
from tenantry.sync.models import Run, RunState
from tenantry.sync.observe.states import ConnectionState, Health, states_of_feeding
from tenantry.sync.pending.queries import QueueCounts, count_queue
from tenantry.sync.runs.queries import latest_runs, latest_syncs
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync
from tenantry.sync.user_settings import read_user_sync
from tenantry.web.access import Visit
from tenantry.web.holds.words import words_for
from tenantry.web.middleware import Presence
from tenantry.web.people.words import PROVIDERS
from tenantry.web.runs.rows import rows_of

_LATEST = 5
_NAMED = 3


def dashboard_context(visit: Visit) -> dict[str, Any]:
    """Return what this person may see of the marketplace. Support staff see no runs to open."""
    presence = visit.presence
    switches, connections = read_company_sync(), states_of_feeding()
    runs, syncs = latest_runs(_LATEST), latest_syncs(_LATEST)
    rows = rows_of(runs)
    manages = presence.may(Action.CHANGE_SYNC_SETTINGS)
    return {
        "queue": _queue(visit.now) if presence.may(Action.SEE_PENDING) else None,
        "last_run": next(iter(rows_of(syncs[:1])), None),
        "switches": _switches(switches, url=reverse("web:sync-settings") if manages else ""),
        "steps": _steps(switches, connections, syncs, presence),
        "attention": _attention(syncs, connections) if presence.may(Action.SEE_RUNS) else [],
        "runs": rows if presence.may(Action.SEE_RUNS) else [],
        "can_sync": switches.on and presence.may(Action.START_RUN),
    }


def _queue(now: datetime) -> dict[str, Any]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counts: QueueCounts = count_queue(since=midnight)
    return {
        "pending": counts.waiting.count,
        "over": counts.waiting.over,
        "new_today": counts.new.count,
        "new_over": counts.new.over,
        "with_problems": counts.with_problems.count,
        "problems_over": counts.with_problems.over,
        "not_read": counts.not_read.count,
        "not_read_over": counts.not_read.over,
    }


def _switches(companies: CompanySyncSwitches, *, url: str) -> list[dict[str, Any]]:
    """Return what is on: Company Sync, and User Sync of each provider. Two queries."""
    come, stay = "New customer tenants flow into Pending companies.", "No new tenants flow in. What is pending stays."
    rows = [_switch("Company Sync", (come, stay), allowed=companies.allowed, chosen=companies.chosen)]
    for provider, people in read_user_sync().items():
        come = "People of linked companies become users and stay current."
        stay = "Nobody comes in or is changed. Who is there stays."
        name = f"User Sync from {PROVIDERS[provider.value]}"
        rows.append(_switch(name, (come, stay), allowed=people.allowed, chosen=people.settings.user_sync))
    return [{**row, "url": url} for row in rows]


def _switch(name: str, sentences: tuple[str, str], *, allowed: bool, chosen: bool) -> dict[str, Any]:
    if not allowed:
        word, note = "not available", "An operator enables it for this marketplace."
    else:
        word, note = ("on", sentences[0]) if chosen else ("off", sentences[1])
    return {"name": name, "on": allowed and chosen, "word": word, "note": note}


def _steps(
    switches: CompanySyncSwitches, connections: list[ConnectionState], runs: list[Run], presence: Presence
) -> list[dict[str, Any]]:
    """Return the way to a first sync, or nothing once one has been through."""
    if any(run.state == RunState.DONE for run in runs) and switches.on:
        return []
    manages, operates = presence.may(Action.CHANGE_SYNC_SETTINGS), presence.may(Action.RUN_INSTALLATION)
    settings_url = reverse("web:sync-settings") if manages else ""
    runs_url = reverse("web:run-list") if manages else ""
    operator_url = reverse("web:operator-home") if operates else ""
    steps = [
        ("Connect a Partner Center", "An operator connects it and lets its tenants reach this marketplace.",
         bool(connections), operator_url, "Open Operator"),
        ("Enable Company Sync", "An operator enables it for this marketplace.",
         switches.allowed, operator_url, "Open Operator"),
        ("Switch Company Sync on", "A marketplace manager switches it on; the first sync starts at once.",
         switches.on, settings_url, "Open Sync settings"),
        ("First sync", "It reads the customer tenants; those not linked to a company wait for your decision.",
         any(run.state == RunState.DONE for run in runs), runs_url, "See Sync history"),
    ]  # fmt: skip
    now = next((number for number, step in enumerate(steps) if not step[2]), None)
    return [
        {"title": title, "sentence": sentence, "done": done, "now": number == now, "url": url, "action": action}
        for number, (title, sentence, done, url, action) in enumerate(steps)
    ]


def _attention(runs: list[Run], connections: list[ConnectionState]) -> list[dict[str, Any]]:
    """Return what is wrong or needs a person, worst first."""
    return [*_failures(runs), *_holds(), *_troubles(connections), *_ended()]


def _failures(runs: list[Run]) -> list[dict[str, Any]]:
    """Return the connections whose latest ended run here failed, or does not add up."""
    items, judged = [], set()
    for run in runs:
        if run.ended_at is None or run.connection_id in judged or run.preview:
            continue
        judged.add(run.connection_id)
        link = {"url": reverse("web:run-detail", args=[run.pk]), "action": "See the run"}
        if run.state == RunState.FAILED:
            failure = run.failure or {}
            sentence = " ".join(part for part in (failure.get("what", ""), failure.get("next", "")) if part)
            title = f"The last sync of {run.source} failed"
            items.append({"tone": "bad", "title": title, "sentence": sentence, **link})
        elif run.suspect:
            title = "The counters of the last sync do not add up"
            items.append({"tone": "wait", "title": title, "sentence": run.suspect, **link})
    return items


def _holds() -> list[dict[str, Any]]:
    """Return the holds that wait for a person."""
    holds = open_holds()
    tallies = tallies_of_holds(holds)
    return [
        {
            "tone": "wait",
            "title": f"{words_for(hold).count(tallies[hold.pk].held)} held for your release",
            "sentence": hold.reason,
            "url": reverse("web:hold-detail", args=[hold.pk]),
            "action": "Look at them",
        }
        for hold in holds
    ]


def _troubles(connections: list[ConnectionState]) -> list[dict[str, Any]]:
    words = {
        Health.SET_ASIDE: (
            "was set aside",
            "It fails, and is tried once a day. What is known stays. Sync history says why; your operator mends it.",
        ),
        Health.OFF: ("is switched off", "Nothing is read from it. Ask your operator."),
        Health.NOT_READY: ("is not ready", "It lacks its application's ID or kind. Ask your operator."),
    }
    return [
        {
            "tone": "wait",
            "title": f"{state.connection.name} {words[state.health][0]}",
            "sentence": words[state.health][1],
        }
        for state in connections
        if state.health in words
    ]


def _ended() -> list[dict[str, Any]]:
    """Return the notice of companies whose reseller relationship ended. One query."""
    names = companies_without_relationship(limit=_NAMED + 1)
    if not names:
        return []
    more = " and more" if len(names) > _NAMED else ""
    many = len(names) > 1
    title = "Reseller relationships have ended" if many else "A reseller relationship has ended"
    sentence = (
        f"{', '.join(names[:_NAMED])}{more}: the Partner Center does not show the tenant any more. Nobody was "
        "deactivated. If the relationship returns, this notice goes by itself."
    )
    return [{"tone": "wait", "title": title, "sentence": sentence}]
