"""People of the emulated world: seeded, alike for the same seed, many at once, and changed on demand."""

import time

from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner, decoded

from tenantry.emulator.draws import seed_key
from tenantry.emulator.scramble import Scramble
from tenantry.emulator.staff import Staff, is_present
from tenantry.emulator.staff_moves import StaffMove
from tenantry.emulator.world import World


def staff_of(provider: str, **sizes: int) -> Staff:
    world = World("people", 100)
    crowds = {3: sizes["crowd"]} if "crowd" in sizes else {}
    return Staff(seed_key("people"), provider, world.companies, each=20, crowds=crowds, start=1_800_000_000.0)


def test_the_same_seed_has_the_same_people_and_some_stand_at_both_providers() -> None:
    one, again, other = staff_of("google"), staff_of("google"), staff_of("microsoft")
    for company in range(5):
        assert list(one.everybody(company)) == list(again.everybody(company))
    pairs = [(one.someone(c, n).mailbox, other.someone(c, n).mailbox) for c in range(30) for n in range(20)]
    shared = sum(first == second for first, second in pairs)
    assert 0.3 < shared / len(pairs) < 0.5


def test_addresses_are_unique_and_every_kind_of_oddity_is_there() -> None:
    staff = staff_of("google", crowd=3000)
    people = list(staff.everybody(3))
    assert len({one.mailbox for one in people}) == len(people)
    assert {one.kind for one in people} == {"person", "guest", "shared", "service"}
    assert any(one.suspended for one in people)
    assert any(one.archived for one in people)
    assert any(one.deleted_at for one in people)
    assert any(one.former for one in people)
    assert any(one.last_login is None for one in people)
    assert staff.ordered(3) == sorted((f"{one.mailbox}@", one.number) for one in people if is_present(one))


def test_a_tenant_of_two_hundred_thousand_and_ten_thousand_tenants_begin_at_once(start: Starting) -> None:
    began = time.monotonic()
    partner = start(customers=10_000, google_customers=10_000, crowds={3: 200_000}, google_quota=0)
    assert time.monotonic() - began < 5
    google = partner.emulator.google
    assert google.world.index_of(google.world.customer_id(9_999)) == 9_999
    one = google.staff.someone(3, 199_999)
    assert google.world.by_user_id(google.world.user_id(one)) == one


def test_time_moves_people_the_same_way_for_the_same_seed(start: Starting) -> None:
    histories = []
    for _ in range(2):
        moves = start(seed="moves").emulator.google.people
        histories.append([(m.kind, m.company, m.number) for m in moves.advance(range(12), 8)])
    assert histories[0] == histories[1]
    assert len({kind for kind, _, _ in histories[0]}) >= len(StaffMove) - 2


def test_numbers_that_look_random_can_be_turned_back() -> None:
    for bits in (41, 63):
        scramble = Scramble(bits, "seed")
        mixed = [scramble.mixed(number) for number in range(2000)]
        assert len(set(mixed)) == 2000
        assert [scramble.unmixed(value) for value in mixed] == list(range(2000))


def test_people_are_changed_through_the_controls(partner: Partner) -> None:
    google = partner.emulator.google
    customer = google.world.customer_id(2)
    joined = partner.control("POST", "/google/people", {"customer": customer, "what": "join", "mailbox": "new.one"})
    assert joined["address"] == f"new.one@{google.world.domain(2)}"
    number = joined["number"]
    partner.control("POST", "/google/people", {"customer": customer, "what": "suspend", "number": number})
    people = partner.control("GET", f"/google/people?customer={customer}")
    assert people[number]["suspended"] is True
    tenant = partner.emulator.world.tenant_id(4)
    gone = partner.control("POST", "/people", {"tenant": tenant, "what": "delete", "number": 2})
    assert gone["user_name"].startswith(gone["id"].replace("-", ""))
    assert partner.control("POST", "/people/advance", {"steps": 1})
    assert partner.control("POST", "/google/advance", {"customers": [customer]})
    assert partner.control("GET", "/google/state")["movements"] == 3
    refused = partner.http.post(
        f"{partner.emulator.control_url}/google/people", json={"customer": customer, "what": "fly", "number": 1}
    )
    assert refused.status_code == 400


def test_users_of_the_partner_center_are_as_the_contract_has_them(partner: Partner) -> None:
    world, people = partner.emulator.world, partner.emulator.microsoft.people
    tenant = world.tenant_id(4)
    world.set_rights(tenant, role_granted=True, readable=True)
    path = f"/v1/customers/{tenant}/users"
    assert partner.get(path).json()["code"] == 900329
    page = partner.read(f"{path}?size=5", mode="user")
    assert (page["totalCount"], len(page["items"])) == (5, 5)
    first = page["items"][0]
    assert first["id"] == people.user_id(people.staff.someone(4, 0))
    assert (first["state"], first["userDomainType"], first["attributes"]) == (
        "active", "none", {"objectType": "CustomerUser"},
    )  # fmt: skip
    headers = {"MS-ContinuationToken": page["continuationToken"]}
    second = decoded(partner.get(f"{path}?seekOperation=Next", mode="user", headers=headers))
    assert not {item["id"] for item in page["items"]} & {item["id"] for item in second["items"]}
    assert page["links"]["next"]["headers"] == [{"key": "MS-ContinuationToken", "value": page["continuationToken"]}]
    for field in ("UserState", "UserStatus"):
        wanted = f'{{"Field":"{field}","Value":"Inactive","Operator":"equals"}}'
        partner.emulator.microsoft.moves.delete(4, 5 if field == "UserState" else 6)
        items = partner.read(f"{path}?size=500&filter={wanted}", mode="user")["items"]
        assert all(item["state"] == "inactive" and "softDeletionTime" in item for item in items)
        assert items
    unknown = partner.get(f"{path}/{partner.emulator.partner_tenant_id}", mode="user")
    assert (unknown.status_code, unknown.json()["code"]) == (404, 60002)
    world.set_rights(tenant, role_granted=False)
    assert partner.get(path, mode="user").json()["code"] == 900308


def test_a_page_of_people_has_a_hundred_unless_asked_and_never_more_than_five_hundred(start: Starting) -> None:
    partner = start(crowds={4: 620})
    world = partner.emulator.world
    tenant = world.tenant_id(4)
    world.set_rights(tenant, role_granted=True, readable=True)
    path = f"/v1/customers/{tenant}/users"
    sizes = {query: len(partner.read(path + query, mode="user")["items"]) for query in ("", "?size=0", "?size=9000")}
    assert sizes == {"": 100, "?size=0": 100, "?size=9000": 500}
