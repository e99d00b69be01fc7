"""Tests a connection against its provider, permission by permission. Talks HTTP: never inside a transaction."""

from dataclasses import asdict, dataclass
from datetime import datetime

from tenantry.connections.google import opened_google
from tenantry.connections.microsoft import application_of, endpoints_of
from tenantry.connections.models import Connection, Provider
from tenantry.connections.secrets import StoredRefreshTokens
from tenantry.providers.base import Unlimited
from tenantry.providers.google import probe as google
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft import probe as microsoft
from tenantry.providers.probes import ProbeName, ProbeResult

# What else there is to read makes User Sync richer; without it people still flow in.
_OPTIONAL = frozenset({ProbeName.READ_ORGANISATION, ProbeName.READ_ROLES, ProbeName.READ_LICENCES})


@dataclass(frozen=True, slots=True)
class Tested:
    """The probes of one connection."""

    results: tuple[ProbeResult, ...]

    @property
    def faults(self) -> tuple[ProbeResult, ...]:
        """What stands in the sync's way: what failed, or, when customers can't be listed, what is unknown."""
        failed = tuple(result for result in self.results if result.ok is False and result.name not in _OPTIONAL)
        if failed or any(result.name is ProbeName.LIST_CUSTOMERS and result.ok for result in self.results):
            return failed
        unknown = [result for result in self.results if result.ok is None]
        # The sign-in comes first: what it says is why the rest is unknown.
        return tuple(sorted(unknown, key=lambda result: not result.name.startswith("sign_in")))

    @property
    def usable(self) -> bool:
        """Whether a sync can work with what was granted: of companies at Microsoft, of people at Google."""
        return not self.faults


def probe_connection(connection: Connection, *, now: datetime) -> Tested:
    """Test the connection; note when, and what was found. Raises ``Misconfigured`` when it can't even be tried."""
    probed = _google(connection) if connection.provider == Provider.GOOGLE else _microsoft(connection)
    tested = Tested(tuple(probed))
    found = [asdict(result) for result in tested.results]
    Connection.objects.filter(pk=connection.pk).update(tested_at=now, test_results=found)
    return tested


def _google(connection: Connection) -> list[ProbeResult]:
    return google.probe(opened_google(connection).client(Unlimited()))


def _microsoft(connection: Connection) -> list[ProbeResult]:
    endpoints, application = endpoints_of(connection), application_of(connection)
    tokens = StoredRefreshTokens(connection) if connection.sealed_refresh_token else None
    http = HttpClient(ca_file=endpoints.ca_file)
    try:
        return microsoft.probe(endpoints, application, http=http, refresh_tokens=tokens)
    finally:
        http.close()


def last_test(connection: Connection) -> Tested | None:
    """Return what the last test found, or ``None`` when it was never tested as it is now set."""
    if connection.test_results is None:
        return None
    results = [ProbeResult(**{**result, "name": ProbeName(result["name"])}) for result in connection.test_results]
    return Tested(tuple(results))
