"""People of Microsoft tenants, through the Partner Center and through Graph, against the emulator."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pytest
from tests.providers.test_partner_center_emulated import Kept

from tenantry.core.directory import known_after
from tenantry.core.records import AdminLevel, DirectoryPage, DirectoryUser, Ending, PersonKind, Presence
from tenantry.emulator.microsoft.people import SKUS
from tenantry.emulator.server import Emulator
from tenantry.emulator.staff import DAY, NO_WIDTH, Someone
from tenantry.providers.base import DirectorySource, Unlimited
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.errors import (
    AuthFailed,
    ConsentMissing,
    CursorExpired,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.microsoft.auth import AppOnlyTokens, TokenSource, UserTokens
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, ClientSecret
from tenantry.providers.microsoft.graph import GraphPeople
from tenantry.providers.microsoft.graph_calls import CallsByTenant
from tenantry.providers.microsoft.people import PartnerCenterPeople
from tenantry.providers.patience import Patience

QUICK = Patience(waits=(0.01, 0.01, 0.01), longest_wait=1.5, total=10)
USERS = "/v1/customers/*/users"
GRAPH_USERS = "/graph/v1.0/users*"


@dataclass
class Stage:
    emulator: Emulator
    http: HttpClient
    asked_for: list[str] = field(default_factory=list)

    @property
    def endpoints(self) -> Endpoints:
        one = self.emulator
        return endpoints_for(
            "global", api=one.api_url, authority=one.login_url, graph=one.graph_url, ca_file=one.ca_file
        )

    @property
    def application(self) -> Application:
        known = self.emulator.web_application
        secret = ClientSecret(known.secret)
        return Application(self.emulator.partner_tenant_id, known.client_id, ApplicationKind.WEB, secret)

    @cached_property
    def kept(self) -> Kept:
        return Kept(self.emulator.refresh_token())

    def tokens(self, customer: str = "") -> TokenSource:
        self.asked_for.append(customer)
        return UserTokens(self.endpoints, self.application, self.kept, self.http, customer=customer)

    @cached_property
    def partner(self) -> PartnerCenterPeople:
        return PartnerCenterPeople(self.endpoints, self.tokens(), Unlimited(), self.http, patience=QUICK)

    @cached_property
    def graph(self) -> GraphPeople:
        return GraphPeople(CallsByTenant(self.endpoints, self.tokens, Unlimited(), self.http, patience=QUICK))

    def source(self, api: str) -> DirectorySource:
        return self.partner if api == "partner" else self.graph

    def tenant(self, company: int) -> str:
        """A tenant that may be read both ways."""
        tenant = self.emulator.world.tenant_id(company)
        self.emulator.world.set_rights(tenant, role_granted=True, readable=True)
        self.emulator.microsoft.people.consent(tenant, granted=True)
        return tenant

    def people(self, company: int) -> dict[str, Someone]:
        known = self.emulator.microsoft.people
        return {known.user_id(one): one for one in known.staff.everybody(company)}


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with Emulator(customers=20, limit=0, crowds={3: 1200}) as emulator:
        http = HttpClient(ca_file=emulator.ca_file, limits=Limits(read=2.0, total=3.0, max_bytes=8 * 1024 * 1024))
        yield Stage(emulator, http)
        http.close()


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    usual = shared.emulator.switches.as_dict()
    shared.emulator.counters.reset()
    yield shared
    shared.emulator.switches.set(usual)
    shared.emulator.faults.clear()
    assert not shared.emulator.counters.unknown
    assert shared.emulator.counters.crashes == 0


def pages_of(source: DirectorySource, tenant: str) -> list[DirectoryPage]:
    pages = [source.list_users(tenant, None)]
    while pages[-1].cursor is not None:
        assert len(pages) < 40
        pages.append(source.list_users(tenant, pages[-1].cursor))
    return pages


def everybody(source: DirectorySource, tenant: str) -> dict[str, DirectoryUser]:
    return {person.external_id: person for page in pages_of(source, tenant) for person in page.records}


BOTH = pytest.mark.parametrize("api", ["partner", "graph"])


@BOTH
def test_a_large_tenant_is_read_to_its_clean_end_each_person_once(stage: Stage, api: str) -> None:
    tenant = stage.tenant(3)
    pages = pages_of(stage.source(api), tenant)
    assert len(pages) > 1
    assert pages[-1].ending is Ending.CLEAN
    found = [person.external_id for page in pages for person in page.records]
    present = {user_id for user_id, one in stage.people(3).items() if one.deleted_at is None}
    assert len(found) == len(set(found))
    assert set(found) == present


@BOTH
def test_both_tell_the_same_people_each_what_it_can(stage: Stage, api: str) -> None:
    known = stage.emulator.microsoft.people
    told = everybody(stage.source(api), stage.tenant(3))
    kinds = set()
    for user_id, one in stage.people(3).items():
        person = told.get(user_id)
        if person is None:
            continue
        kinds.add(one.kind)
        assert person.user_name == known.user_name(one).lower()
        names = known.names(one)
        assert (person.first_name, person.last_name) == (names.get("first", ""), names.get("last", ""))
        assert NO_WIDTH not in f"{person.display_name}"
        if api == "partner":
            untold = (person.email, person.aliases, person.enabled, person.kind, person.licences, person.language)
            assert untold == (None,) * 6
            continue
        assert person.email == known.mail(one)
        assert person.enabled is (not one.suspended and one.kind != "shared")
        assert person.kind is (PersonKind.GUEST if one.kind == "guest" else PersonKind.MEMBER)
        sku = known.sku(one)
        assert person.licences == (() if sku is None else (sku[0],))
        assert person.aliases == tuple(sorted(f"{each}@{known.staff.domain(3)}" for each in one.former))
    assert kinds == {"person", "guest", "shared", "service"}
    if api == "graph":
        addresses = [person.email for person in told.values() if person.email]
        assert "" in {person.email for person in told.values()}
        assert len(addresses) > len(set(addresses)), "an address may stand on two people"


@BOTH
def test_the_life_of_a_person_keeps_one_id_also_when_the_user_name_is_mangled(stage: Stage, api: str) -> None:
    company = 5 if api == "partner" else 6
    tenant, moves, source = stage.tenant(company), stage.emulator.microsoft.moves, stage.source(api)
    joined = moves.join(company, mailbox="new.hire")
    user = stage.emulator.microsoft.people.user_id(joined)
    before = source.read_user(tenant, user)
    assert before.user_name == f"new.hire@{stage.emulator.microsoft.people.staff.domain(company)}"
    moves.delete(company, joined.number)
    assert user not in everybody(source, tenant)
    gone = {person.external_id: person for person in source.list_deleted(tenant, None).records}[user]
    assert (gone.presence, gone.deleted_at is not None) == (Presence.DELETED, True)
    assert source.read_user(tenant, user).presence is Presence.DELETED
    moves.restore(company, joined.number)
    back = source.read_user(tenant, user)
    assert back.presence is Presence.PRESENT
    assert (back.user_name or "").startswith(user.replace("-", "")), "the name stays mangled: only the id counts"
    moves.delete(company, joined.number)
    stage.emulator.clock.advance(31 * DAY)
    assert user not in {person.external_id for person in source.list_deleted(tenant, None).records}
    with pytest.raises(NotFound):
        source.read_user(tenant, user)


@BOTH
def test_administrators_and_domains_are_read(stage: Stage, api: str) -> None:
    tenant = stage.tenant(4)
    found = stage.source(api).administrators(tenant)
    people = stage.emulator.microsoft.people
    full = people.user_id(people.staff.someone(4, 0))
    assert {each.external_id: each.level for each in found}[full] is AdminLevel.FULL
    assert {each.level for each in found} == {AdminLevel.FULL, AdminLevel.PARTIAL}
    assert {each.name for each in stage.source(api).domains(tenant)} >= set(
        stage.emulator.world.customer(tenant).custom_domains
    )


def test_licences_come_one_person_at_a_time_from_the_partner_center(stage: Stage) -> None:
    tenant, people = stage.tenant(4), stage.emulator.microsoft.people
    for number in (0, 3, 4, 5):
        one = people.staff.someone(4, number)
        if one.deleted_at is not None:
            continue
        found = stage.partner.licences_of(tenant, people.user_id(one))
        sku = people.sku(one)
        assert [(each.sku_id, each.product_id) for each in found] == ([] if sku is None else [(sku[0], sku[1])])
    assert {each.code for each in stage.graph.licence_names(tenant)} == {part for part, _ in SKUS}
    bought = stage.partner.subscribed_licences(tenant)
    assert (len(bought), bought[0].total, bought[0].assigned) == (4, 20, 5)


def test_changes_are_told_since_the_listing_and_unchanged_parts_stay_known(stage: Stage) -> None:
    tenant, moves, people = stage.tenant(7), stage.emulator.microsoft.moves, stage.emulator.microsoft.people
    pages = pages_of(stage.graph, tenant)
    known = everybody(stage.graph, tenant)
    changes = pages[-1].changes
    assert changes is not None
    quiet = stage.graph.list_changes(tenant, changes)
    assert (quiet.records, quiet.ending) == ((), Ending.CLEAN)
    renamed = moves.rename(7, 2, family="Newname")
    joined = moves.join(7)
    deleted = moves.delete(7, 1)
    page = stage.graph.list_changes(tenant, quiet.changes or "")
    told = {person.external_id: person for person in page.records}
    assert set(told) == {people.user_id(one) for one in (renamed, joined, deleted)}
    assert told[people.user_id(deleted)].presence is Presence.DELETED
    person = told[people.user_id(renamed)]
    assert known_after(known[person.external_id], person).last_name == "Newname"
    assert page.changes is not None
    stage.emulator.clock.advance(8 * DAY)
    with pytest.raises(CursorExpired):
        stage.graph.list_changes(tenant, page.changes)


@BOTH
def test_a_tenant_without_the_role_is_closed_and_never_empty(stage: Stage, api: str) -> None:
    tenant = stage.tenant(8)
    source = stage.source(api)
    assert everybody(source, tenant)
    stage.emulator.world.set_rights(tenant, role_granted=False)
    for ask in (source.list_users, source.list_deleted):
        with pytest.raises(ConsentMissing) as closed:
            ask(tenant, None)
        assert not closed.value.stops_run
    assert everybody(source, stage.tenant(4))


def test_a_tenant_without_application_consent_costs_only_itself(stage: Stage) -> None:
    tenant = stage.tenant(9)
    stage.emulator.microsoft.people.consent(tenant, granted=False)
    with pytest.raises(ConsentMissing, match="700016") as closed:
        stage.graph.list_users(tenant, None)
    assert (closed.value.stops_run, "consent" in closed.value.next_step) == (False, True)
    assert everybody(stage.graph, stage.tenant(4))
    assert everybody(stage.partner, tenant)


def test_people_need_a_signed_in_user(stage: Stage) -> None:
    alone = AppOnlyTokens(stage.endpoints, stage.application, stage.http)
    with pytest.raises(ConsentMissing, match="signed-in user"):
        PartnerCenterPeople(stage.endpoints, alone, Unlimited(), stage.http)


def test_a_tenant_that_left_is_not_found(stage: Stage) -> None:
    tenant = stage.tenant(10)
    stage.emulator.world.leave(tenant)
    with pytest.raises(NotFound):
        stage.partner.list_users(tenant, None)
    stage.emulator.world.come_back(tenant)


def test_one_token_too_many_ends_the_list_in_doubt(stage: Stage) -> None:
    stage.emulator.switches.trailing_token = True
    pages = pages_of(stage.partner, stage.tenant(4))
    assert [page.ending for page in pages] == [Ending.MORE, Ending.AMBIGUOUS]


def test_a_listing_whose_position_lapsed_says_so(stage: Stage) -> None:
    first = stage.graph.list_users(stage.tenant(3), None)
    with pytest.raises(CursorExpired):
        stage.graph.list_users(stage.tenant(4), first.cursor)
    with pytest.raises(CursorExpired):
        stage.graph.list_deleted(stage.tenant(3), first.cursor)
    stage.emulator.faults.add("status", GRAPH_USERS, status=410, times=1)
    with pytest.raises(CursorExpired):
        stage.graph.list_users(stage.tenant(3), first.cursor)
    lost = first.cursor.replace("skiptoken=", "skiptoken=x") if first.cursor else None
    with pytest.raises(CursorExpired):
        stage.graph.list_users(stage.tenant(3), lost)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"kind": "throttle", "retry_after": 600}, Throttled),
        ({"kind": "status", "status": 503, "body": "html"}, Unavailable),
        ({"kind": "status", "status": 403, "body": "html"}, Unavailable),
        ({"kind": "reason", "status": 403}, ConsentMissing),
        ({"kind": "malformed"}, Malformed),
        ({"kind": "reset"}, Unavailable),
        ({"kind": "expired_token"}, AuthFailed),
    ],
)
@BOTH
def test_every_trouble_has_its_name_and_no_tenant_looks_empty(
    stage: Stage, api: str, settings: dict[str, object], kind: type[ProviderError]
) -> None:
    tenant = stage.tenant(4)
    given = dict(settings)
    stage.emulator.faults.add(str(given.pop("kind")), USERS if api == "partner" else GRAPH_USERS, **given)
    with pytest.raises(kind):
        stage.source(api).list_users(tenant, None)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"kind": "status", "status": 403, "body": "json", "code": 20002}, NotFound),
        ({"kind": "status", "status": 403, "body": "json", "code": 900308}, ConsentMissing),
        ({"kind": "status", "status": 403, "body": "json", "code": 900309}, ConsentMissing),
        ({"kind": "reason", "status": 403}, ConsentMissing),
        ({"kind": "status", "status": 403, "body": "new", "code": 900308, "retryable": False}, ConsentMissing),
    ],
)
def test_a_closed_customer_says_so_in_each_way_that_was_seen(
    stage: Stage, settings: dict[str, object], kind: type[ProviderError]
) -> None:
    given = dict(settings)
    stage.emulator.faults.add(str(given.pop("kind")), USERS, **given)
    with pytest.raises(kind) as closed:
        stage.partner.list_users(stage.tenant(4), None)
    assert not closed.value.stops_run


@BOTH
def test_one_spoiled_answer_is_read_again(stage: Stage, api: str) -> None:
    stage.emulator.faults.add("status", USERS if api == "partner" else GRAPH_USERS, times=1)
    assert everybody(stage.source(api), stage.tenant(4))


@BOTH
def test_nothing_but_ids_is_ever_asked_for(stage: Stage, api: str) -> None:
    source = stage.source(api)
    with pytest.raises(Malformed, match="nothing was asked"):
        source.list_users("../users", None)
    with pytest.raises(Malformed, match="nothing was asked"):
        source.read_user(stage.tenant(4), "eva@a.example")
    assert stage.emulator.counters.requests == 0


def test_each_names_its_api(stage: Stage) -> None:
    assert (stage.partner.api, stage.graph.api) == (PeopleApi.PARTNER_CENTER, PeopleApi.GRAPH)
