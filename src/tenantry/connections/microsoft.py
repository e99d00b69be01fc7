"""What a Microsoft connection consists of: addresses, application, sign-ins, and its keeping in this process."""

import threading
import time
from collections import OrderedDict
from pathlib import Path

from tenantry.connections.kept import first_pace, kept, limits_of
from tenantry.connections.models import ApplicationKind as Kind
from tenantry.connections.models import Connection, Provider, SignIn
from tenantry.connections.secrets import StoredRefreshTokens, open_credential, unopenable
from tenantry.providers.base import CallBudget
from tenantry.providers.errors import AuthFailed, Misconfigured
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.auth import AppOnlyTokens, TokenSource, UserTokens
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import (
    Application,
    ApplicationKind,
    ClientCertificate,
    ClientSecret,
)
from tenantry.providers.microsoft.graph_calls import CallsByTenant
from tenantry.providers.microsoft.refusals import SIGN_IN_AGAIN
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.sealing import CannotUnseal, KeyRingMissing

_KEPT_CUSTOMERS = 256
_REMEMBER_SECONDS = 3600.0
_REMEMBERED = 20_000


class GraphRefusals:
    """What Graph said of tenants lately, so that each is asked once an hour. Safe to use from several threads."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tenant_id: str) -> str | None:
        """Return the refusal, an empty text when Graph is open, ``None`` when it has to be asked."""
        with self._lock:
            said, until = self._said.get(tenant_id, ("", 0.0))
        return said if time.monotonic() < until else None

    def keep(self, tenant_id: str, refusal: str) -> None:
        """Remember what Graph said of a tenant just now; empty when it is open."""
        with self._lock:
            self._said[tenant_id] = (refusal, time.monotonic() + _REMEMBER_SECONDS)
            while len(self._said) > _REMEMBERED:
                self._said.popitem(last=False)


class OpenedMicrosoft:
    """One Microsoft connection in this process. Safe to use from several threads.

    Raises ``Misconfigured`` when it can't be used as it is set.
    """

    def __init__(self, connection: Connection) -> None:
        self.endpoints = endpoints_of(connection)
        self.application = application_of(connection)
        self.http = HttpClient(ca_file=self.endpoints.ca_file, limits=limits_of(connection))
        self.graph_refusals = GraphRefusals()
        self._refresh_tokens = StoredRefreshTokens(connection)
        self._customers: OrderedDict[str, UserTokens] = OrderedDict()
        self._lock = threading.Lock()
        try:
            self.tokens = tokens_of(connection, self.endpoints, self.http)
        except BaseException:
            self.http.close()
            raise
        most = connection.calls_at_once
        self.concurrency = AdaptiveConcurrency(start=first_pace(connection), maximum=most)

    @property
    def user_tokens(self) -> TokenSource:
        """Tokens that speak for the signed-in person at the Partner Center. Raises ``AuthFailed`` without one."""
        if isinstance(self.tokens, UserTokens):
            return self.tokens
        return self.customer_tokens("")

    def customer_tokens(self, tenant_id: str) -> TokenSource:
        """Tokens of the signed-in person for Graph in one customer's directory, the latest few hundred kept.

        An empty id stands for the Partner Center.
        """
        with self._lock:
            tokens = self._customers.pop(tenant_id, None)
            if tokens is None:
                tokens = UserTokens(
                    self.endpoints, self.application, self._refresh_tokens, self.http, customer=tenant_id
                )
            self._customers[tenant_id] = tokens
            while len(self._customers) > _KEPT_CUSTOMERS:
                self._customers.popitem(last=False)
            return tokens

    def graph_calls(self, budget: CallBudget) -> CallsByTenant:
        """Calls to Graph in the customers' directories, as the signed-in person."""
        return CallsByTenant(self.endpoints, self.customer_tokens, budget, self.http, concurrency=self.concurrency)

    def check_signed_in(self) -> None:
        """Raise ``AuthFailed`` when no person has signed in: people are shown to a signed-in person only."""
        if not self._refresh_tokens.load():
            raise AuthFailed(
                "Nobody has signed in on this connection; people are shown to a signed-in person only.",
                next_step=SIGN_IN_AGAIN,
            )


def opened_microsoft(connection: Connection) -> OpenedMicrosoft:
    """Return the connection opened, the same until its settings change. Raises ``Misconfigured``."""
    return kept(connection, OpenedMicrosoft)


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
        graph=connection.settings.get("graph", ""),
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
