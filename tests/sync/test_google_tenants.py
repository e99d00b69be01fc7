"""Google customers from the emulator to a marketplace's list: read, filtered, linked by a person, gone and back."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.connections.directory_stage import close_kept, google_connection
from tests.sync.stage import MANAGER, OPERATOR, Clock, never

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.core.drafts import DomainDraft
from tenantry.core.feed_filters import FeedFilter
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import Company, CompanyOrigin
from tenantry.marketplace.services import create_marketplace
from tenantry.sync.driving import drive_details, drive_listing
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import save_feed
from tenantry.sync.google.queries import matches_of, proposals_for_google
from tenantry.sync.google.refreshing import refresh_google_tenants
from tenantry.sync.google.requests import GoogleRefused, request_google_listing, start_due_google_listings
from tenantry.sync.google.services import (
    ignore_google_tenant,
    link_google_tenant,
    reject_google_match,
    reopen_google_tenant,
    unlink_google_tenant,
)
from tenantry.sync.models import (
    CompanySyncSettings,
    GoogleTenant,
    Observation,
    PendingCompany,
    Run,
    Sighting,
    Tenant,
    TenantLink,
    Trigger,
)
from tenantry.sync.requests import Asked, SyncRefused, request_sync


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    with Emulator(customers=12, google_customers=8, google_quota=0) as running:
        yield running


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    shared.google.world.changes.clear()
    yield shared
    close_kept()
    assert not shared.counters.unknown


@pytest.fixture
def google(database: str, emulator: Emulator, clock: Clock) -> Connection:
    row = google_connection(emulator, clock.now)
    Connection.objects.filter(pk=row.pk).update(settings={**row.settings, "google_calls_per_minute": 60_000})
    return Connection.objects.get(pk=row.pk)


def place(name: str, connection: Connection, clock: Clock, wanted: FeedFilter = FeedFilter()) -> int:  # noqa: B008
    made = create_marketplace(name=name, actor=OPERATOR, now=clock())
    with marketplace_scope(made.pk):
        save_feed(connection=connection, wanted=wanted, actor=OPERATOR, now=clock())
        set_entitlement(user_sync_google=True, actor=OPERATOR, now=clock())
        CompanySyncSettings.objects.create(marketplace=made, company_sync=True)
    return made.pk


def read(marketplace_id: int, clock: Clock) -> None:
    """Ask for the list, and do what the jobs do."""
    with marketplace_scope(marketplace_id):
        assert request_google_listing(actor=MANAGER, now=clock()) == 1
    observation = Observation.objects.latest("id")
    drive_listing(observation.pk, clock=clock, should_stop=never)
    assert drive_details(observation.connection_id, clock=clock, should_stop=never).left == 0


def states(marketplace_id: int) -> dict[str, str]:
    with marketplace_scope(marketplace_id):
        return dict(GoogleTenant.objects.values_list("tenant__external_id", "state"))


def row_of(marketplace_id: int, customer: str) -> GoogleTenant:
    with marketplace_scope(marketplace_id):
        return GoogleTenant.objects.select_related("tenant").get(tenant__external_id=customer)


def test_customers_flow_into_a_list_of_their_own_and_never_into_pending_companies(
    google: Connection, emulator: Emulator, clock: Clock
) -> None:
    world = emulator.google.world
    world.change(5, reseller_access=False)
    northwind = place("Northwind", google, clock)
    narrow = place("Narrow", google, clock, FeedFilter(tenant_ids=(world.customer_id(2),)))
    read(northwind, clock)
    assert states(northwind) == {world.customer_id(number): "needs_link" for number in range(8)}
    assert states(narrow) == {world.customer_id(2): "needs_link"}, "a feed's filter applies"
    named = Tenant.objects.get(external_id=world.customer_id(2))
    assert (named.provider, named.name, named.domain) == ("google", world.company(2).name, world.domain(2))
    assert world.domain(2) in (named.domains or [])
    assert row_of(northwind, world.customer_id(2)).sort_name
    closed = Tenant.objects.get(external_id=world.customer_id(5))
    assert (closed.domains, "closed to the connection" in closed.details_problem) == (None, True)
    with marketplace_scope(northwind):
        assert not PendingCompany.objects.exists()
        assert not Run.objects.exists()
        assert refresh_google_tenants(northwind, now=clock()) == 0, "a second time writes nothing"


def test_what_leaves_is_put_away_after_two_complete_lists_and_comes_back_as_it_was(
    google: Connection, emulator: Emulator, clock: Clock
) -> None:
    world, northwind = emulator.google.world, place("Northwind", google, clock)
    gone, kept = world.customer_id(3), world.customer_id(4)
    read(northwind, clock)
    with marketplace_scope(northwind):
        ignore_google_tenant(
            pk=row_of(northwind, gone).pk, seen_version=0, reason_key="test", actor=MANAGER, now=clock()
        )
    world.change(3, resold=False)
    world.change(4, has_subscription=False)  # only the list of subscriptions misses it: the customer is still ours
    for expected in ("ignored", "gone"):
        clock.pass_time(hours=25)
        read(northwind, clock)
        assert states(northwind)[gone] == expected
    assert states(northwind)[kept] == "needs_link"
    world.change(3, resold=True)
    clock.pass_time(hours=1)
    read(northwind, clock)
    assert states(northwind)[gone] == "ignored"


def test_a_person_links_by_evidence_and_takes_it_back(google: Connection, emulator: Emulator, clock: Clock) -> None:
    world, northwind = emulator.google.world, place("Northwind", google, clock)
    with marketplace_scope(northwind):
        known = world.company(2)
        same = create_company(
            draft=CompanyDraft(known.name, domains=(DomainDraft(world.domain(2)),)),
            origin=CompanyOrigin.IMPORT, actor=MANAGER, now=clock(),
        )  # fmt: skip
        other = create_company(
            draft=CompanyDraft("Unrelated Ltd", "GB"), origin=CompanyOrigin.IMPORT, actor=MANAGER, now=clock()
        )
    read(northwind, clock)
    row = row_of(northwind, world.customer_id(2))
    by: dict[str, Any] = {"pk": row.pk, "actor": MANAGER, "now": clock()}
    with marketplace_scope(northwind):
        assert [int(match.candidate_id) for match in matches_of([row])[row.pk]] == [same.pk]
        chosen = proposals_for_google(row, chosen=other.pk)
        assert [(each.company.pk, each.chosen) for each in chosen] == [(other.pk, True), (same.pk, False)]
        row = reject_google_match(company_id=same.pk, seen_version=0, **by)
        assert matches_of([row])[row.pk] == ()
        with pytest.raises(GoogleRefused, match="decided on it meanwhile"):
            link_google_tenant(company_id=same.pk, seen_version=0, **by)
        with pytest.raises(Company.DoesNotExist):
            link_google_tenant(company_id=999_999, seen_version=1, **by)
        row = link_google_tenant(company_id=same.pk, seen_version=1, **by)
        assert TenantLink.objects.get(tenant=row.tenant, ended_at=None).company_id == same.pk
        with pytest.raises(GoogleRefused, match="in the state"):
            ignore_google_tenant(reason_key="test", seen_version=2, **by)
        assert refresh_google_tenants(northwind, now=clock()) == 0
        row = unlink_google_tenant(seen_version=2, **by)
        assert (row.state, TenantLink.objects.filter(ended_at=None).exists()) == ("needs_link", False)
        row = ignore_google_tenant(reason_key="other", reason="Not ours", seen_version=3, **by)
        row = reopen_google_tenant(seen_version=4, **by)
        with pytest.raises(GoogleRefused, match="Choose a reason"):
            ignore_google_tenant(reason_key="nonsense", seen_version=5, **by)
        actions = list(
            Event.objects.filter(target_id=world.customer_id(2)).order_by("id").values_list("action", flat=True)
        )
        assert [action.rpartition(".")[2] for action in actions] == [
            "match_rejected", "linked", "unlinked", "ignored", "reopened",
        ]  # fmt: skip
        set_entitlement(user_sync_google=False, actor=OPERATOR, now=clock())
        with pytest.raises(GoogleRefused, match="Ask your operator"):
            link_google_tenant(company_id=same.pk, seen_version=5, **by)


def test_a_link_that_changes_elsewhere_shows_after_the_next_reading(
    google: Connection, emulator: Emulator, clock: Clock
) -> None:
    northwind = place("Northwind", google, clock)
    read(northwind, clock)
    row = row_of(northwind, emulator.google.world.customer_id(1))
    with marketplace_scope(northwind):
        company = create_company(
            draft=CompanyDraft("Fabrikam", "DE"), origin=CompanyOrigin.IMPORT, actor=MANAGER, now=clock()
        )
        link = TenantLink.objects.create(
            marketplace_id=northwind, tenant=row.tenant, company=company, created_at=clock()
        )
        refresh_google_tenants(northwind, now=clock())
        assert GoogleTenant.objects.get(pk=row.pk).state == "linked"
        link.ended_at = clock()
        link.save()
        refresh_google_tenants(northwind, now=clock())
        assert GoogleTenant.objects.get(pk=row.pk).state == "needs_link"


def test_the_schedule_reads_each_hour_where_somebody_uses_it_and_company_sync_never_does(
    google: Connection, clock: Clock
) -> None:
    assert start_due_google_listings(now=clock()) == 0, "it feeds nobody"
    northwind = place("Northwind", google, clock)
    assert start_due_google_listings(now=clock()) == 1
    Observation.objects.update(state="done", complete=True)
    assert start_due_google_listings(now=clock() + timedelta(minutes=30)) == 0
    assert start_due_google_listings(now=clock() + timedelta(minutes=61)) == 1
    with marketplace_scope(northwind):
        set_entitlement(user_sync_google=False, actor=OPERATOR, now=clock())
        with pytest.raises(GoogleRefused, match="not enabled"):
            request_google_listing(actor=MANAGER, now=clock())
    Observation.objects.update(state="done")
    assert start_due_google_listings(now=clock() + timedelta(hours=9)) == 0
    with pytest.raises(SyncRefused):
        request_sync(marketplace_id=northwind, asked=Asked(MANAGER, Trigger.BUTTON), now=clock(), enqueue=False)


def test_direct_mode_has_one_tenant(database: str, emulator: Emulator, clock: Clock) -> None:
    world = emulator.google.world
    emulator.google.signin.direct.add(6)
    row = google_connection(emulator, clock.now, "own", world.administrator(6))
    northwind = place("Northwind", row, clock)
    read(northwind, clock)
    assert states(northwind) == {world.customer_id(6): "needs_link"}
    assert Sighting.objects.filter(connection=row).count() == 1


def test_one_marketplace_knows_nothing_of_another_s_decisions(
    google: Connection, emulator: Emulator, clock: Clock
) -> None:
    northwind, contoso = place("Northwind", google, clock), place("Contoso", google, clock)
    read(northwind, clock)
    theirs = row_of(contoso, emulator.google.world.customer_id(0))
    with marketplace_scope(northwind), pytest.raises(GoogleTenant.DoesNotExist):
        ignore_google_tenant(pk=theirs.pk, seen_version=0, reason_key="test", actor=MANAGER, now=clock())
    assert uuid.UUID(str(theirs.content_hash))
