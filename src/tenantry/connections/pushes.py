"""Opens a connection for asking its provider to tell when people of a tenant change."""

from collections.abc import Iterator
from contextlib import contextmanager

from tenantry.connections.directories import knows_graph
from tenantry.connections.google import opened_google
from tenantry.connections.microsoft import opened_microsoft
from tenantry.connections.models import Connection, Provider
from tenantry.connections.pacing import people_budgets
from tenantry.providers.base import PushSource
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.microsoft.subscriptions import GraphPushes


def can_push(connection: Connection) -> bool:
    """Whether the provider can be asked at all: Google, and Microsoft where people are read through Graph."""
    return connection.provider == Provider.GOOGLE or knows_graph(connection)


def pushes_through(connection: Connection, api: str) -> bool:
    """Whether what is read through this API (``PeopleApi``) is told of: the Partner Center tells nothing of people."""
    return connection.provider == Provider.GOOGLE or api == PeopleApi.GRAPH


@contextmanager
def open_pushes(connection: Connection) -> Iterator[PushSource]:
    """Give what asks for pushes, paced by the budget of reading people. Raises ``Misconfigured``, ``AuthFailed``."""
    with people_budgets(connection) as budgets:
        if connection.provider == Provider.GOOGLE:
            yield opened_google(connection).client(budgets.people)
            return
        opened = opened_microsoft(connection)
        opened.check_signed_in()
        yield GraphPushes(opened.graph_calls(budgets.graph))
