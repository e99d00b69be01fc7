"""Partner Center as a source of customer tenants.

What it reads is in ``calls.py`` (one call), ``paging.py`` (the listing), ``details.py`` (one tenant) and
``mapping.py`` (JSON to records); this module puts them together for one connection.
"""

from datetime import date

from tenantry.core.records import TenantDetails, TenantPage
from tenantry.providers.base import CallBudget
from tenantry.providers.errors import ProviderError
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.microsoft.activity import ActivityRecord, read_activity
from tenantry.providers.microsoft.auth import TokenSource
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.details import read_details
from tenantry.providers.microsoft.paging import page_after, page_of, position_at
from tenantry.providers.microsoft.registration import Registered, read_registration, register
from tenantry.providers.microsoft.relationships import read_relationship_link
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience


class PartnerCenter:
    """A ``TenantSource`` over one Partner Center. Safe to call from several threads.

    ``tokens`` says who signs in, and so what can be read. ``budget`` is shared by everybody who calls for the
    same partner tenant; each request counts. ``concurrency`` bounds the calls of this process. Pass ``http``
    to share connections with the token source; it is then the caller's to close.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        tokens: TokenSource,
        budget: CallBudget,
        *,
        concurrency: AdaptiveConcurrency | None = None,
        http: HttpClient | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._api = endpoints.api
        self._cloud = endpoints.cloud
        self._mode = tokens.mode
        self._owned = None if http else HttpClient(ca_file=endpoints.ca_file, limits=limits)
        used = http or self._owned
        assert used is not None  # noqa: S101 (one of the two was just given)
        self._calls = Calls(
            api=endpoints.api,
            tokens=tokens,
            budget=budget,
            http=used,
            concurrency=concurrency or AdaptiveConcurrency(),
            patience=patience or Patience(),
        )

    def list_tenants(self, cursor: str | None) -> TenantPage:
        """Return the page at ``cursor``, or the first page for ``None``.

        Rows may repeat, within a page and between pages; every repeat is returned. A listing is complete only
        when its last page is ``CLEAN``. Raises any ``ProviderError``; ``CursorExpired`` when the listing must
        start over.
        """
        position = position_at(cursor)
        try:
            return self._calls.get(
                position.path,
                lambda value: page_of(value, position, api=self._api),
                correlation_id=position.correlation_id,
                headers=position.headers,
            )
        except ProviderError as error:
            return page_after(error, position)

    def read_tenant(self, external_id: str) -> TenantDetails:
        """Return the details of one tenant, its primary contact included.

        What a missing right hides is named in ``missing`` and raises nothing. Raises ``NotFound`` when the
        tenant is gone or no longer related to the partner, ``ConsentMissing`` without ``stops_run`` when only
        this tenant is closed to us, and any other ``ProviderError``.
        """
        return read_details(self._calls, external_id, mode=self._mode)

    def relationship_link(self) -> str:
        """Return the partner's invitation link for new customers.

        Raises ``Misconfigured`` where this connection can't have it, and any other ``ProviderError``.
        """
        return read_relationship_link(self._calls, cloud=self._cloud, mode=self._mode)

    def activity(self, *, since: date, until: date) -> list[ActivityRecord]:
        """Return the activity log of these days, as :func:`activity.read_activity` does."""
        return read_activity(self._calls, since=since, until=until, api=self._api)

    def registration(self) -> Registered:
        """Return where the partner's notifications go."""
        return read_registration(self._calls)

    def register(self, url: str) -> Registered:
        """Register ``url`` for notifications unless another tool is there; return who is."""
        return register(self._calls, url)

    def close(self) -> None:
        """Give back connections, unless the ``http`` was the caller's."""
        if self._owned is not None:
            self._owned.close()
