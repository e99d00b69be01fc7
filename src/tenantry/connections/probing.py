"""Tests a connection against its provider, permission by permission. Talks HTTP: never inside a transaction."""

from dataclasses import asdict, dataclass
from datetime import datetime

from tenantry.connections.microsoft import application_of, endpoints_of
from tenantry.connections.models import Connection
from tenantry.connections.secrets import StoredRefreshTokens
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.probe import ProbeName, ProbeResult, probe


@dataclass(frozen=True, slots=True)
class Tested:
    """The probes of one connection."""

    results: tuple[ProbeResult, ...]

    @property
    def faults(self) -> tuple[ProbeResult, ...]:
        """What stands in Company Sync's way: what failed, or, when customers can't be listed, what is unknown."""
        failed = tuple(result for result in self.results if result.ok is False)
        if failed or any(result.name is ProbeName.LIST_CUSTOMERS and result.ok for result in self.results):
            return failed
        unknown = [result for result in self.results if result.ok is None]
        # The sign-in comes first: what it says is why the rest is unknown.
        return tuple(sorted(unknown, key=lambda result: not result.name.startswith("sign_in")))

    @property
    def usable(self) -> bool:
        """Whether Company Sync can work with what was granted."""
        return not self.faults


def probe_connection(connection: Connection, *, now: datetime) -> Tested:
    """Test the connection; note when, and what was found. Raises ``Misconfigured`` when it can't even be tried."""
    endpoints, application = endpoints_of(connection), application_of(connection)
    tokens = StoredRefreshTokens(connection) if connection.sealed_refresh_token else None
    http = HttpClient(ca_file=endpoints.ca_file)
    try:
        results = probe(endpoints, application, http=http, refresh_tokens=tokens)
    finally:
        http.close()
    tested = Tested(tuple(results))
    found = [asdict(result) for result in tested.results]
    Connection.objects.filter(pk=connection.pk).update(tested_at=now, test_results=found)
    return tested


def last_test(connection: Connection) -> Tested | None:
    """Return what the last test found, or ``None`` when it was never tested as it is now set."""
    if connection.test_results is None:
        return None
    results = [ProbeResult(**{**result, "name": ProbeName(result["name"])}) for result in connection.test_results]
    return Tested(tuple(results))
