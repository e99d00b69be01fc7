"""Opening the directories of a connection: which API is chosen, and what is said of the choice."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from tests.connections.directory_stage import close_kept, google_connection, microsoft_connection

from tenantry.connections.directories import open_directories, open_directory
from tenantry.connections.sources import open_source
from tenantry.emulator.faults import FaultKind
from tenantry.emulator.server import Emulator
from tenantry.providers.base import DirectorySource
from tenantry.providers.capabilities import Ability, PeopleApi
from tenantry.providers.errors import AuthFailed, ConsentMissing, Misconfigured, Unavailable


@pytest.fixture(scope="module")
def shared(emulator_home: Any) -> Iterator[Emulator]:
    with Emulator(customers=12, google_customers=6, limit=0, google_quota=0) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    yield shared
    close_kept()
    shared.faults.clear()
    assert not shared.counters.unknown


def readable(emulator: Emulator, company: int, *, consent: bool) -> str:
    tenant = emulator.world.tenant_id(company)
    emulator.world.set_rights(tenant, role_granted=True, readable=True)
    emulator.microsoft.people.consent(tenant, granted=consent)
    return tenant


def people(source: DirectorySource, tenant: str) -> set[str]:
    page = source.list_users(tenant, None)
    assert page.cursor is None
    return {person.external_id for person in page.records}


def test_each_tenant_is_read_through_the_api_that_is_open_there_and_the_reason_is_told(
    database: str, emulator: Emulator, now: datetime
) -> None:
    row = microsoft_connection(emulator, now)
    permitted, closed = readable(emulator, 1, consent=True), readable(emulator, 2, consent=False)
    with open_directories(row) as directories:
        through_graph = directories.of(permitted, [Ability.EMAIL])
        through_partner = directories.of(closed, [Ability.EMAIL, Ability.NAMES])
        assert (through_graph.choice.api, through_graph.source.api) == (PeopleApi.GRAPH, PeopleApi.GRAPH)
        assert "permitted here" in through_graph.choice.reason
        assert through_partner.source.api is through_partner.choice.api is PeopleApi.PARTNER_CENTER
        assert "because Microsoft Graph is not open" in through_partner.choice.reason
        assert "carry no e-mail" in through_partner.choice.reason
        assert "First and last name" not in through_partner.choice.reason
        assert len(people(through_graph.source, permitted)) > 10
        assert len(people(through_partner.source, closed)) > 10
    asked = emulator.counters.requests
    with open_directory(row, closed) as again:
        assert again.choice.api is PeopleApi.PARTNER_CENTER
    assert emulator.counters.requests == asked, "what Graph said is remembered for a while"


def test_trouble_of_graph_chooses_nothing_and_a_dead_sign_in_stops_everything(
    database: str, emulator: Emulator, now: datetime
) -> None:
    row, tenant = microsoft_connection(emulator, now), readable(emulator, 3, consent=True)
    emulator.faults.add(FaultKind.STATUS, "/graph/*", status=503)
    with pytest.raises(Unavailable), open_directory(row, tenant):
        pass
    emulator.faults.clear()
    with open_directory(row, tenant) as opened:
        assert opened.choice.api is PeopleApi.GRAPH
    unsigned = microsoft_connection(emulator, now, signed_in=False)
    with pytest.raises(AuthFailed, match="Nobody has signed in"), open_directory(unsigned, tenant):
        pass
    assert (row.ready_for_people, unsigned.ready_for_people) == (True, False)


def test_a_partner_center_of_its_own_never_leads_to_microsofts_graph(
    database: str, emulator: Emulator, now: datetime
) -> None:
    row, tenant = microsoft_connection(emulator, now, graph=""), readable(emulator, 4, consent=True)
    with open_directory(row, tenant) as opened:
        assert opened.choice.api is PeopleApi.PARTNER_CENTER
        assert "no address of a Graph" in opened.choice.reason


@pytest.mark.parametrize("discovery", ["reseller", "channel", "own"])
def test_google_is_opened_in_every_mode(database: str, emulator: Emulator, now: datetime, discovery: str) -> None:
    google = emulator.google.world
    emulator.google.signin.direct.add(2)
    subject = google.administrator(2) if discovery == "own" else ""
    row = google_connection(emulator, now, discovery, subject)
    with open_source(row) as source:
        listed = {record.external_id for record in source.list_tenants(None).records}
    assert google.customer_id(2) in listed
    assert (listed == {google.customer_id(2)}) is (discovery == "own")
    with open_directory(row, google.customer_id(2)) as opened:
        assert opened.choice.api is PeopleApi.GOOGLE_DIRECTORY
        assert len(people(opened.source, google.customer_id(2))) > 10
    assert row.ready_for_people


def test_a_google_connection_that_is_not_set_up_says_what_is_missing(
    database: str, emulator: Emulator, now: datetime
) -> None:
    row = google_connection(emulator, now)
    for change, words in (
        ({"discovery": ""}, "no mode yet"),
        ({"sealed_secret": None}, "no service account's key"),
        ({"subject": "nobody"}, "not a mail address"),
        ({"settings": {}}, "the key is an emulator's"),
    ):
        usual = {name: getattr(row, name) for name in change}
        for name, value in change.items():
            setattr(row, name, value)
        with pytest.raises(Misconfigured, match=f"(?i){words}"), open_source(row):
            pass
        for name, value in usual.items():
            setattr(row, name, value)


def test_people_of_one_closed_customer_stop_nothing_else(database: str, emulator: Emulator, now: datetime) -> None:
    row, world = google_connection(emulator, now), emulator.google.world
    world.change(3, reseller_access=False)
    with open_directories(row) as directories:
        closed = directories.of(world.customer_id(3))
        with pytest.raises(ConsentMissing) as raised:
            closed.source.list_users(world.customer_id(3), None)
        assert not raised.value.stops_run
        assert people(directories.of(world.customer_id(4)).source, world.customer_id(4))
