"""Connections as operators and the fed marketplace's managers see them: a state in words, and why."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tenantry.connections.consent_words import in_words
from tenantry.connections.health import near_concerns
from tenantry.connections.models import Connection
from tenantry.core.brakes.quarantine import OFF_AFTER
from tenantry.sync.models import Quarantine
from tenantry.sync.observe.states import ConnectionState, Health

_TONES = {
    Health.WORKS: "good",
    Health.READING: "busy",
    Health.NOT_READ: "off",
    Health.INCOMPLETE: "wait",
    Health.FAILED: "bad",
    Health.CANCELLED: "off",
    Health.NOT_READY: "wait",
    Health.SET_ASIDE: "bad",
    Health.OFF: "off",
}
_SENTENCES = {
    Health.INCOMPLETE: "The last list did not end cleanly: it added and updated, and judged nothing absent.",
    Health.CANCELLED: "The last reading was cancelled.",
    Health.NOT_READY: "What it signs in with is missing: an operator gives it on the connection's page.",
    Health.OFF: "Nothing is read from it.",
}


def consent_rows(connection: Connection, *, now: datetime) -> list[dict[str, str]]:
    """Return what ends soon, ended or is missing: ``word`` and ``tone`` of a badge, ``title``, the fix."""
    told = [in_words(concern, now=now) for concern in near_concerns(connection, now=now)]
    return [
        {
            "word": "needs consent" if words.bad else "ends soon",
            "tone": "bad" if words.bad else "wait",
            "title": words.title,
            "sentence": words.fix,
        }
        for words in sorted(told, key=lambda words: not words.bad)
    ]


def aside_row(aside: Quarantine | None) -> dict[str, Any] | None:
    """Return why a connection was set aside, since when, and what happens next; ``None`` for one that is not."""
    if aside is None:
        return None
    failure = aside.failure or {}
    fix = str(failure.get("next", "")) or "Test permissions on the connection's page: what is missing is listed there."
    return {
        "reason": str(failure.get("what", "")) or aside.reason,
        "fix": fix,
        "since": aside.begun_at,
        "tries": aside.tries,
        "next": aside.next_try_at,
        "off_at": aside.begun_at + timedelta(days=OFF_AFTER),
        "switched_off": aside.switched_off_at,
    }


def connection_row(state: ConnectionState) -> dict[str, Any]:
    """Return the connection with its state in words, and what of its consent needs somebody."""
    connection = state.connection
    failure = " ".join(part for part in (state.failure.get("what", ""), state.failure.get("next", "")) if part)
    return {
        "pk": connection.pk,
        "name": connection.name,
        "provider": connection.get_provider_display(),
        "cloud": connection.cloud,
        "partner_tenant": connection.partner_tenant_id,
        "word": state.health.value,
        "tone": _TONES[state.health],
        "sentence": "" if state.quarantine else failure or _SENTENCES.get(state.health, ""),
        "aside": aside_row(state.quarantine),
        "last_listing": state.last_listing,
        "consent": consent_rows(connection, now=timezone.now()) if connection.enabled else [],
        "url": "",
    }
