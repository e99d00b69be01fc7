"""How a relationship ends at the Partner Center, and what else it tells of a customer's trade."""

from typing import Any

import httpx2
import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner, decoded

from tenantry.emulator.messages import BOM
from tenantry.emulator.microsoft.people import SKUS

END = {"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}}


def send(partner: Partner, method: str, path: str, body: Any = None, *, mode: str = "user") -> httpx2.Response:
    return partner.http.request(method, path, json=body, headers={"Authorization": f"Bearer {partner.token(mode)}"})


def operations(partner: Partner) -> list[tuple[str, str]]:
    items = partner.read("/v1/auditrecords")["items"]
    return [(item["customerId"], item["operationType"]) for item in items]


def test_a_partner_ends_a_relationship_as_a_user_and_the_log_has_it(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(3)
    path = f"/v1/customers/{tenant}"
    assert send(partner, "PATCH", path, END, mode="app").json()["code"] == 900329
    assert send(partner, "PATCH", path, {"companyProfile": {}}).json()["code"] == 2001
    assert send(partner, "PATCH", path, []).status_code == 400
    assert (operations(partner), tenant in partner.ids()) == ([], True)
    answer = send(partner, "PATCH", path, END)
    assert answer.status_code == 200
    assert not answer.content.startswith(BOM)
    body = answer.json()
    assert (body["RelationshipToPartner"], body["Attributes"]) == ("none", {"ObjectType": "Customer"})
    assert body["Id"] is body["CompanyProfile"] is None
    assert tenant not in partner.ids()
    assert partner.get(path).json()["code"] == 20002
    assert send(partner, "PATCH", path, END).json()["code"] == 20002, "nobody leaves twice"
    assert operations(partner) == [(tenant, "remove_partner_customer_relationship")]
    assert partner.emulator.counters.written == {"PATCH /v1/customers/{id}": 3}
    assert partner.emulator.counters.unknown == {}


def test_a_partner_gives_its_old_administration_back(partner: Partner) -> None:
    world = partner.emulator.world
    tenant = world.tenant_id(3)
    world.set_rights(tenant, delegated=True, readable=True)
    body = send(partner, "PATCH", f"/v1/customers/{tenant}", {"AllowDelegatedAccess": False}).json()
    assert body["AllowDelegatedAccess"] is False
    assert partner.read(f"/v1/customers/{tenant}")["allowDelegatedAccess"] is False
    assert operations(partner) == [(tenant, "dap_admin_relationship_terminated")]


def test_a_customer_is_deleted_in_a_sandbox_alone(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(4)
    refused = send(partner, "DELETE", f"/v1/customers/{tenant}", mode="app")
    assert (refused.status_code, refused.json()["code"]) == (403, 600006)
    assert tenant in partner.ids()
    partner.emulator.switches.sandbox = True
    gone = send(partner, "DELETE", f"/v1/customers/{tenant}", mode="app")
    assert (gone.status_code, gone.content, gone.headers["content-length"]) == (204, b"", "0")
    assert tenant not in partner.ids()
    assert operations(partner) == [(tenant, "delete_customer")]
    assert send(partner, "DELETE", "/v1/customers/nordwind").json()["code"] == 2000
    assert send(partner, "DELETE", f"/v1/customers/{partner.emulator.partner_tenant_id}").json()["code"] == 60003


def test_a_domain_is_taken_or_free_and_the_answer_has_no_body(partner: Partner) -> None:
    taken = partner.emulator.world.row(2).domain
    for domain, status in ((taken, 200), (taken.upper(), 200), ("free.onmicrosoft.com", 404)):
        answer = send(partner, "HEAD", f"/v1/domains/{domain}", mode="app")
        assert (answer.status_code, answer.content, answer.headers["content-length"]) == (status, b"", "0")
    assert partner.emulator.counters.unknown == {}


def test_qualification_is_a_bare_text_and_its_newer_form_a_bare_array(partner: Partner) -> None:
    world = partner.emulator.world
    told = {}
    for number in (0, 4, 6, 8):
        tenant = world.tenant_id(number)
        world.set_rights(tenant, readable=True)
        text = partner.read(f"/v1/customers/{tenant}/qualification")
        told[text] = [row["qualification"] for row in partner.read(f"/v1/customers/{tenant}/qualifications")]
    assert told == {
        "none": [], "education": ["Education"], "nonprofit": [],
        "government_community_cloud": ["GovernmentCommunityCloud"],
    }  # fmt: skip


def test_subscriptions_come_as_one_collection_and_count_against_the_limit(start: Starting) -> None:
    partner = start(limit=2)
    world = partner.emulator.world
    for number in (2, 3):
        tenant = world.tenant_id(number)
        world.set_rights(tenant, readable=True)
        body = partner.read(f"/v1/customers/{tenant}/subscriptions")
        assert (body["totalCount"], len(body["items"])) == (1 + number % 2, 1 + number % 2)
        assert "links" not in body
        first = body["items"][0]
        assert first["id"] == first["id"].upper(), "compare these ids without their case"
        assert first["offerName"] in {name for _, name in SKUS}
    refused = partner.get(f"/v1/customers/{world.tenant_id(2)}/subscriptions")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)


@pytest.mark.parametrize("how", ["terminated", "expired", "its day has come"])
def test_the_end_of_a_delegation_closes_people_and_domains_at_once(partner: Partner, how: str) -> None:
    world, people = partner.emulator.world, partner.emulator.microsoft.people
    tenant = world.tenant_id(4)
    world.set_rights(tenant, role_granted=True, readable=True)
    places = [f"/v1/customers/{tenant}/{rest}" for rest in ("users", "customDomains", "directoryroles")]
    assert [partner.get(place, mode="user").status_code for place in places] == [200, 200, 200]
    if how == "its day has come":
        people.delegate(tenant, ends=partner.emulator.clock.now() + 60)
        assert partner.get(places[0], mode="user").status_code == 200
        partner.emulator.clock.advance(61)
        partner.forget_tokens()
    else:
        partner.control("POST", "/delegation", {"tenant": tenant, "status": how})
    assert [partner.get(place, mode="user").json()["code"] for place in places] == [900308] * 3
    delegation = people.delegation(tenant)
    assert delegation is not None
    assert delegation["status"] == ("terminated" if how == "terminated" else "expired")
    assert partner.get(f"/v1/customers/{tenant}").status_code == 200, "the customer itself stays readable"
    people.delegate(tenant, status="active", ends=partner.emulator.clock.now() + 86_400)
    assert partner.get(places[0], mode="user").status_code == 200


@pytest.mark.parametrize(
    ("sort", "member"),
    [("DisplayName", "displayName"), ("userprincipalname", "userPrincipalName"), ("LastName", "lastName")],
)
def test_people_are_sorted_and_their_pages_keep_the_order(partner: Partner, sort: str, member: str) -> None:
    world = partner.emulator.world
    tenant = world.tenant_id(4)
    world.set_rights(tenant, role_granted=True, readable=True)
    path = f"/v1/customers/{tenant}/users"
    everybody = partner.read(f"{path}?size=500", mode="user")["items"]
    for direction in ("Ascending", "Descending"):
        page = partner.read(f"{path}?size=7&sortField={sort}&sortDirection={direction}", mode="user")
        found = page["items"]
        while "continuationToken" in page:
            headers = {"MS-ContinuationToken": page["continuationToken"]}
            page = decoded(partner.get(f"{path}?seekOperation=Next", mode="user", headers=headers))
            found += page["items"]
        shown = [item.get(member, "").casefold() for item in found]
        assert shown == sorted(shown, reverse=direction == "Descending")
        assert {item["id"] for item in found} == {item["id"] for item in everybody}
        assert len(found) == len(everybody)
    assert partner.get(f"{path}?sortField=ShoeSize", mode="user").json()["code"] == 2001
