"""Google as a source of tenants and of their people: puts the parts together for one connection."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenantry.core.records import (
    Administrator,
    DirectoryPage,
    DirectoryUser,
    LicencePage,
    OrgUnit,
    SubscribedLicence,
    TenantDetails,
    TenantDomain,
    TenantPage,
)
from tenantry.providers.base import CallBudget, OpenedPush, Unlimited, WantedPush
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.errors import Misconfigured
from tenantry.providers.google.addresses import Endpoints
from tenantry.providers.google.answers import Call
from tenantry.providers.google.calls import GOOGLES_PATIENCE, Calls, TokenSource
from tenantry.providers.google.channels import Channels
from tenantry.providers.google.credentials import Mode, ScopeSet
from tenantry.providers.google.directory import Directory
from tenantry.providers.google.licences import USUAL_PRODUCTS, Licences
from tenantry.providers.google.tenants import ChannelTenants, Discovery, OwnTenant, ResellerTenants
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience


@dataclass(frozen=True, slots=True)
class Reach:
    """How customers are reached: ``account`` is the reseller's own customer id, which Cloud Channel needs."""

    mode: Mode
    discovery: Discovery
    account: str = ""
    products: tuple[str, ...] = field(default=USUAL_PRODUCTS)

    def __post_init__(self) -> None:
        if (self.mode is Mode.DIRECT) != (self.discovery is Discovery.OWN):
            raise Misconfigured(
                "A direct connection reads its own customer only, a reseller's connection those that it resells.",
                next_step="Choose the mode of the connection again.",
            )
        if self.discovery is Discovery.CHANNEL and not self.account.strip():
            raise Misconfigured(
                "Cloud Channel needs the reseller's account id.",
                next_step="Give the customer id of your own Google account (Admin console, Account settings).",
            )


class Google:
    """A ``TenantSource``, a ``DirectorySource`` and a ``PushSource`` over one service account.

    Safe to call from several threads.

    ``budget`` is shared by everybody who calls with the same subject: all customers of a reseller share one
    quota. ``licence_budget`` is the License Manager's own, one call a second. Pass ``http`` to share
    connections with the token source; it is then the caller's to close.
    """

    api = PeopleApi.GOOGLE_DIRECTORY
    # What Google lets a channel live in practice: docs/reference/google-directory.md section 6.
    life = timedelta(hours=6)

    def __init__(
        self,
        endpoints: Endpoints,
        tokens: TokenSource,
        reach: Reach,
        budget: CallBudget,
        *,
        licence_budget: CallBudget | None = None,
        concurrency: AdaptiveConcurrency | None = None,
        http: HttpClient | None = None,
        limits: Limits | None = None,
        patience: Patience = GOOGLES_PATIENCE,
    ) -> None:
        self.reach = reach
        self._owned = None if http else HttpClient(ca_file=endpoints.ca_file, limits=limits)
        used = http or self._owned
        assert used is not None  # noqa: S101 (one of the two was just given)
        calls = Calls(
            tokens=tokens,
            budget=budget,
            http=used,
            concurrency=concurrency or AdaptiveConcurrency(),
            patience=patience,
        )
        self._directory = Directory(
            calls,
            users=Call(endpoints.directory, ScopeSet.USERS),
            organisation=Call(endpoints.directory, ScopeSet.ORGANISATION),
            roles=Call(endpoints.directory, ScopeSet.ROLES),
        )
        self._licences = Licences(
            calls,
            licensing=Call(endpoints.licensing, ScopeSet.LICENCES),
            reseller=Call(endpoints.reseller, ScopeSet.RESELLER),
            budget=licence_budget or Unlimited(),
            products=reach.products,
        )
        self._channels = Channels(calls, Call(endpoints.directory, ScopeSet.USERS))
        self._tenants = self._discovery(calls, endpoints)

    def _discovery(self, calls: Calls, endpoints: Endpoints) -> ResellerTenants | ChannelTenants | OwnTenant:
        if self.reach.discovery is Discovery.OWN:
            return OwnTenant(self._directory)
        if self.reach.discovery is Discovery.CHANNEL:
            return ChannelTenants(calls, Call(endpoints.channel, ScopeSet.CHANNEL), self.reach.account.strip())
        return ResellerTenants(calls, Call(endpoints.reseller, ScopeSet.RESELLER))

    def list_tenants(self, cursor: str | None) -> TenantPage:
        """Return the page of customers at ``cursor``, the first page for ``None``. Rows may repeat.

        The Reseller API shows customers with a subscription only: a customer that is absent may still be one.
        """
        return self._tenants.page(cursor)

    def read_tenant(self, external_id: str) -> TenantDetails:
        """Return the details of one customer. What a missing right hides is named in ``missing``."""
        return self._tenants.details(external_id, self._directory)

    def list_users(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the live people of a customer, those who are suspended or archived included."""
        return self._directory.list_users(tenant_id, cursor)

    def list_deleted(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the people who were deleted in the last 20 days, by id; names may be missing."""
        return self._directory.list_deleted(tenant_id, cursor)

    def read_user(self, tenant_id: str, external_id: str) -> DirectoryUser:
        """Return one person by id, also one who was deleted lately. Raises ``NotFound``."""
        return self._directory.read_user(tenant_id, external_id)

    def administrators(self, tenant_id: str) -> tuple[Administrator, ...]:
        """Return every holder of an administrator's role."""
        return self._directory.administrators(tenant_id)

    def domains(self, tenant_id: str) -> tuple[TenantDomain, ...]:
        """Return the domains of a customer and their aliases, the primary one first."""
        return self._directory.domains(tenant_id)

    def org_units(self, tenant_id: str) -> tuple[OrgUnit, ...]:
        """Return the organisational units of a customer, by path."""
        return self._directory.org_units(tenant_id)

    def list_licences(self, tenant_id: str, cursor: str | None) -> LicencePage:
        """Return one page of assigned licences, joined by address: read it right after the people."""
        return self._licences.page(tenant_id, cursor)

    def subscribed_licences(self, tenant_id: str) -> tuple[SubscribedLicence, ...]:
        """Return what a resold customer bought. Empty in direct mode, where Google does not tell."""
        return () if self.reach.mode is Mode.DIRECT else self._licences.subscribed(tenant_id)

    def open_push(self, tenant_id: str, wanted: WantedPush) -> OpenedPush:
        """Have Google tell when people of a customer change. Its first message may come before this returns."""
        return self._channels.open(tenant_id, wanted)

    def renew_push(self, tenant_id: str, resource: str, until: datetime) -> None:
        """Return ``None``: a channel of Google's is never renewed, another follows it."""

    def stop_push(self, tenant_id: str, name: str, resource: str) -> None:  # noqa: ARG002 (Google knows it by its ids)
        """Have Google tell no more. It lets only the subject stop a channel that opened it."""
        self._channels.stop(name, resource)

    def close(self) -> None:
        """Give back connections, unless the ``http`` was the caller's."""
        if self._owned is not None:
            self._owned.close()
