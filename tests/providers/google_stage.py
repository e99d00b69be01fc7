"""A Google connection as the tests play it, over an emulator that is shared by a module."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tenantry.core.records import DirectoryUser, TenantListing
from tenantry.emulator.server import Emulator
from tenantry.providers.base import CallBudget, Unlimited
from tenantry.providers.google.addresses import Endpoints, endpoints_for
from tenantry.providers.google.auth import DelegatedTokens
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode, read_key
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.patience import Patience

QUICK = Patience(waits=(0.01, 0.01, 0.01), longest_wait=1.5, total=10)


@dataclass
class Stage:
    """``company`` indexes are those of the emulated world; ``customer`` ids those of Google."""

    emulator: Emulator
    http: HttpClient

    @property
    def endpoints(self) -> Endpoints:
        found = endpoints_for(self.emulator.google_url)
        services = {name: replace(getattr(found, name), quiet=0.01) for name in ("directory", "reseller", "licensing")}
        return replace(found, **services)

    def tokens(self, subject: str = "", http: HttpClient | None = None) -> DelegatedTokens:
        google = self.emulator.google
        key = read_key(google.service_account.key_file(google.signin.url))
        return DelegatedTokens(self.endpoints, key, subject or google.subject, http or self.http)

    def client(
        self,
        discovery: Discovery = Discovery.RESELLER,
        subject: str = "",
        budget: CallBudget | None = None,
        **more: Any,
    ) -> Google:
        mode = Mode.DIRECT if discovery is Discovery.OWN else Mode.RESELLER
        reach = Reach(mode, discovery, self.emulator.google.account_id)
        options = {"http": self.http, "patience": QUICK, **more}
        return Google(self.endpoints, self.tokens(subject), reach, budget or Unlimited(), **options)

    def customer(self, company: int) -> str:
        return self.emulator.google.world.customer_id(company)

    def user_id(self, company: int, number: int) -> str:
        return self.emulator.google.world.user_id(self.emulator.google.staff.someone(company, number))


@contextmanager
def google_stage(**options: Any) -> Iterator[Stage]:
    with Emulator(**{"customers": 20, "google_customers": 12, "google_quota": 0, **options}) as emulator:
        http = HttpClient(limits=Limits(read=2.0, total=3.0, max_bytes=4 * 1024 * 1024))
        yield Stage(emulator, http)
        http.close()


def everybody(client: Google, customer: str, *, most: int = 50) -> list[DirectoryUser]:
    found: list[DirectoryUser] = []
    cursor = None
    for _ in range(most):
        page = client.list_users(customer, cursor)
        found += page.records
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the listing does not end")


def all_tenants(client: Google, *, most: int = 50) -> list[TenantListing]:
    found: list[TenantListing] = []
    cursor = None
    for _ in range(most):
        page = client.list_tenants(cursor)
        found += page.records
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the listing does not end")
