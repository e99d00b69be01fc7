"""Delegated administration per tenant, and *Sync domains*, against the emulator of both providers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.connections.directory_stage import close_kept, google_connection, microsoft_connection
from tests.sync.stage import MANAGER, OPERATOR, Clock

from tenantry.audit.models import Event
from tenantry.connections.models import Connection, ConsentWarning
from tenantry.core.drafts import DomainDraft
from tenantry.core.tenants import digest
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin
from tenantry.marketplace.services import create_marketplace
from tenantry.providers.errors import ConsentMissing, Misconfigured
from tenantry.sync.consent import look_after_connection
from tenantry.sync.delegations import administration_of, read_delegations, sightings_of
from tenantry.sync.domains import sync_domains
from tenantry.sync.models import Feed, Sighting, Tenant, TenantLink

ROLE_THAT_READS_NOBODY = "729827e3-9c14-49f7-bb1b-9608f156bbb8"


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    with Emulator(customers=400, google_customers=4, limit=0, google_quota=0) as running:
        yield running


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    yield shared
    shared.switches.delegations_readable = True
    close_kept()
    assert not shared.counters.unknown
    assert shared.counters.crashes == 0


def seen(connection: Connection, external_id: str, now: datetime, name: str = "Alpine") -> Tenant:
    """A tenant that the connection's list showed."""
    tenant = Tenant.objects.create(
        provider=connection.provider, cloud="global", external_id=external_id, name=name, domain="a.example",
        content_hash=digest(name), first_seen_at=now, changed_at=now,
    )  # fmt: skip
    Sighting.objects.create(
        connection=connection, tenant=tenant, relationship="reseller", content_hash=digest(name), first_seen_at=now
    )
    return tenant


def linked(name: str, clock: Clock, *tenants: tuple[Connection, Tenant]) -> tuple[int, Company]:
    """A marketplace that the connections feed, with one company that these tenants are linked to."""
    place = create_marketplace(name=name, actor=OPERATOR, now=clock())
    with marketplace_scope(place.pk):
        draft = CompanyDraft("Alpine", "AT", domains=(DomainDraft("old.example"),))
        company = create_company(draft=draft, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=clock())
        for connection, tenant in tenants:
            Feed.objects.get_or_create(marketplace=place, connection=connection, defaults={"created_at": clock()})
            TenantLink.objects.create(marketplace=place, tenant=tenant, company=company, created_at=clock())
    return place.pk, company


def told(connection: Connection, tenant: Tenant, now: datetime) -> tuple[str, tuple[str, ...], bool]:
    row = Sighting.objects.select_related("connection").get(connection=connection, tenant=tenant)
    found = administration_of(row, now=now)
    return found.word, found.roles, bool(found.fix)


def test_delegated_administration_is_kept_per_tenant_with_roles_end_and_steps(
    database: str, emulator: Emulator, clock: Clock
) -> None:
    clock.now = datetime.fromtimestamp(emulator.clock.now(), tz=clock.now.tzinfo)
    row, people, world = microsoft_connection(emulator, clock()), emulator.microsoft.people, emulator.world
    ids = [world.tenant_id(number) for number in range(5)]
    good, weak, waiting, none, over = [seen(row, each, clock(), f"T{number}") for number, each in enumerate(ids)]
    for number in (0, 1, 2, 4):
        world.set_rights(ids[number], role_granted=True)
    world.set_rights(ids[3], role_granted=False)
    people.delegate(ids[1], roles=[ROLE_THAT_READS_NOBODY])
    people.delegate(ids[2], status="approvalPending")
    people.delegate(ids[4], ends=(clock() - timedelta(days=1)).timestamp())
    assert told(row, good, clock()) == ("not known", (), False)
    assert read_delegations(row, now=clock()) > 100, "more than one page of Graph's"
    assert told(row, good, clock()) == ("active", ("Directory Readers",), False)
    assert told(row, weak, clock())[0::2] == ("lacks a role", True)
    assert told(row, waiting, clock())[0::2] == ("waits for the customer", True)
    assert told(row, none, clock())[0::2] == ("none", True)
    assert told(row, over, clock())[0::2] == ("ended", True)
    assert Tenant.objects.get(pk=good.pk).delegated_admin is True
    assert Tenant.objects.get(pk=none.pk).delegated_admin is False
    place, _ = linked("Northwind", clock, (row, good))
    with marketplace_scope(place):
        assert sightings_of([good.pk, none.pk])[good.pk].delegation_status == "active"
    world.set_rights(ids[0], role_granted=False)
    read_delegations(row, now=clock())
    assert told(row, good, clock())[0] == "active", "one list may lack a row"
    read_delegations(row, now=clock() + timedelta(hours=13))
    assert told(row, good, clock())[0] == "none", "what two lists lack has ended"


