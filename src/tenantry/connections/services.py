"""Writes about connections. Operators only; the callers check that."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection, Provider, SignIn
from tenantry.connections.secrets import seal_credential, seal_refresh_token


class UnableToSaveConnection(Exception):
    """The connection can't be saved as given. The message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class MicrosoftConnection:
    """What an operator gives to connect a Partner Center. ``credential`` and ``refresh_token`` are sealed."""

    name: str
    partner_tenant_id: str
    application_id: str
    application_kind: str
    sign_in: str = SignIn.APP_ONLY
    cloud: str = "global"
    settings: dict[str, Any] = field(default_factory=dict)
    credential: dict[str, str] = field(default_factory=dict, repr=False)
    refresh_token: str = field(default="", repr=False)


def save_microsoft_connection(given: MicrosoftConnection, *, actor: Actor, now: datetime) -> Connection:
    """Create the connection, or replace the settings and secrets of the one with this name.

    Raises :class:`UnableToSaveConnection` for a bad id. Records the event without any secret.
    """
    _check(given)
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(name=given.name).first()
        verb = "changed" if row else "created"
        row = row or Connection(uid=uuid.uuid4(), name=given.name, created_at=now)
        row.provider = Provider.MICROSOFT
        row.partner_tenant_id = given.partner_tenant_id.lower()
        row.application_id = given.application_id.lower()
        row.application_kind = given.application_kind
        row.sign_in, row.cloud, row.settings = given.sign_in, given.cloud, given.settings
        if given.credential:
            seal_credential(row, given.credential, now=now)
        if given.refresh_token:
            seal_refresh_token(row, given.refresh_token)
        try:
            row.save()
        except IntegrityError as error:
            raise UnableToSaveConnection(f"There is already a connection named {given.name!r}.") from error
        shown = {
            "partner_tenant_id": row.partner_tenant_id,
            "application_id": row.application_id,
            "cloud": row.cloud,
        }
        happening = Happening(
            f"connections.connection.{verb}", Target("connection", str(row.pk), row.name), after=shown
        )
        record_event(happening, actor=actor, now=now)
        return row


def _check(given: MicrosoftConnection) -> None:
    for label, value in (
        ("partner tenant ID", given.partner_tenant_id),
        ("application ID", given.application_id),
    ):
        try:
            uuid.UUID(value)
        except ValueError as error:
            raise UnableToSaveConnection(
                f"The {label} {value[:60]!r} is not one. It looks like 00000000-0000-0000-0000-000000000000; "
                "copy it from the Partner Center's or Entra's overview page."
            ) from error
    if not given.name.strip():
        raise UnableToSaveConnection("The connection needs a name.")
