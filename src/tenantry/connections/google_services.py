"""Writes about Google connections. Operators only; the callers check that. The key goes in and never comes out."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection, GoogleDiscovery, Provider
from tenantry.connections.secrets import seal_credential
from tenantry.connections.services import UnableToSaveConnection, checked_name
from tenantry.providers.errors import Misconfigured
from tenantry.providers.google.addresses import endpoints_for
from tenantry.providers.google.credentials import ServiceAccountKey, read_key
from tenantry.providers.google.mapping import known_customer
from tenantry.providers.texts import address_of
from tenantry.sealing import KeyRingMissing


@dataclass(frozen=True, slots=True)
class GoogleConnection:
    """What an operator gives to connect a Google reseller, or one customer.

    ``account_id`` is the reseller's own customer id (``C…``), which Cloud Channel needs; ``key`` the whole content of
    the service account's key file, which is sealed. Without a key the one that is there stays.
    """

    name: str
    discovery: str
    subject: str
    account_id: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    key: str = field(default="", repr=False)


def save_google_connection(given: GoogleConnection, *, actor: Actor, now: datetime) -> Connection:
    """Create the connection, or replace the settings, and with a key the key, of the one with this name.

    Raises :class:`UnableToSaveConnection` for what can't be right, and when the name is a Microsoft connection's.
    """
    given = _checked(given)
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(name=given.name).first()
        if row is not None and row.provider != Provider.GOOGLE:
            raise UnableToSaveConnection(
                f"{given.name!r} is a connection of another provider. Choose another name for this one."
            )
        return _saved(row, given, actor=actor, now=now)


def create_google_connection(given: GoogleConnection, *, actor: Actor, now: datetime) -> Connection:
    """Create a connection with a name that no other has. Raises :class:`UnableToSaveConnection`."""
    given = _checked(given)
    if Connection.objects.filter(name__iexact=given.name).exists():
        raise UnableToSaveConnection(f"There is a connection named {given.name!r} already. Choose another name.")
    return _saved(None, given, actor=actor, now=now)


def edit_google_connection(
    *, connection_id: int, given: GoogleConnection, actor: Actor, now: datetime
) -> Connection:  # fmt: skip
    """Change the settings; ``given.key`` is not looked at. Raises :class:`UnableToSaveConnection`."""
    given = _checked(replace(given, key=""))
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        return _saved(row, given, actor=actor, now=now)


def replace_key(*, connection_id: int, key: str, actor: Actor, now: datetime) -> Connection:
    """Seal another service account's key in place of the one that is there. Raises :class:`UnableToSaveConnection`."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        _seal(row, _key(key, row.settings), key, now=now)
        row.test_results = None
        row.save()
        after = {"service_account": row.service_account, "service_account_id": row.service_account_id}
        happening = Happening("connections.connection.secret_replaced", _target(row), after=after)
        record_event(happening, actor=actor, now=now)
        return row


def _saved(row: Connection | None, given: GoogleConnection, *, actor: Actor, now: datetime) -> Connection:
    verb = "changed" if row else "created"
    row = row or Connection(uid=uuid.uuid4(), provider=Provider.GOOGLE, created_at=now)
    if row.sealed_secret is None and not given.key:
        raise UnableToSaveConnection("A Google connection needs the key file of a service account.")
    row.name, row.discovery, row.subject = given.name, given.discovery, given.subject
    row.partner_tenant_id, row.settings, row.test_results = given.account_id, given.settings, None
    if given.key:
        _seal(row, _key(given.key, given.settings), given.key, now=now)
    try:
        with transaction.atomic():
            row.save()
            _record(row, verb, actor=actor, now=now)
    except IntegrityError as error:
        raise UnableToSaveConnection(
            f"There is another connection named {given.name!r}. Choose another name."
        ) from error
    return row


def _seal(row: Connection, key: ServiceAccountKey, text: str, *, now: datetime) -> None:
    try:
        seal_credential(row, {"service_account": text}, now=now)
    except KeyRingMissing as error:
        raise UnableToSaveConnection(f"The key can't be sealed, so nothing was saved. {error}") from error
    row.service_account, row.service_account_id = key.client_email[:254], key.client_id[:40]


def _checked(given: GoogleConnection) -> GoogleConnection:
    """Return it with texts as they are stored. Raises :class:`UnableToSaveConnection`."""
    if given.discovery not in GoogleDiscovery.values:
        raise UnableToSaveConnection(f"{given.discovery!r} is no mode. There are: {', '.join(GoogleDiscovery.values)}.")
    subject, account = address_of(given.subject), given.account_id.strip()
    if subject.count("@") != 1 or len(subject) > 254:  # noqa: PLR2004 (the column's length)
        raise UnableToSaveConnection(
            "The administrator to speak for needs a mail address, such as admin@reseller.example."
        )
    if account and known_customer(account) is None:
        raise UnableToSaveConnection(
            f"The account ID {account[:60]!r} is not one. It begins with C; the Admin console shows it under Account, "
            "Account settings."
        )
    if given.discovery == GoogleDiscovery.CHANNEL and not account:
        raise UnableToSaveConnection("Cloud Channel needs the reseller's own account ID. It begins with C.")
    try:
        endpoints_for(given.settings.get("google", ""))
    except Misconfigured as error:
        raise UnableToSaveConnection(f"{error.message} {error.next_step}") from error
    if given.discovery == GoogleDiscovery.OWN:
        account = ""
    if given.key:
        _key(given.key, given.settings)
    return replace(given, name=checked_name(given.name), subject=subject, account_id=account)


def _key(text: str, settings: dict[str, Any]) -> ServiceAccountKey:
    try:
        key = read_key(text)
        key.for_google_auth(endpoints_for(settings.get("google", "")))
    except Misconfigured as error:
        raise UnableToSaveConnection(f"{error.message} {error.next_step}") from error
    return key


def _target(row: Connection) -> Target:
    return Target("connection", str(row.pk), row.name)


def _record(row: Connection, verb: str, *, actor: Actor, now: datetime) -> None:
    shown = {
        "discovery": row.discovery,
        "subject": row.subject,
        "account_id": row.partner_tenant_id,
        "service_account": row.service_account,
        "service_account_id": row.service_account_id,
    }
    record_event(Happening(f"connections.connection.{verb}", _target(row), after=shown), actor=actor, now=now)