def test_an_end_that_comes_near_is_warned_of_for_linked_tenants_alone(
    database: str, emulator: Emulator, clock: Clock
) -> None:
    clock.now = datetime.fromtimestamp(emulator.clock.now(), tz=clock.now.tzinfo)
    row, people, world = microsoft_connection(emulator, clock()), emulator.microsoft.people, emulator.world
    ids = [world.tenant_id(number) for number in (10, 11)]
    for each in ids:
        world.set_rights(each, role_granted=True)
        people.delegate(each, ends=(clock() + timedelta(days=6)).timestamp())
    mine, other = (seen(row, each, clock(), f"T{each[:4]}") for each in ids)
    linked("Northwind", clock, (row, mine))
    assert look_after_connection(row.pk, now=clock()).told >= 1
    warnings = ConsentWarning.objects.filter(connection=row, matter="delegated_admin")
    assert [(each.subject, each.step) for each in warnings] == [(ids[0], 7)]
    assert other.external_id == ids[1]
    people.delegate(ids[0], ends=(clock() + timedelta(days=400)).timestamp())
    clock.pass_time(hours=24)
    assert look_after_connection(row.pk, now=clock()).mended >= 1
    assert not warnings.all().exists()


def test_what_can_t_be_read_stays_as_it_was_and_says_why(database: str, emulator: Emulator, clock: Clock) -> None:
    row, world = microsoft_connection(emulator, clock()), emulator.world
    world.set_rights(world.tenant_id(20), role_granted=True)
    tenant = seen(row, world.tenant_id(20), clock())
    read_delegations(row, now=clock())
    emulator.switches.delegations_readable = False
    with pytest.raises(ConsentMissing) as raised:
        read_delegations(row, now=clock())
    assert raised.value.permission == "DelegatedAdminRelationship.Read.All"
    row.refresh_from_db()
    assert "DelegatedAdminRelationship.Read.All" in row.delegations_problem
    assert Sighting.objects.get(tenant=tenant).delegation_status == "active"
    apart = microsoft_connection(emulator, clock(), graph="")
    with pytest.raises(Misconfigured, match="Graph can't be asked"):
        read_delegations(apart, now=clock())


def test_domains_of_linked_tenants_of_both_providers_become_verified_domains_of_the_company(
    database: str, emulator: Emulator, clock: Clock
) -> None:
    microsoft, google = microsoft_connection(emulator, clock()), google_connection(emulator, clock())
    world, directory = emulator.world, emulator.google.world
    numbers = [number for number in range(30, 60) if world.customer(world.tenant_id(number)).custom_domains]
    tenant_id, closed_id = world.tenant_id(numbers[0]), world.tenant_id(numbers[1])
    world.set_rights(tenant_id, role_granted=True, readable=True)
    world.set_rights(closed_id, role_granted=False)
    open_tenant = seen(microsoft, tenant_id, clock(), "Open")
    closed = seen(microsoft, closed_id, clock(), "Closed")
    resold = seen(google, directory.customer_id(1), clock(), "Resold")
    place, company = linked("Northwind", clock, (microsoft, open_tenant), (microsoft, closed), (google, resold))
    by = {"marketplace_id": place, "company_id": company.pk, "actor": MANAGER, "now": clock()}
    synced = sync_domains(**by)  # type: ignore[arg-type]  # a plain dict
    own = {*world.customer(tenant_id).custom_domains, directory.domain(1)}
    assert own <= set(synced.added)
    assert not any(each.endswith(".onmicrosoft.com") for each in synced.added)
    assert (synced.read, len(synced.problems)) == (2, 1)
    assert synced.problems[0].startswith("Closed: ")
    with marketplace_scope(place):
        rows = {each.domain: each.verified for each in CompanyDomain.objects.filter(company=company)}
        assert all(rows[each] for each in own)
        assert rows["old.example"] is False, "nothing is removed, and nobody vouches for what no tenant has"
        assert Event.objects.filter(action="marketplace.company.edited", target_id=str(company.pk)).count() == 1
    again = sync_domains(**by)  # type: ignore[arg-type]  # the same
    assert again.added == ()
    Connection.objects.filter(pk=google.pk).update(enabled=False)
    assert any("No connection" in each for each in sync_domains(**by).problems)  # type: ignore[arg-type]  # the same
    with pytest.raises(Company.DoesNotExist):
        sync_domains(marketplace_id=place, company_id=999_999, actor=MANAGER, now=clock())
