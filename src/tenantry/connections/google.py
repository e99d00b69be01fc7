"""What a Google connection consists of: its key, whom it speaks for, how customers are reached."""

from pathlib import Path

from tenantry.connections.kept import first_pace, kept, limits_of
from tenantry.connections.models import Connection, GoogleDiscovery, Provider
from tenantry.connections.secrets import open_credential, unopenable
from tenantry.providers.base import CallBudget
from tenantry.providers.errors import Misconfigured
from tenantry.providers.google.addresses import Endpoints, endpoints_for
from tenantry.providers.google.auth import DelegatedTokens
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode, ServiceAccountKey, read_key
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.http import HttpClient
from tenantry.providers.pacing import AdaptiveConcurrency, PacedBudget
from tenantry.sealing import CannotUnseal, KeyRingMissing


class OpenedGoogle:
    """One Google connection in this process. Raises ``Misconfigured`` when it can't be used as it is set."""

    def __init__(self, connection: Connection) -> None:
        self.endpoints = endpoints_of(connection)
        self.reach = reach_of(connection)
        key = key_of(connection)
        self.http = HttpClient(ca_file=self.endpoints.ca_file, limits=limits_of(connection))
        try:
            self.tokens = DelegatedTokens(self.endpoints, key, connection.subject, self.http)
        except BaseException:
            self.http.close()
            raise
        most = connection.calls_at_once
        self.concurrency = AdaptiveConcurrency(start=first_pace(connection), maximum=most)
        self.licence_budget = PacedBudget(connection.licence_calls_per_minute)

    def client(self, budget: CallBudget) -> Google:
        """Return the client, paced by ``budget``, which all who speak for the same subject share."""
        return Google(
            self.endpoints,
            self.tokens,
            self.reach,
            budget,
            licence_budget=self.licence_budget,
            concurrency=self.concurrency,
            http=self.http,
        )


def opened_google(connection: Connection) -> OpenedGoogle:
    """Return the connection opened, the same until its settings change. Raises ``Misconfigured``."""
    return kept(connection, OpenedGoogle)


def endpoints_of(connection: Connection) -> Endpoints:
    """Return the addresses that the connection uses. Raises ``Misconfigured``."""
    if connection.provider != Provider.GOOGLE:
        raise Misconfigured(f"{connection.name} is a connection of {connection.provider}, not of Google.")
    ca_file = connection.settings.get("ca_file")
    return endpoints_for(connection.settings.get("google", ""), ca_file=Path(ca_file) if ca_file else None)


def reach_of(connection: Connection) -> Reach:
    """Return how the connection reaches its customers. Raises ``Misconfigured``."""
    if connection.discovery not in GoogleDiscovery.values:
        raise Misconfigured(f"The connection {connection.name} has no mode yet: reseller or direct.")
    discovery = Discovery(connection.discovery)
    mode = Mode.DIRECT if discovery is Discovery.OWN else Mode.RESELLER
    return Reach(mode, discovery, connection.partner_tenant_id)


def key_of(connection: Connection) -> ServiceAccountKey:
    """Return the service account's key. Raises ``Misconfigured`` when there is none or it does not open."""
    try:
        stored = open_credential(connection)
    except (CannotUnseal, KeyRingMissing) as error:
        raise unopenable(connection, "key", error) from error
    if "service_account" not in stored:
        raise Misconfigured(
            f"The connection {connection.name} has no service account's key yet.",
            next_step="An operator gives the key file on the connection's page.",
        )
    return read_key(stored["service_account"])
