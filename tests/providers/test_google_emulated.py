"""The whole Google client against the emulator: sign-in, tenants, people, and what happens to them."""

from collections.abc import Iterator

import pytest
from tests.providers.google_stage import Stage, all_tenants, everybody, google_stage

from tenantry.core.records import AdminLevel, Ending, LicenceAssignment, PersonKind, Presence
from tenantry.emulator.staff import DAY, NO_WIDTH
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.errors import AuthFailed, ConsentMissing, CursorExpired, Malformed, Misconfigured, NotFound
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode, ScopeSet
from tenantry.providers.google.probe import probe
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.probes import ProbeName


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with google_stage(crowds={3: 1300}, google_tiers=2) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    google = shared.emulator.google
    usual, delegated = google.switches.as_dict(), set(google.signin.delegated)
    shared.emulator.counters.reset()
    yield shared
    google.switches.set(usual)
    google.signin.delegated = delegated
    google.signin.direct.clear()
    shared.emulator.faults.clear()
    assert not shared.emulator.counters.unknown, "the client asked for something that the service does not have"
    assert shared.emulator.counters.crashes == 0


@pytest.fixture
def client(stage: Stage) -> Google:
    return stage.client()


@pytest.mark.parametrize("discovery", [Discovery.RESELLER, Discovery.CHANNEL])
def test_every_customer_is_found_under_its_directory_id(stage: Stage, discovery: Discovery) -> None:
    found = {each.external_id: each for each in all_tenants(stage.client(discovery))}
    assert set(found) == {account.customer_id for account in stage.emulator.google.world.accounts()}
    assert found[stage.customer(2)].domain == stage.emulator.google.world.domain(2)
    asked = [each for each in stage.emulator.counters.recent if "my_customer" in each.path + each.query]
    assert asked == []


def test_a_customer_without_google_account_or_subscription_is_not_taken_for_a_tenant(stage: Stage) -> None:
    world = stage.emulator.google.world
    world.change(5, has_directory=False)
    world.change(6, has_subscription=False)
    try:
        page = stage.client(Discovery.CHANNEL).list_tenants(None)
        assert "no Google account yet" in page.invalid[0].reason
        listed = {each.external_id for each in all_tenants(stage.client())}
        assert stage.customer(5) not in listed
        assert stage.customer(6) not in listed
        assert stage.client().read_tenant(stage.customer(6)).domain == world.domain(6)
    finally:
        world.changes.clear()


def test_details_come_with_contact_address_and_domains(stage: Stage) -> None:
    company = stage.emulator.google.world.company(2)
    for discovery in (Discovery.RESELLER, Discovery.CHANNEL):
        details = stage.client(discovery).read_tenant(stage.customer(2))
        assert (details.name, details.address.country) == (company.name.strip(), company.place.country)
        assert details.contact.email == company.contact.email.lower()
        assert details.domains is not None
        assert stage.emulator.google.world.domain(2) in details.domains
        assert details.missing == ()


