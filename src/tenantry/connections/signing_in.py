"""Signing the service user in from a page, over several requests. Talks HTTP: never inside a transaction.

A native application shows a code to type on another page; a web application sends the browser there and back.
What has to be remembered in between is as secret as a password, so it is sealed on the connection.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.microsoft import application_of, endpoints_of
from tenantry.connections.models import ApplicationKind, Connection, SignIn
from tenantry.connections.secrets import open_flow, seal_flow, seal_refresh_token
from tenantry.providers.errors import AuthFailed
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.interactive import DeviceCode, InteractiveSignIn, SignedIn

_BROWSER_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in under way. ``code`` is empty when the browser goes to ``address`` itself instead of typing a code."""

    address: str
    code: str
    ends_at: datetime


def start_sign_in(connection: Connection, *, redirect_uri: str, now: datetime) -> Waiting:
    """Begin to sign a person in; a sign-in that was under way is forgotten. Raises ``ProviderError``."""
    http = HttpClient(ca_file=endpoints_of(connection).ca_file)
    try:
        signing = InteractiveSignIn(endpoints_of(connection), application_of(connection), http)
        if connection.application_kind == ApplicationKind.NATIVE:
            device = signing.start_device_code()
            waiting = Waiting(device.address, device.code, now + timedelta(seconds=device.expires_in))
            flow = {"flow": device.flow, "interval": device.interval}
        else:
            asked = signing.start_authorization_code(redirect_uri=redirect_uri)
            waiting = Waiting(asked.address, "", now + timedelta(minutes=_BROWSER_MINUTES))
            flow = {"flow": asked.flow}
    finally:
        http.close()
    kept = {"address": waiting.address, "code": waiting.code, "ends_at": waiting.ends_at.isoformat(), **flow}
    seal_flow(connection, kept)
    return waiting


def waiting_sign_in(connection: Connection, *, now: datetime) -> Waiting | None:
    """Return the sign-in that is under way, or ``None`` when there is none or it took too long."""
    kept = open_flow(connection)
    if not kept or datetime.fromisoformat(kept["ends_at"]) <= now:
        return None
    return Waiting(kept["address"], kept["code"], datetime.fromisoformat(kept["ends_at"]))


def poll_sign_in(connection: Connection, *, actor: Actor, now: datetime) -> str | None:
    """Ask whether the person typed the code: who signed in, or ``None`` for not yet. Raises ``ProviderError``."""
    kept = _kept(connection)
    device = DeviceCode(
        code=kept["code"], address=kept["address"], expires_in=0.0, interval=kept["interval"], flow=kept["flow"]
    )
    signed_in = _ask(connection, lambda signing: signing.poll_device_code(device))
    return _keep(connection, signed_in, actor=actor, now=now) if signed_in else None


def finish_sign_in(connection: Connection, answer: dict[str, str], *, actor: Actor, now: datetime) -> str:
    """Redeem what the browser came back with; return who signed in. Raises ``ProviderError``."""
    flow = _kept(connection)["flow"]
    signed_in = _ask(connection, lambda signing: signing.finish_authorization_code(flow, answer))
    return _keep(connection, signed_in, actor=actor, now=now)


def _kept(connection: Connection) -> dict[str, Any]:
    kept = open_flow(connection)
    if not kept:
        raise AuthFailed("No sign-in is under way on this connection.", next_step="Start the sign-in again.")
    return kept


def _ask(connection: Connection, question: Any) -> Any:
    http = HttpClient(ca_file=endpoints_of(connection).ca_file)
    try:
        return question(InteractiveSignIn(endpoints_of(connection), application_of(connection), http))
    finally:
        http.close()


def _keep(connection: Connection, signed_in: SignedIn, *, actor: Actor, now: datetime) -> str:
    if signed_in.tenant_id and signed_in.tenant_id != connection.partner_tenant_id:
        raise AuthFailed(
            f"{signed_in.user_name or 'Somebody'} signed in, who belongs to another tenant than this partner's.",
            next_step="Start the sign-in again, as a member of the partner's Admin Agents.",
        )
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        seal_refresh_token(row, signed_in.refresh_token, now=now)
        row.sign_in = SignIn.APP_AND_USER
        row.signed_in_as, row.signed_in_at = signed_in.user_name[:254], now
        row.sealed_sign_in = row.test_results = None
        row.save()
        target = Target("connection", str(row.pk), row.name)
        happening = Happening(
            "connections.connection.signed_in", target, after={"sign_in": row.sign_in},
            personal={"user_name": signed_in.user_name}, person=f"service-user:{signed_in.object_id or row.uid}",
        )  # fmt: skip
        record_event(happening, actor=actor, now=now)
    return signed_in.user_name
