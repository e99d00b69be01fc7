"""What a connection knows of the hints that its provider gives: where notifications go, how far the log was read.

``Connection.hints`` may hold ``registered_url``, ``registered_at``, ``activity_until``, ``activity_at``,
``activity_problem``, ``pushes`` (whether to be told when people change) and ``pushes_problem``.
"""

import uuid
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection, Provider
from tenantry.connections.sources import open_partner_center

_LOCAL = "http://127.0.0.1"


class NoAddress(Exception):
    """The provider can't send anything here. The message says what is needed."""


def notification_url(connection: Connection) -> str:
    """Return the address to which the provider may send hints about this connection; empty without a public one."""
    return f"{settings.MAIL.url}/hints/{connection.provider}/{connection.uid}/" if settings.MAIL.url else ""


def push_url(connection: Connection, name: uuid.UUID) -> str:
    """Return the address for what is told under this name; empty without a public one.

    Graph's has the name in it: its messages name a subscription of which we may not know yet.
    """
    if connection.provider == Provider.GOOGLE:
        return notification_url(connection)
    return f"{settings.MAIL.url}/hints/graph/{connection.uid}/{name}/" if settings.MAIL.url else ""


def may_be_reached(url: str) -> bool:
    """Whether a provider could send there: https, or this machine, where an emulator runs."""
    return url.startswith(("https://", f"{_LOCAL}/", f"{_LOCAL}:"))


def check_address(connection: Connection) -> None:
    """Raise ``NoAddress`` when the provider could not send notifications here."""
    if not may_be_reached(notification_url(connection)):
        raise NoAddress(f"{connection.get_provider_display()} needs an https address. Set TENANTRY_URL.")


@transaction.atomic
def switch_pushes(connection_id: int, *, on: bool, actor: Actor, now: datetime) -> Connection:
    """Let the provider be asked to tell when people change, or not. Doing it again changes nothing.

    Raises ``NoAddress``.
    """
    row = Connection.objects.select_for_update().get(pk=connection_id)
    if on:
        check_address(row)
    if bool(row.hints.get("pushes")) != on:
        row.hints = row.hints | {"pushes": on, "pushes_problem": ""}
        row.save(update_fields=["hints"])
        target = Target("connection", str(row.pk), row.name)
        happening = Happening("connections.pushes.switched", target, before={"on": not on}, after={"on": on})
        record_event(happening, actor=actor, now=now)
    return row


def note_pushes(connection_id: int, *, problem: str) -> None:
    """Note why the provider could not be asked to tell of changes, or with an empty text that it could."""
    if Connection.objects.get(pk=connection_id).hints.get("pushes_problem", "") != problem[:500]:
        _note(connection_id, {"pushes_problem": problem[:500]})


def check_registration(connection: Connection, *, now: datetime) -> str:
    """Ask where notifications go, note it and return it. Raises ``ProviderError``. Talks HTTP."""
    with open_partner_center(connection) as source:
        registered = source.registration()
    _note(connection.pk, {"registered_url": registered.url, "registered_at": now.isoformat()})
    return registered.url


def register_for_notifications(connection: Connection, *, actor: Actor, now: datetime) -> str:
    """Have notifications sent here unless another tool is registered; return where they go then.

    Another tool's registration stays as it is. Raises ``NoAddress`` and ``ProviderError``. Talks HTTP.
    """
    check_address(connection)
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
