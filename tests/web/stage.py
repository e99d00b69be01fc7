"""Puts tenants, pending companies and runs on a marketplace's stage, through the real services."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection
from tenantry.core.records import Address, Contact, Ending, Relationship, TenantDetails, TenantListing, TenantPage
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace
from tenantry.sync.models import PendingCompany, Run, Tenant, Trigger
from tenantry.sync.observe.details import Answer, next_due
from tenantry.sync.observe.keeping import keep_answers
from tenantry.sync.observe.listing import read_next_page
from tenantry.sync.requests import Asked, request_sync
from tenantry.sync.runs.lifecycle import begin_runs, live_runs
from tenantry.sync.runs.passes import after_listing, finish

ACTOR = Actor(ActorKind.ACCOUNT, "Max Owner")


@dataclass(frozen=True)
class Customer:
    """A customer tenant as the provider has it. Without ``contact`` its billing profile names nobody."""

    name: str
    domain: str = ""
    country: str = "AT"
    contact: str = "Erika Muster"
    email: str = "erika@muster.example"
    external_id: str = ""
    read: bool = True
    delegated_admin: bool | None = True


def customers(count: int, *, country: str = "AT") -> list[Customer]:
    return [
        Customer(f"Customer {number:04}", f"customer{number}.example", country, email=f"erika@customer{number}.example")
        for number in range(count)
    ]


class Provider:
    """A partner's customers on one page, as ``providers.base.TenantSource`` gives them."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._customers = {each.external_id: each for each in customers}

    def list_tenants(self, cursor: str | None) -> TenantPage:
        assert cursor is None
        records = [
            TenantListing(each.external_id, each.name, each.domain, Relationship.RESELLER)
            for each in self._customers.values()
        ]
        return TenantPage(tuple(records), (), Ending.CLEAN)

    def read_tenant(self, external_id: str) -> TenantDetails:
        return _details(self._customers[external_id])

    def close(self) -> None:
        return


class Stage:
    """One marketplace with its connection."""

    def __init__(self, marketplace: Marketplace, connection: Connection) -> None:
        self.marketplace, self.connection = marketplace, connection

    def request(self, *, now: datetime | None = None, preview: bool = False) -> Run:
        asked = Asked(ACTOR, Trigger.BUTTON, preview=preview)
        return request_sync(marketplace_id=self.marketplace.pk, asked=asked, now=now or timezone.now(), enqueue=False)[
            0
        ]

    def list(self, run: Run, listed: Iterable[Customer], *, now: datetime | None = None) -> list[Customer]:
        """Read the run's listing from a provider that shows these; return them with their ids."""
        now = now or timezone.now()
        known = [Customer(**{**each.__dict__, "external_id": each.external_id or str(uuid.uuid4())}) for each in listed]
        read_next_page(run.observation_id or 0, source=Provider(known), clock=lambda: now)
        begin_runs(run.observation_id or 0, now=now)
        for ref in live_runs(self.connection.pk):
            after_listing(ref, self.connection.pk, clock=lambda: now, should_stop=lambda: False)
        return known

    def read_details(self, run: Run, known: Iterable[Customer], *, now: datetime | None = None) -> None:
        """Read the details that are due, of those customers that the provider shows them of."""
        now = now or timezone.now()
        shown = {each.external_id: each for each in known if each.read}
        due = [each for each in next_due(self.connection.pk, limit=100_000, now=now) if each.external_id in shown]
        answers = [Answer(each, Provider(shown.values()).read_tenant(each.external_id), None) for each in due]
        keep_answers(run.observation_id or 0, answers, now=now)

    def end(self, *, now: datetime | None = None) -> None:
        """Plan, apply and end every live run."""
        now = now or timezone.now()
        for ref in live_runs(self.connection.pk):
            finish(ref, clock=lambda: now)

    def sync(self, listed: Sequence[Customer], *, now: datetime | None = None) -> Run:
        """Do a whole sync of these customers."""
        run = self.request(now=now)
        known = self.list(run, listed, now=now)
        self.read_details(run, known, now=now)
        self.end(now=now)
        return run

    def pending(self, **by: object) -> PendingCompany:
        with marketplace_scope(self.marketplace.pk):
            return PendingCompany.objects.select_related("tenant").get(**by)

    def move(self, state: str, **by: object) -> None:
        """Put pending companies into a state."""
        with marketplace_scope(self.marketplace.pk):
            PendingCompany.objects.filter(**by).update(state=state)

    def tenant(self, name: str) -> Tenant:
        return Tenant.objects.get(name=name)


def _details(customer: Customer) -> TenantDetails:
    first, _, last = customer.contact.partition(" ")
    return TenantDetails(
        external_id=customer.external_id,
        name=customer.name,
        domain=customer.domain,
        relationship=Relationship.RESELLER,
        contact=Contact(first, last, customer.email, "+43 1 234", "de"),
        address=Address(customer.country, "", "Wien", "1010", "Ring 1"),
        domains=(customer.domain,) if customer.domain else None,
        delegated_admin=customer.delegated_admin,
    )
