"""Opens connections for reading people: which API, as whom, at what pace.

At Microsoft the API is chosen for each tenant by what is open there: Graph where the customer permitted it, else
the Partner Center. The reason is kept with the choice, for the pages.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tenantry.connections.google import opened_google
from tenantry.connections.microsoft import opened_microsoft
from tenantry.connections.models import Connection, Provider
from tenantry.connections.pacing import Budgets, people_budgets
from tenantry.providers.base import DirectorySource
from tenantry.providers.capabilities import Ability, Choice, PeopleApi, choose_microsoft_api
from tenantry.providers.errors import AuthFailed, ConsentMissing, Misconfigured, NotFound
from tenantry.providers.microsoft.graph import GraphPeople
from tenantry.providers.microsoft.people import PartnerCenterPeople

_THE_ONLY_ONE: Final = "Google's Directory API, the one that tells of Google's people."
_NO_GRAPH_ADDRESS: Final = "the connection has a Partner Center of its own, and no address of a Graph beside it."


@dataclass(frozen=True, slots=True)
class OpenedDirectory:
    """One tenant's directory: ``source`` reads it, ``choice`` says through which API and why."""

    source: DirectorySource
    choice: Choice


class Directories:
    """The directories of all tenants of one connection. Safe to use from several threads."""

    def __init__(self, connection: Connection, budgets: Budgets) -> None:
        self._google: DirectorySource | None = None
        self._microsoft: _Microsoft | None = None
        if connection.provider == Provider.GOOGLE:
            self._google = opened_google(connection).client(budgets.people)
        else:
            self._microsoft = _Microsoft(connection, budgets)

    def of(self, tenant_id: str, wanted: Iterable[Ability] = ()) -> OpenedDirectory:
        """Return the directory of the tenant with this id at the provider.

        ``wanted`` is what the settings ask to know; the reason tells what of it is lost. Raises ``ProviderError``.
        """
        if self._google is not None:
            return OpenedDirectory(self._google, Choice(PeopleApi.GOOGLE_DIRECTORY, _THE_ONLY_ONE))
        assert self._microsoft is not None  # noqa: S101 (one of the two is there)
        return self._microsoft.of(tenant_id, wanted)


def graph_of(connection: Connection, budgets: Budgets) -> GraphPeople:
    """Return Graph for a Microsoft connection, as the person who signed in.

    Raises ``Misconfigured``, also where the connection knows no Graph, and ``AuthFailed`` when nobody signed in.
    """
    opened = opened_microsoft(connection)
    opened.check_signed_in()
    if not knows_graph(connection):
        raise Misconfigured(f"Graph can't be asked: {_NO_GRAPH_ADDRESS}")
    return GraphPeople(opened.graph_calls(budgets.graph))


class _Microsoft:
    """What ``Directories`` does for a Microsoft connection."""

    def __init__(self, connection: Connection, budgets: Budgets) -> None:
        opened = opened_microsoft(connection)
        opened.check_signed_in()
        self._opened = opened
        self._partner_center = PartnerCenterPeople(
            opened.endpoints, opened.user_tokens, budgets.people, opened.http, concurrency=opened.concurrency
        )
        self._graph = GraphPeople(opened.graph_calls(budgets.graph))
        self._never = "" if knows_graph(connection) else _NO_GRAPH_ADDRESS

    def of(self, tenant_id: str, wanted: Iterable[Ability]) -> OpenedDirectory:
        remembered = self._opened.graph_refusals
        refusal = self._never or remembered.get(tenant_id)
        if refusal is None:
            refusal = self._graph_refusal(tenant_id)
            remembered.keep(tenant_id, refusal)
        choice = choose_microsoft_api({PeopleApi.GRAPH: refusal} if refusal else {}, wanted)
        source = self._graph if choice.api is PeopleApi.GRAPH else self._partner_center
        return OpenedDirectory(source, choice)

    def _graph_refusal(self, tenant_id: str) -> str:
        """Return why Graph is closed in this tenant, or nothing. Raises what may pass, and what stops everything."""
        try:
            self._graph.check(tenant_id)
        except (AuthFailed, ConsentMissing, NotFound) as error:
            if error.stops_run:
                raise
            return error.message
        return ""


def knows_graph(connection: Connection) -> bool:
    """Whether there is a Graph beside the connection's Partner Center: not beside one that is not Microsoft's."""
    return not connection.settings.get("api") or bool(connection.settings.get("graph"))


@contextmanager
def open_directories(connection: Connection) -> Iterator[Directories]:
    """Give the directories of the connection's tenants, paced by the budgets that all workers share.

    Raises ``Misconfigured`` when the connection can't be used as it is set, ``AuthFailed`` when nobody signed in.
    """
    with people_budgets(connection) as budgets:
        yield Directories(connection, budgets)


@contextmanager
def open_directory(connection: Connection, tenant_id: str, wanted: Iterable[Ability] = ()) -> Iterator[OpenedDirectory]:
    """Give the directory of one tenant, by its id at the provider. Raises ``ProviderError``."""
    with open_directories(connection) as directories:
        yield directories.of(tenant_id, wanted)
