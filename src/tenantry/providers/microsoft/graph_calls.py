"""Calls to Graph in the directories of many tenants, each with a token of its own."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from tenantry.providers.base import CallBudget
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.auth import TokenSource
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.graph_answers import classify_graph
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience

_KEPT_TENANTS: Final = 256


class CallsByTenant:
    """Gives the calls of one tenant after the other, the latest few hundred kept. Thread-safe.

    ``tokens_for`` returns the token source of one tenant. ``budget`` is shared by all tenants of a connection.
    ``base`` is where Graph is.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        tokens_for: Callable[[str], TokenSource],
        budget: CallBudget,
        http: HttpClient,
        *,
        concurrency: AdaptiveConcurrency | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.base = endpoints.graph
        self._tokens_for = tokens_for
        self._budget = budget
        self._http = http
        self._concurrency = concurrency or AdaptiveConcurrency()
        self._patience = patience or Patience()
        self._tenants: OrderedDict[str, Calls] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, tenant: str) -> Calls:
        """Return the calls of the tenant with this id."""
        with self._lock:
            calls = self._tenants.pop(tenant, None)
            if calls is None:
                calls = Calls(
                    api=self.base,
                    tokens=self._tokens_for(tenant),
                    budget=self._budget,
                    http=self._http,
                    concurrency=self._concurrency,
                    patience=self._patience,
                    judge=classify_graph,
                )
            self._tenants[tenant] = calls
            while len(self._tenants) > _KEPT_TENANTS:
                self._tenants.popitem(last=False)
            return calls
