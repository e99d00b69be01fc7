"""Connections as operators and the fed marketplace's managers see them: a state in words, and why."""

from typing import Any

from tenantry.sync.observe.states import ConnectionState, Health

_TONES = {
    Health.WORKS: "good",
    Health.READING: "busy",
    Health.NOT_READ: "off",
    Health.INCOMPLETE: "wait",
    Health.FAILED: "bad",
    Health.CANCELLED: "off",
    Health.NOT_READY: "wait",
    Health.OFF: "off",
}
_SENTENCES = {
    Health.INCOMPLETE: "The last list did not end cleanly: it added and updated, and judged nothing absent.",
    Health.CANCELLED: "The last reading was cancelled.",
    Health.NOT_READY: "Its application's ID or kind is missing: an operator gives both.",
    Health.OFF: "Nothing is read from it.",
}


def connection_row(state: ConnectionState) -> dict[str, Any]:
    """Return the connection with its state in words."""
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
        "sentence": failure or _SENTENCES.get(state.health, ""),
        "last_listing": state.last_listing,
        "url": "",
    }
