"""The context of the page of one pending company (``pending/detail.html``)."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.audit.models import Event
from tenantry.core.tenants import Problem
from tenantry.sync.automatic.words import AUTOMATIC_ADVICE, SHOWN_WORDS
from tenantry.sync.models import Change, PendingCompany, Tenant
from tenantry.sync.pending.facts import Seen, events_of, sightings_of, unapplied_changes_of
from tenantry.sync.pending.queries import Wanted, neighbours_of
from tenantry.web.countries import country_name
from tenantry.web.pending.listing import kept_query
from tenantry.web.pending.rows import STATE_TONES
from tenantry.web.texts import legible

_ADDRESS_LINES = ("line1", "line2")
_NOT_READ = "not read yet"
_EVENT_WORDS = {
    "sync.pending_add.applied": ("Came in", "good"),
    "sync.pending_update.applied": ("Updated", "good"),
    "sync.pending_withdraw.applied": ("Withdrawn", "off"),
    "sync.pending_return.applied": ("Came back", "good"),
    "sync.pending_linked.applied": ("Left the queue: linked", "good"),
    "sync.tenant.linked": ("Linked to a company", "good"),
    "sync.pending.created": ("Created as a company", "good"),
    "sync.pending.linked": ("Linked to a company", "good"),
    "sync.pending.ignored": ("Ignored", "off"),
    "sync.pending.snoozed": ("Snoozed", "off"),
    "sync.pending.woken": ("Came back from its snooze", "good"),
    "sync.pending.reopened": ("Reopened", "good"),
    "sync.pending.match_rejected": ("A company was ruled out", "off"),
    "sync.pending.decision_undone": ("A decision was taken back", "off"),
}
_CHANGE_WORDS = {
    "planned": ("Planned", "busy"),
    "held": ("Held back", "wait"),
    "stale": ("Not applied: changed meanwhile", "off"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Cancelled with its run", "off"),
}


def detail_context(pending: PendingCompany, wanted: Wanted, *, now: datetime) -> dict[str, Any]:
    """Return everything that the page needs."""
    seen = sightings_of(pending)
    before, after = neighbours_of(pending, wanted, now=now)
    kept = kept_query(wanted)
    return {
        "pending": _heading(pending, seen),
        "fact_groups": _legible(_fact_groups(pending.tenant, pending.connection.name)),
        "problems": [
            *(_problem(code, pending) for code in pending.problems if code != Problem.DETAILS_NOT_READ),
            *(_not_by_rule(code) for code in pending.automatic_problems if code in SHOWN_WORDS),
        ],
        "relationship": _relationship(pending.tenant, seen),
        "sightings": [_sighting(each) for each in seen],
        "history": _history(events_of(pending), unapplied_changes_of(pending)),
        "back_url": reverse("web:pending-list") + kept,
        "previous_url": _neighbour(before, kept),
        "next_url": _neighbour(after, kept),
    }


def _neighbour(pk: int | None, kept: str) -> str:
    return reverse("web:pending-detail", args=[pk]) + kept if pk else ""


def _heading(pending: PendingCompany, seen: list[Seen]) -> dict[str, Any]:
    return {
        "pk": pending.pk,
        "name": legible(pending.name),
        "tenant_id": pending.tenant.external_id,
        "word": pending.get_state_display(),
        "tone": STATE_TONES.get(pending.state, "off"),
        "first_seen": pending.first_seen_at,
        "last_seen": max((each.last_seen for each in seen), default=None),
        "details_read": pending.tenant.details_at is not None or bool(pending.tenant.details_problem),
        "details_at": pending.tenant.details_at,
    }


def _fact_groups(tenant: Tenant, source: str) -> list[dict[str, Any]]:
    read = {"as_of": tenant.details_at, "source": source if tenant.details_at else ""}
    missing = "not given" if tenant.details_at else _NOT_READ
    address = tenant.address or {}
    lines: list[str] = [address.get(name, "") for name in _ADDRESS_LINES]
    lines.append(" ".join(part for part in (address.get("postal_code", ""), address.get("city", "")) if part))
    lines.extend([address.get("region", ""), country_name(tenant.country) if tenant.country else ""])
    contact = " ".join(part for part in (tenant.contact_first_name, tenant.contact_last_name) if part)
    return [
        {"title": "Company", "facts": [
            {"label": "Name", "value": tenant.name},
            {"label": "Tenant ID", "value": tenant.external_id, "kind": "id"},
            {"label": "Primary domain", "value": tenant.domain, "missing": "not given"},
            _domains(tenant, read),
            {"label": "Country", "value": country_name(tenant.country), "missing": missing, **read},
            {"label": "Registration number", "value": tenant.registration_number, "missing": missing, **read},
        ]},
        {"title": "Primary contact", "facts": [
            {"label": "Name", "value": contact, "missing": missing, **read},
            {"label": "E-mail", "value": tenant.contact_email, "kind": "email", "missing": missing, **read},
            {"label": "Phone", "value": tenant.contact_phone, "kind": "phone", "missing": missing, **read},
            {"label": "Language", "value": tenant.contact_language, "missing": missing, **read},
        ]},
        {"title": "Address", "facts": [
            {"label": "Address", "value": [*filter(None, lines)], "kind": "lines", "missing": missing, **read},
            {"label": "Phone", "value": address.get("phone", ""), "kind": "phone", "missing": missing, **read},
        ]},
    ]  # fmt: skip


def _legible(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for fact in (fact for group in groups for fact in group["facts"]):
        value = fact["value"]
        fact["value"] = [legible(line) for line in value] if isinstance(value, list) else legible(value)
    return groups


def _domains(tenant: Tenant, read: dict[str, Any]) -> dict[str, Any]:
    hidden = "not visible without delegated administration" if tenant.details_at else _NOT_READ
    missing = hidden if tenant.domains is None else "none"
    return {"label": "Verified domains", "value": tenant.domains or [], "kind": "list", "missing": missing, **read}


def _problem(code: str, pending: PendingCompany) -> dict[str, Any]:
    unread = "; ".join(each.rstrip(".") for each in pending.tenant.missing)
    texts = {
        Problem.DETAILS_REFUSED: (
            "The details were refused",
            pending.tenant.details_problem or "The provider does not let this connection read this tenant's details.",
            "Ask your operator to check the connection's permissions. It is tried again once a day, for 28 days.",
        ),
        Problem.CONTACT_MISSING: (
            "No primary contact",
            "The customer's billing profile at the Partner Center names nobody."
            + (f" Could not be read: {unread}." if unread else ""),
            "Add a contact to the billing profile in the Partner Center; the next sync brings it.",
        ),
        Problem.CONTACT_EMAIL_MISSING: (
            "The contact has no e-mail address",
            "The billing profile at the Partner Center has a name and no address to write to.",
            "Add the address to the billing profile in the Partner Center; the next sync brings it.",
        ),
    }
    fallback = (code, "This tenant needs attention.", "Ask your operator.")
    title, sentence, fix = texts.get(Problem(code), fallback) if code in list(Problem) else fallback
    return {"title": title, "sentence": sentence, "fix": fix, "url": "", "action": ""}


def _not_by_rule(code: str) -> dict[str, Any]:
    return {
        "title": "Not created automatically",
        "sentence": f"{SHOWN_WORDS[code].capitalize()}.",
        "fix": AUTOMATIC_ADVICE[code],
        "url": "",
        "action": "",
    }


def _relationship(tenant: Tenant, seen: list[Seen]) -> list[dict[str, Any]]:
    missing = "not visible" if tenant.details_at else _NOT_READ
    ends = max((each.sighting.delegation_ends_at for each in seen if each.sighting.delegation_ends_at), default=None)
    admin = {True: "yes", False: "no", None: ""}[tenant.delegated_admin]
    return [
        {"label": "Relationship", "value": ", ".join(sorted({_relation(each) for each in seen})), "missing": "none"},
        {"label": "Delegated administration", "value": admin, "missing": missing},
        {"label": "Administration ends", "value": f"{ends:%d %b %Y}" if ends else "", "missing": "not known"},
        {"label": "Indirect reseller", "value": tenant.indirect_reseller_id, "kind": "id", "missing": "none known"},
        {"label": "Cloud", "value": tenant.cloud},
    ]


def _relation(seen: Seen) -> str:
    return "ended" if seen.sighting.ended_at else seen.sighting.relationship.replace("_", " ")


def _sighting(seen: Seen) -> dict[str, Any]:
    sighting = seen.sighting
    tone = "good" if sighting.relationship == "reseller" else "off"
    if sighting.ended_at or sighting.missing_since:
        tone = "off" if sighting.ended_at else "wait"
    return {
        "connection": sighting.connection.name,
        "word": _relation(seen),
        "tone": tone,
        "first_seen": sighting.first_seen_at,
        "last_seen": seen.last_seen,
        "missing_since": sighting.missing_since,
        "details_at": sighting.details_at,
        "failing": bool(sighting.details_failures),
        "next_try": sighting.details_due_at,
        "at_provider_url": "",
    }


def _history(events: list[Event], changes: list[Change]) -> list[dict[str, Any]]:
    steps = [_event_step(event) for event in events] + [_change_step(change) for change in changes]
    return sorted(steps, key=lambda step: step["at"], reverse=True)


def _event_step(event: Event) -> dict[str, Any]:
    words = event.action.split(".")
    title, tone = _EVENT_WORDS.get(event.action, (" ".join(words[1:]).replace("_", " ").capitalize(), "off"))
    url = reverse("web:run-detail", args=[event.run_id]) if event.run_id else ""
    return {
        "title": title, "tone": tone, "at": event.at, "actor": event.actor_name, "detail": legible(event.reason),
        "url": url, "link": "the run",
    }  # fmt: skip


def _change_step(change: Change) -> dict[str, Any]:
    title, tone = _CHANGE_WORDS.get(change.state, (change.get_state_display().capitalize(), "off"))
    return {
        "title": title, "tone": tone, "at": change.settled_at or change.created_at,
        "detail": change.problem or change.reason, "url": reverse("web:run-detail", args=[change.run_id]),
        "link": "the run",
    }  # fmt: skip
