"""Changes to a connection that is there: its settings, its secret, whether it is read. Operators only.

Sealed secrets go in and never come out; what a change makes worthless is removed with it.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import ApplicationKind, Connection, SignIn
from tenantry.connections.secrets import seal_credential
from tenantry.connections.services import (
    MicrosoftConnection,
    UnableToSaveConnection,
    checked,
    fill,
    record_connection,
    save_microsoft_connection,
)
from tenantry.providers.errors import Misconfigured
from tenantry.providers.microsoft.clouds import endpoints_for
from tenantry.providers.microsoft.credentials import ClientCertificate, ClientSecret
from tenantry.sealing import KeyRingMissing

# What a person signed in for: another one of these, and the sign-in is worth nothing.
_SIGNED_IN_FOR = ("partner_tenant_id", "application_id", "application_kind", "cloud")


@transaction.atomic
def create_connection(
    given: MicrosoftConnection, *, expires_at: datetime | None, actor: Actor, now: datetime
) -> Connection:
    """Create a connection with a name that no other has.

    Raises :class:`UnableToSaveConnection`: a name that is taken, a bad id, a secret that can't be used.
    """
    if Connection.objects.filter(name__iexact=given.name.strip()).exists():
        raise UnableToSaveConnection(
            f"There is a connection named {given.name.strip()!r} already. Choose another name."
        )
    check_addresses(given.cloud, given.settings)
    ends = check_credential(given.application_kind, given.credential) or expires_at
    row = save_microsoft_connection(_suited(given), actor=actor, now=now)
    if given.credential:
        row.secret_expires_at = ends
        row.save(update_fields=["secret_expires_at"])
    return row


def edit_connection(
    *, connection_id: int, given: MicrosoftConnection, actor: Actor, now: datetime
) -> tuple[Connection, bool]:
    """Change the settings; return the connection, and whether its sign-in or secret had to go with the change.

    ``credential`` and ``refresh_token`` of ``given`` are not looked at. Raises :class:`UnableToSaveConnection`.
    """
    check_addresses(given.cloud, given.settings)
    given = _suited(checked(replace(given, credential={}, refresh_token="")))
    try:
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=connection_id)
            before = {name: getattr(row, name) for name in _SIGNED_IN_FOR}
            row.name = given.name
            fill(row, given, now=now)
            lost = _drop_what_no_longer_fits(row, before)
            row.save()
            record_connection(row, "changed", actor=actor, now=now)
            return row, lost
    except IntegrityError as error:
        raise UnableToSaveConnection(
            f"There is another connection named {given.name!r}. Choose another name."
        ) from error


def replace_credential(
    *, connection_id: int, credential: dict[str, str], expires_at: datetime | None, actor: Actor, now: datetime
) -> Connection:
    """Seal a new secret (``{"secret": …}``) or certificate in place of the one that is there.

    Raises :class:`UnableToSaveConnection` when it can't be used, or the application is native and has none.
    """
    row = Connection.objects.get(pk=connection_id)
    ends = check_credential(row.application_kind, credential) or expires_at
    try:
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=connection_id)
            seal_credential(row, credential, now=now)
            row.secret_expires_at, row.test_results = ends, None
            row.save()
            _record(row, "secret_replaced", {"kind": next(iter(credential)), "expires_at": _text(ends)}, actor, now)
            return row
    except KeyRingMissing as error:
        raise UnableToSaveConnection(f"The secret can't be sealed, so nothing was saved. {error}") from error


@transaction.atomic
def set_enabled(*, connection_id: int, enabled: bool, actor: Actor, now: datetime) -> Connection:
    """Let the connection be read, or not. What it brought stays. Doing it again changes nothing."""
    row = Connection.objects.select_for_update().get(pk=connection_id)
    if row.enabled != enabled:
        row.enabled = enabled
        row.save(update_fields=["enabled"])
        _record(row, "enabled" if enabled else "disabled", {"enabled": enabled}, actor, now)
    return row


def check_credential(application_kind: str, credential: dict[str, str]) -> datetime | None:
    """Return when the certificate ends, if it is one. Raises :class:`UnableToSaveConnection` when it can't be used."""
    if application_kind == ApplicationKind.NATIVE:
        if credential:
            raise UnableToSaveConnection(
                "A native application has no secret and no certificate. Sign a user in instead."
            )
        return None
    try:
        if "certificate" in credential:
            given = ClientCertificate(
                credential["certificate"], credential["private_key"], credential.get("passphrase", "")
            )
            given.for_msal()
            return x509.load_pem_x509_certificate(given.certificate.encode()).not_valid_after_utc.astimezone(UTC)
        ClientSecret(credential.get("secret", "")).for_msal()
    except Misconfigured as error:
        raise UnableToSaveConnection(f"{error.message} {error.next_step}") from error
    return None


def check_addresses(cloud: str, settings: dict[str, Any]) -> None:
    """Raise :class:`UnableToSaveConnection` when an address of the settings may not be called."""
    try:
        places = {name: settings.get(name, "") for name in ("api", "authority", "graph")}
        endpoints_for(cloud, **places)
    except Misconfigured as error:
        raise UnableToSaveConnection(f"{error.message} {error.next_step}") from error


def _suited(given: MicrosoftConnection) -> MicrosoftConnection:
    """A native application can't sign in by itself, whatever was chosen."""
    native = given.application_kind == ApplicationKind.NATIVE
    return replace(given, sign_in=SignIn.APP_AND_USER) if native else given


def _drop_what_no_longer_fits(row: Connection, before: dict[str, Any]) -> bool:
    lost = False
    changed = any(before[name] != getattr(row, name) for name in _SIGNED_IN_FOR)
    if changed and row.sealed_refresh_token is not None:
        row.sealed_refresh_token = row.sealed_previous_refresh_token = None
        row.signed_in_as, row.signed_in_at, row.refresh_token_at, lost = "", None, None, True
    if row.application_kind == ApplicationKind.NATIVE and row.sealed_secret is not None:
        row.sealed_secret, row.secret_expires_at, row.credential_kind, lost = None, None, "", True
    if changed:
        row.test_results = row.sealed_sign_in = None
        row.relationship_link, row.relationship_link_at, row.hints = "", None, {}
    return lost


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _record(row: Connection, verb: str, after: dict[str, Any], actor: Actor, now: datetime) -> None:
    target = Target("connection", str(row.pk), row.name)
    record_event(Happening(f"connections.connection.{verb}", target, after=after), actor=actor, now=now)
