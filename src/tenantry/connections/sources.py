"""Opens a connection for reading its tenants: addresses, sign-in and budget put together for its provider.

People are opened in ``directories``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tenantry.connections.google import opened_google
from tenantry.connections.microsoft import opened_microsoft
from tenantry.connections.models import Connection, Provider
from tenantry.providers.base import CallBudget, TenantSource, Unlimited
from tenantry.providers.microsoft.client import PartnerCenter


@contextmanager
def open_source(connection: Connection, budget: CallBudget | None = None) -> Iterator[TenantSource]:
    """Give a source of the connection's tenants. ``budget`` paces the single reads; at Google, every call.

    Raises ``Misconfigured`` when the connection can't be used as it is set, in words for an operator.
    Sign-in and network connections are kept for the next time, until the connection's settings change.
    """
    if connection.provider == Provider.GOOGLE:
        yield opened_google(connection).client(budget or Unlimited())
        return
    with open_partner_center(connection, budget) as source:
        yield source


@contextmanager
def open_partner_center(connection: Connection, budget: CallBudget | None = None) -> Iterator[PartnerCenter]:
    """Give the Partner Center of a Microsoft connection. Otherwise like :func:`open_source`."""
    opened = opened_microsoft(connection)
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
