"""Writes about connections. Operators only; the callers check that."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import ApplicationKind, Connection, Provider, SignIn
from tenantry.connections.secrets import seal_credential, seal_refresh_token
from tenantry.providers.microsoft.clouds import Cloud
from tenantry.sealing import KeyRingMissing

_LONGEST_NAME = 120


class UnableToSaveConnection(Exception):
    """The connection can't be saved as given. The message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class MicrosoftConnection:
    """What an operator gives to connect a Partner Center. ``credential`` and ``refresh_token`` are sealed.

    ``secret_expires_at`` is of the credential that comes with it; a certificate says it by itself.
    """

    name: str
    partner_tenant_id: str
    application_id: str
    application_kind: str
    sign_in: str = SignIn.APP_ONLY
    cloud: str = "global"
    settings: dict[str, Any] = field(default_factory=dict)
    credential: dict[str, str] = field(default_factory=dict, repr=False)
    refresh_token: str = field(default="", repr=False)
    secret_expires_at: datetime | None = None


def save_microsoft_connection(given: MicrosoftConnection, *, actor: Actor, now: datetime) -> Connection:
    """Create the connection, or replace the settings and secrets of the one with this name.

    Raises :class:`UnableToSaveConnection` for a bad id, a bad choice, or keys that are not there. Records the
    event without any secret.
    """
    given = checked(given)
    try:
        with transaction.atomic():
            row = Connection.objects.select_for_update().filter(name=given.name).first()
            if row is not None and row.provider != Provider.MICROSOFT:
                raise UnableToSaveConnection(
                    f"{given.name!r} is a connection of another provider. Choose another name for this one."
                )
            verb = "changed" if row else "created"
            row = row or Connection(uid=uuid.uuid4(), name=given.name, created_at=now)
            fill(row, given, now=now)
            row.save()
            record_connection(row, verb, actor=actor, now=now)
            return row
    except IntegrityError as error:
        raise UnableToSaveConnection(
            f"Somebody else made a connection named {given.name!r} at this moment. Look at it, then try again."
        ) from error
    except KeyRingMissing as error:
        raise UnableToSaveConnection(f"The secret can't be sealed, so nothing was saved. {error}") from error


def fill(row: Connection, given: MicrosoftConnection, *, now: datetime) -> None:
    """Write what was given into the unsaved connection; secrets only where there are any."""
    row.provider = Provider.MICROSOFT
    row.partner_tenant_id = given.partner_tenant_id
    row.application_id = given.application_id
    row.application_kind = given.application_kind
    row.sign_in, row.cloud, row.settings = given.sign_in, given.cloud, given.settings
    if given.credential:
        seal_credential(row, given.credential, now=now)
        row.secret_expires_at = row.secret_expires_at or given.secret_expires_at
    if given.refresh_token:
        seal_refresh_token(row, given.refresh_token, now=now)


def record_connection(row: Connection, verb: str, *, actor: Actor, now: datetime) -> None:
    """Record that the connection was created or changed, without any secret."""
    shown = {
        "partner_tenant_id": row.partner_tenant_id,
        "application_id": row.application_id,
        "application_kind": row.application_kind,
        "sign_in": row.sign_in,
        "cloud": row.cloud,
    }
    target = Target("connection", str(row.pk), row.name)
    record_event(Happening(f"connections.connection.{verb}", target, after=shown), actor=actor, now=now)


def checked(given: MicrosoftConnection) -> MicrosoftConnection:
    """Return it with its name trimmed and its ids as they are stored. Raises :class:`UnableToSaveConnection`."""
    name = checked_name(given.name)
    for label, value, choices in (
        ("kind of application", given.application_kind, ApplicationKind.values),
        ("way to sign in", given.sign_in, SignIn.values),
        ("cloud", given.cloud, [cloud.value for cloud in Cloud]),
    ):
        if value not in choices:
            raise UnableToSaveConnection(f"{value!r} is no {label}. There are: {', '.join(choices)}.")
    return replace(
        given,
        name=name,
        partner_tenant_id=_guid("partner tenant ID", given.partner_tenant_id),
        application_id=_guid("application ID", given.application_id),
    )


def checked_name(given: str) -> str:
    """Return a connection's name, trimmed. Raises :class:`UnableToSaveConnection`."""
    name = given.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise UnableToSaveConnection(f"The connection needs a name of at most {_LONGEST_NAME} letters.")
    return name


def _guid(label: str, value: str) -> str:
    try:
        return str(uuid.UUID(value.strip()))
    except ValueError as error:
        raise UnableToSaveConnection(
            f"The {label} {value[:60]!r} is not one. It looks like 00000000-0000-0000-0000-000000000000; "
            "copy it from the Partner Center's or Entra's overview page."
        ) from error
