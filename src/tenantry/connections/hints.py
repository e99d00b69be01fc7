"""What a connection knows of the hints that its provider gives: where notifications go, how far the log was read.

``Connection.hints`` may hold ``registered_url``, ``registered_at``, ``activity_until``, ``activity_at`` and
``activity_problem``.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.connections.sources import open_partner_center

PATH = "/hints/microsoft/"


def notification_url(connection: Connection) -> str:
    """Return the address to which the provider may send hints about this connection; empty without a public one."""
    return f"{settings.MAIL.url}{PATH}{connection.uid}/" if settings.MAIL.url else ""


def check_registration(connection: Connection, *, now: datetime) -> str:
    """Ask where notifications go, note it and return it. Raises ``ProviderError``. Talks HTTP."""
    with open_partner_center(connection) as source:
        registered = source.registration()
    _note(connection.pk, {"registered_url": registered.url, "registered_at": now.isoformat()})
    return registered.url


def register_for_notifications(connection: Connection, *, actor: Actor, now: datetime) -> str:
    """Have notifications sent here unless another tool is registered; return where they go then.

    Another tool's registration stays as it is. Raises ``ProviderError``. Talks HTTP.
    """
    wanted = notification_url(connection)
    with open_partner_center(connection) as source:
        registered = source.register(wanted)
    with transaction.atomic():
        _note(connection.pk, {"registered_url": registered.url, "registered_at": now.isoformat()})
        if registered.url == wanted:
            target = Target("connection", str(connection.pk), connection.name)
            happening = Happening("connections.notifications.registered", target, after={"url": wanted})
            record_event(happening, actor=actor, now=now)
    return registered.url


def note_activity_read(connection_id: int, *, until: date | None, problem: str, now: datetime) -> None:
    """Note how far the activity log was read, or why it could not be."""
    changed = {"activity_at": now.isoformat(), "activity_problem": problem[:500]}
    _note(connection_id, changed | ({"activity_until": until.isoformat()} if until else {}))


@transaction.atomic
def _note(connection_id: int, changed: dict[str, Any]) -> None:
    row = Connection.objects.select_for_update().get(pk=connection_id)
    row.hints = row.hints | changed
    row.save(update_fields=["hints"])
