"""Testing a Google connection, right by right, for the wizard. Every probe reads; none changes anything.

A failing one is a result, never an exception.
"""

from collections.abc import Callable, Sequence
from typing import Final

from tenantry.core.records import TenantPage
from tenantry.providers.errors import ConsentMissing, NotFound, ProviderError
from tenantry.providers.google.client import Google
from tenantry.providers.google.credentials import ScopeSet
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.probes import ProbeName, ProbeResult

_LISTING: Final = {
    Discovery.RESELLER: ScopeSet.RESELLER,
    Discovery.CHANNEL: ScopeSet.CHANNEL,
    Discovery.OWN: ScopeSet.ORGANISATION,
}
_MOST_TRIED: Final = 5


def probe(client: Google) -> list[ProbeResult]:
    """Test everything that a connection of this kind needs, on the first customer that is open to it, in order."""
    listed: list[TenantPage] = []
    results = [
        _result(
            ProbeName.LIST_CUSTOMERS,
            _LISTING[client.reach.discovery],
            lambda: listed.append(client.list_tenants(None)),
            "Customers are listed.",
        )
    ]
    first = _open_customer(client, [record.external_id for page in listed for record in page.records])
    for name, needed, ask, works in (
        (ProbeName.READ_PEOPLE, ScopeSet.USERS, client.list_users, "The people of one customer were read."),
        (ProbeName.READ_ORGANISATION, ScopeSet.ORGANISATION, _alone(client.domains), "The domains of one were read."),
        (ProbeName.READ_ROLES, ScopeSet.ROLES, _alone(client.administrators), "The administrators of one were read."),
        (ProbeName.READ_LICENCES, ScopeSet.LICENCES, client.list_licences, "The licences of one were read."),
    ):
        if first is None:
            results.append(ProbeResult(name, None, ", ".join(needed.scopes), "Not tested: no customer was found."))
        else:
            results.append(_result(name, needed, _asking(ask, first), works))
    return results


def _open_customer(client: Google, customers: Sequence[str]) -> str | None:
    """Return the first customer whose people are shown; one that closed itself to the reseller says nothing of us."""
    for customer in customers[:_MOST_TRIED]:
        try:
            client.list_users(customer, None)
        except (ConsentMissing, NotFound) as error:
            if not error.stops_run:
                continue
        except ProviderError:
            pass  # the probe of people meets it again, and tells it
        return customer
    return customers[0] if customers else None


def _alone(ask: Callable[[str], object]) -> Callable[[str, str | None], object]:
    return lambda tenant_id, _: ask(tenant_id)


def _asking(ask: Callable[[str, str | None], object], tenant_id: str) -> Callable[[], object]:
    return lambda: ask(tenant_id, None)


def _result(name: ProbeName, scopes: ScopeSet, ask: Callable[[], object], works: str) -> ProbeResult:
    needed = ", ".join(scopes.scopes)
    try:
        ask()
    except ProviderError as error:
        permission = error.permission if isinstance(error, ConsentMissing) else needed
        # What may pass by itself says nothing about the right.
        return ProbeResult(name, None if error.retryable else False, permission, error.message, error.next_step)
    return ProbeResult(name, ok=True, permission=needed, sentence=works)
