"""Opens a connection for reading: addresses, sign-in and budget put together for its provider."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenantry.connections.models import ApplicationKind as Kind
from tenantry.connections.models import Connection, Provider, SignIn
from tenantry.connections.secrets import StoredRefreshTokens, open_credential, unopenable
from tenantry.providers.base import CallBudget, Unlimited
from tenantry.providers.errors import Misconfigured
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.auth import AppOnlyTokens, TokenSource, UserTokens
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import (
    Application,
    ApplicationKind,
    ClientCertificate,
    ClientSecret,
)
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.sealing import CannotUnseal, KeyRingMissing

_START_AT_ONCE = 2


class _Opened:
    """Sign-in, connections and pace of one connection in this process, kept between slices of work."""

    def __init__(self, connection: Connection) -> None:
        endpoints = endpoints_of(connection)
        self.endpoints = endpoints
        self.http = HttpClient(ca_file=endpoints.ca_file)
        try:
            self.tokens = tokens_of(connection, endpoints, self.http)
        except BaseException:
            self.http.close()
            raise
        most = connection.calls_at_once
        self.concurrency = AdaptiveConcurrency(start=min(_START_AT_ONCE, most), maximum=most)


_opened: dict[tuple[object, ...], _Opened] = {}
_lock = threading.Lock()


@contextmanager
def open_source(connection: Connection, budget: CallBudget | None = None) -> Iterator[PartnerCenter]:
    """Give a source of the connection's tenants. ``budget`` paces the single reads.

    Raises ``Misconfigured`` when the connection can't be used as it is set, in words for an operator.
    Sign-in and network connections are kept for the next time, until the connection's settings change.
    """
    opened = _kept(connection)
    source = PartnerCenter(
        opened.endpoints,
        opened.tokens,
        budget or Unlimited(),
        concurrency=opened.concurrency,
        http=opened.http,
    )
    try:
        yield source
    finally:
        source.close()


def _kept(connection: Connection) -> _Opened:
    key = (
        connection.uid, connection.application_id, connection.application_kind, connection.sign_in, connection.cloud,
        connection.partner_tenant_id, connection.secret_changed_at, repr(sorted(connection.settings.items())),
    )  # fmt: skip
    with _lock:
        if key not in _opened:
            for stale in [other for other in _opened if other[0] == connection.uid]:
                _opened.pop(stale).http.close()
            _opened[key] = _Opened(connection)
        return _opened[key]


def endpoints_of(connection: Connection) -> Endpoints:
    """Return the addresses that the connection uses. Raises ``Misconfigured``."""
    if connection.provider != Provider.MICROSOFT:
        raise Misconfigured(
            f"Company Sync reads Microsoft connections; {connection.name} is one of {connection.provider}."
        )
    ca_file = connection.settings.get("ca_file")
    return endpoints_for(
        connection.cloud,
        api=connection.settings.get("api", ""),
        authority=connection.settings.get("authority", ""),
        ca_file=Path(ca_file) if ca_file else None,
    )


def application_of(connection: Connection) -> Application:
    """Return the application that the connection signs in as. Raises ``Misconfigured``."""
    if not connection.ready_for_companies:
        raise Misconfigured(
            f"The connection {connection.name} has no application ID and kind yet.",
            next_step="An operator runs `tenantry connect microsoft` and gives both.",
        )
    try:
        stored = open_credential(connection)
    except (CannotUnseal, KeyRingMissing) as error:
        raise unopenable(connection, "secret", error) from error
    credential: ClientSecret | ClientCertificate | None = None
    if "secret" in stored:
        credential = ClientSecret(stored["secret"])
    elif "certificate" in stored:
        credential = ClientCertificate(stored["certificate"], stored["private_key"], stored.get("passphrase", ""))
    kind = ApplicationKind.NATIVE if connection.application_kind == Kind.NATIVE else ApplicationKind.WEB
    return Application(connection.partner_tenant_id, connection.application_id, kind, credential)


def tokens_of(connection: Connection, endpoints: Endpoints, http: HttpClient) -> TokenSource:
    """Return where the connection's access tokens come from. Raises ``Misconfigured``."""
    application = application_of(connection)
    if connection.sign_in == SignIn.APP_ONLY:
        return AppOnlyTokens(endpoints, application, http)
    return UserTokens(endpoints, application, StoredRefreshTokens(connection), http)
