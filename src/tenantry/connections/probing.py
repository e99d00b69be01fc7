"""Tests a connection against its provider, permission by permission. Talks HTTP: never inside a transaction."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.connections.models import Connection
from tenantry.connections.secrets import StoredRefreshTokens
from tenantry.connections.sources import application_of, endpoints_of
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.probe import ProbeResult, probe


@dataclass(frozen=True, slots=True)
class Tested:
    """The probes of one connection. ``usable`` when Company Sync can work with what was granted."""

    results: tuple[ProbeResult, ...]

    @property
    def usable(self) -> bool:
        """Whether no probe failed for certain."""
        return all(result.ok is not False for result in self.results)


def probe_connection(connection: Connection, *, now: datetime) -> Tested:
    """Test the connection and note when. Raises ``Misconfigured`` when it can't even be tried."""
    endpoints, application = endpoints_of(connection), application_of(connection)
    tokens = StoredRefreshTokens(connection) if connection.sealed_refresh_token else None
    http = HttpClient(ca_file=endpoints.ca_file)
    try:
        results = probe(endpoints, application, http=http, refresh_tokens=tokens)
    finally:
        http.close()
    Connection.objects.filter(pk=connection.pk).update(tested_at=now)
    return Tested(tuple(results))