def test_domains_that_are_closed_stay_unknown_and_say_why(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("refuse", "*/domains", reason="forbidden")
    details = client.read_tenant(stage.customer(2))
    assert details.domains is None
    assert "Domains: This customer is closed" in details.missing[0]


def test_a_direct_connection_reads_its_own_customer_under_its_id(stage: Stage) -> None:
    google = stage.emulator.google
    google.signin.direct.add(4)
    client = stage.client(Discovery.OWN, google.world.administrator(4))
    (only,) = all_tenants(client)
    assert only.external_id == stage.customer(4)
    assert len(everybody(client, only.external_id)) == len(google.staff.ordered(4))
    assert client.read_tenant(only.external_id).domain == google.world.domain(4)
    with pytest.raises(ConsentMissing):
        client.list_users(stage.customer(2), None)
    assert client.subscribed_licences(only.external_id) == ()


def test_a_large_directory_is_read_page_by_page_each_person_once(stage: Stage, client: Google) -> None:
    pages = [client.list_users(stage.customer(3), None)]
    while pages[-1].cursor is not None:
        pages.append(client.list_users(stage.customer(3), pages[-1].cursor))
    assert [len(page.records) for page in pages][:2] == [500, 500]
    assert [page.ending for page in pages] == [Ending.MORE, Ending.MORE, Ending.CLEAN]
    people = [person for page in pages for person in page.records]
    assert len({person.external_id for person in people}) == len(people) == len(stage.emulator.google.staff.ordered(3))
    assert [person.email for person in people] == sorted(person.email or "" for person in people)
    assert all(len(person.external_id) == 21 for person in people)
    sent = [each.query for each in stage.emulator.counters.recent if each.path.endswith("/users")]
    assert all("nextPageToken" in query and f"customer={stage.customer(3)}" in query for query in sent)


def test_what_google_tells_of_people_is_read(stage: Stage, client: Google) -> None:
    assert client.api is PeopleApi.GOOGLE_DIRECTORY
    staff, world = stage.emulator.google.staff, stage.emulator.google.world
    told = {person.external_id: person for person in everybody(client, stage.customer(3))}
    kinds = set()
    for one in staff.everybody(3):
        person = told.get(world.user_id(one))
        assert (person is None) == (one.deleted_at is not None)
        if person is None:
            continue
        kinds.add(one.kind)
        assert person.user_name == person.email == world.address(one)
        assert (person.first_name, person.last_name) == (one.given, one.family.replace(NO_WIDTH, ""))
        assert person.aliases == tuple(sorted(f"{each}@{world.domain(3)}" for each in one.former))
        assert person.enabled is not (one.suspended or one.archived)
        assert person.archived is one.archived
        assert person.suspension == ("ADMIN" if one.suspended else "")
        levels = {"full": AdminLevel.FULL, "partial": AdminLevel.PARTIAL, "": AdminLevel.NONE}
        assert person.admin is levels[one.admin]
        assert person.kind is (PersonKind.GUEST if one.kind == "guest" else PersonKind.MEMBER)
        assert person.guest_email == one.home
        assert person.org_unit == f"/{one.unit}"
        assert (person.signed_in, person.last_sign_in is None) == (one.last_login is not None, one.last_login is None)
        assert person.licences is None
        assert person.language == one.language
    assert kinds == {"person", "guest", "shared", "service"}


def test_licences_are_joined_by_address_and_a_product_that_is_lacking_costs_only_itself(
    stage: Stage, client: Google
) -> None:
    found: list[LicenceAssignment] = []
    lacking: list[str] = []
    cursor = None
    while True:
        page = client.list_licences(stage.customer(2), cursor)
        found += page.records
        lacking += page.lacking
        assert not page.missing
        cursor = page.cursor
        if cursor is None:
            break
    world = stage.emulator.google.world
    present = [world.staff.someone(2, number) for _, number in world.staff.ordered(2)]
    assert {each.user_name for each in found if each.product_id == "Google-Apps"} == {
        world.address(one) for one in present if one.licensed
    }
    assert len(lacking) == 4
    (bought, *_) = client.subscribed_licences(stage.customer(2))
    assert (bought.total, bought.assigned) == (20, 16)


def test_who_administers_is_read_from_roles_groups_and_programs_included(stage: Stage, client: Google) -> None:
    found = {each.external_id: each for each in client.administrators(stage.customer(2))}
    full = found[stage.user_id(2, 0)]
    assert (full.level, full.roles) == (AdminLevel.FULL, ("_SEED_ADMIN_ROLE",))
    assert found[stage.user_id(2, 1)].level is AdminLevel.PARTIAL
    assert sum(each.is_group for each in found.values()) == 1
    assert len(found) == 4


def test_units_and_domains_are_read(stage: Stage, client: Google) -> None:
    assert [unit.path for unit in client.org_units(stage.customer(2))] == [
        "/Board & Staff", "/Engineering", "/Engineering/Platform", "/Finance", "/Sales",
    ]  # fmt: skip
    assert client.domains(stage.customer(2))[0].primary


def test_the_life_of_a_person_keeps_one_id(stage: Stage, client: Google) -> None:
    customer, moves = stage.customer(7), stage.emulator.google.people
    joined = moves.join(7, mailbox="new.hire")
    user = stage.user_id(7, joined.number)
    domain = stage.emulator.google.world.domain(7)
    assert client.read_user(customer, user).signed_in is False
    moves.readdress(7, joined.number, "married.name")
    renamed = client.read_user(customer, user)
    assert (renamed.email, renamed.aliases) == (f"married.name@{domain}", (f"new.hire@{domain}",))
    moves.suspend(7, joined.number)
    assert client.read_user(customer, user).enabled is False
    moves.resume(7, joined.number)
    moves.delete(7, joined.number)
    assert user not in {person.external_id for person in everybody(client, customer)}
    (gone,) = [each for each in client.list_deleted(customer, None).records if each.external_id == user]
    assert (gone.presence, gone.deleted_at is not None) == (Presence.DELETED, True)
    assert client.read_user(customer, user).presence is Presence.DELETED
    again = moves.join(7, mailbox="married.name")
    assert stage.user_id(7, again.number) != user
    moves.delete(7, again.number)
    moves.restore(7, joined.number)
    back = client.read_user(customer, user)
    assert (back.presence, back.enabled, back.email) == (Presence.PRESENT, True, f"married.name@{domain}")


def test_after_twenty_days_a_deleted_person_is_gone_from_every_call(stage: Stage, client: Google) -> None:
    moves, customer = stage.emulator.google.people, stage.customer(8)
    user = stage.user_id(8, 5)
    moves.delete(8, 5)
    stage.emulator.google.switches.bare_deleted = True
    (bare,) = [each for each in client.list_deleted(customer, None).records if each.external_id == user]
    assert (bare.first_name, bare.deleted_at) == (None, None)
    stage.emulator.clock.advance(20 * DAY + 1)
    assert client.list_deleted(customer, None).records == ()
    with pytest.raises(NotFound):
        client.read_user(customer, user)


def test_a_page_token_that_lapsed_starts_the_listing_over(stage: Stage, client: Google) -> None:
    first = client.list_users(stage.customer(3), None)
    stage.emulator.clock.advance(3 * DAY + 1)
    with pytest.raises(CursorExpired):
        client.list_users(stage.customer(3), first.cursor)
    with pytest.raises(CursorExpired):
        client.list_users(stage.customer(2), first.cursor)
    with pytest.raises(CursorExpired):
        client.list_deleted(stage.customer(3), first.cursor)


def test_a_customer_that_closed_its_directory_costs_only_itself(stage: Stage, client: Google) -> None:
    stage.emulator.google.world.change(2, reseller_access=False)
    try:
        with pytest.raises(ConsentMissing) as closed:
            client.list_users(stage.customer(2), None)
        assert not closed.value.stops_run
        assert everybody(client, stage.customer(4))
        stage.emulator.google.switches.set({"foreign_customer": "404"})
        with pytest.raises(NotFound):
            client.list_users(stage.customer(2), None)
    finally:
        stage.emulator.google.world.changes.clear()


@pytest.mark.parametrize("wrong", ["my_customer", "", "c0abc", "C0 abc", "example.com", "C../users"])
def test_nothing_but_a_customers_id_is_ever_asked_for(stage: Stage, client: Google, wrong: str) -> None:
    for ask in (client.list_users, client.list_deleted, client.list_licences):
        with pytest.raises(Malformed, match="nothing was asked"):
            ask(wrong, None)
    with pytest.raises(Malformed, match="nothing was asked"):
        client.read_user(stage.customer(2), "eva@a.example")
    assert stage.emulator.counters.requests == 0


def test_a_missing_scope_stops_nothing_else(stage: Stage, client: Google) -> None:
    stage.emulator.google.signin.delegated -= set(ScopeSet.LICENCES.scopes)
    with pytest.raises(ConsentMissing) as missing:
        client.list_licences(stage.customer(2), None)
    assert missing.value.permission == "https://www.googleapis.com/auth/apps.licensing"
    assert stage.emulator.google.service_account.client_id in missing.value.next_step
    assert everybody(client, stage.customer(2))


def test_a_subject_that_cannot_speak_is_a_matter_of_configuration(stage: Stage) -> None:
    google = stage.emulator.google
    with pytest.raises(AuthFailed, match="not known"):
        stage.client(subject=f"nobody@{google.world.domain(2)}").list_tenants(None)
    with pytest.raises(ConsentMissing, match="not granted"):
        stage.client(subject=google.world.administrator(2)).list_tenants(None)
    with pytest.raises(Misconfigured):
        stage.client(subject="nobody")
    helper = google.world.address(google.staff.someone(1_000_000, 1))
    with pytest.raises(ConsentMissing) as closed:
        stage.client(subject=helper).list_tenants(None)
    assert closed.value.stops_run, "the list of all customers is closed for good"


def test_a_revoked_key_and_a_disabled_api_are_said(stage: Stage) -> None:
    stage.emulator.google.switches.apis_off = "reseller"
    with pytest.raises(ConsentMissing, match="not enabled"):
        stage.client().list_tenants(None)
    stage.emulator.google.switches.key_revoked = True
    with pytest.raises(AuthFailed, match="key is not accepted"):
        stage.client().list_tenants(None)


def test_a_token_that_is_refused_in_the_middle_is_renewed_once(stage: Stage, client: Google) -> None:
    page = client.list_users(stage.customer(3), None)
    stage.emulator.google.signin.revoke_all()
    assert client.list_users(stage.customer(3), page.cursor).records
    stage.emulator.faults.add("expired_token", "/admin/*")
    with pytest.raises(AuthFailed):
        client.list_users(stage.customer(3), page.cursor)


def test_tokens_are_shared_and_their_lives_are_kept(stage: Stage) -> None:
    stage.emulator.google.switches.expires_as_text = True
    client = stage.client()
    for _ in range(3):
        client.list_users(stage.customer(2), None)
    paths = stage.emulator.counters.paths
    assert paths["POST /token"] == 1


def test_mode_and_discovery_must_fit() -> None:
    with pytest.raises(Misconfigured):
        Reach(Mode.DIRECT, Discovery.RESELLER)
    with pytest.raises(Misconfigured):
        Reach(Mode.RESELLER, Discovery.CHANNEL)


def test_a_probe_says_of_every_right_whether_it_is_there(stage: Stage) -> None:
    assert [result.ok for result in probe(stage.client())] == [True] * 5
    stage.emulator.google.signin.delegated -= set(ScopeSet.ROLES.scopes)
    roles = {result.name: result for result in probe(stage.client())}[ProbeName.READ_ROLES]
    assert (roles.ok, roles.permission) == (False, ScopeSet.ROLES.scopes[0])
    assert "Domain-wide delegation" in roles.next_step
    stage.emulator.faults.add("status", "/apps/reseller/*")
    results = probe(stage.client())
    assert [result.ok for result in results] == [None] * 5
    assert "no customer was found" in results[1].sentence
