"""Which call budgets a connection draws on: whose limit it is, and how high."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tenantry.connections.budget import SharedBudget
from tenantry.connections.models import Connection, Provider
from tenantry.providers.base import CallBudget, Unlimited

# No limit is published for the Partner Center's users, and Graph's is far above what a few calls at once reach.
_FIRST_PEOPLE: Final = 300.0
_MOST_PEOPLE: Final = 6_000.0
_FIRST_GRAPH: Final = 1_200.0
_MOST_GRAPH: Final = 60_000.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """What paces the reading of people: ``people`` at the Partner Center or Google, ``graph`` at Graph."""

    people: CallBudget = field(default_factory=Unlimited)
    graph: CallBudget = field(default_factory=Unlimited)


@contextmanager
def tenants_budget(connection: Connection) -> Iterator[SharedBudget]:
    """Give the budget of reading tenants: of Microsoft's single reads, of all calls of Google's subject."""
    if connection.provider == Provider.GOOGLE:
        budget = _googles(connection)
    else:
        budget = SharedBudget(key=_partner(connection), per_minute=connection.detail_calls_per_minute)
    try:
        yield budget
    finally:
        budget.close()


@contextmanager
def people_budgets(connection: Connection) -> Iterator[Budgets]:
    """Give the budgets of reading people through this connection."""
    if connection.provider == Provider.GOOGLE:
        opened = {"people": _googles(connection)}
    else:
        partner = _partner(connection)
        opened = {
            "people": SharedBudget(key=f"{partner}:people", per_minute=_MOST_PEOPLE, start=_FIRST_PEOPLE),
            "graph": SharedBudget(key=f"{partner}:graph", per_minute=_MOST_GRAPH, start=_FIRST_GRAPH),
        }
    try:
        yield Budgets(**opened)
    finally:
        for budget in opened.values():
            budget.close()


def _partner(connection: Connection) -> str:
    return f"{connection.provider}:{connection.cloud}:{connection.partner_tenant_id}"


def _googles(connection: Connection) -> SharedBudget:
    """Google counts by project and subject: all customers of a reseller share one."""
    key = f"{connection.provider}:{connection.service_account_id}:{connection.subject}"
    return SharedBudget(key=key, per_minute=connection.google_calls_per_minute)
