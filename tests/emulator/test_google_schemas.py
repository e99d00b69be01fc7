"""Google's own client library talks to the emulator, and every answer is held against Google's schemas."""

from collections.abc import Iterator

import pytest
from googleapiclient.errors import HttpError
from tests.emulator.official import Official, Schema, official_over

from tenantry.emulator.server import Emulator


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    home = tmp_path_factory.mktemp("official")
    with (
        Emulator(home=home, customers=20, google_customers=12, google_quota=0, google_tiers=1, crowds={3: 260}) as one,
        official_over(one) as library,
    ):
        yield library


@pytest.fixture
def customer(official: Official) -> str:
    return official.emulator.google.world.customer_id(3)


def test_an_unknown_key_fails_at_any_depth_and_so_does_a_wrong_type() -> None:
    schema = Schema("admin", "directory_v1")
    person = {"id": "117", "primaryEmail": "a@b.example", "name": {"givenName": "Ada"}, "suspended": False}
    schema.check({"kind": "admin#directory#users", "users": [person]}, "Users")
    for spoiled in (
        {**person, "invented": 1}, {**person, "name": {"givenName": "Ada", "invented": ""}},
        {**person, "suspended": "false"}, {**person, "id": 117},
    ):  # fmt: skip
        with pytest.raises(AssertionError, match=r"invented|is no"):
            schema.check({"users": [spoiled]}, "Users")


def test_people_are_listed_to_the_end_by_googles_own_paging(official: Official, customer: str) -> None:
    users = official.services["admin"].users()
    request = users.list(customer=customer, maxResults=100, orderBy="email", projection="full")
    found = []
    while request is not None:
        page = official.call("admin", request, "Users")
        found += page["users"]
        request = users.list_next(request, page)
    present = official.emulator.google.staff.ordered(3)
    assert len({user["id"] for user in found}) == len(found) == len(present)
    assert all(user["etag"].startswith('"') and len(user["etag"]) == 73 for user in found)
    assert {user["lastLoginTime"] for user in found} >= {"1970-01-01T00:00:00.000Z"}


@pytest.mark.parametrize("order", ["email", "givenName", "familyName"])
@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_every_order_pages_without_loss(official: Official, customer: str, order: str, direction: str) -> None:
    users = official.services["admin"].users()
    request = users.list(
        customer=customer, maxResults=100, orderBy=order, sortOrder=direction, fields="users(id),nextPageToken"
    )
    found: list[str] = []
    while request is not None:
        page = request.execute()
        found += [user["id"] for user in page["users"]]
        request = users.list_next(request, page)
    assert len(set(found)) == len(found) == len(official.emulator.google.staff.ordered(3))


def test_deleted_people_and_single_people_fit_the_schema(official: Official, customer: str) -> None:
    google = official.emulator.google
    google.people.delete(3, 10)
    users = official.services["admin"].users()
    deleted = official.call("admin", users.list(customer=customer, showDeleted="true"), "Users")["users"]
    assert google.world.user_id(google.staff.someone(3, 10)) in {user["id"] for user in deleted}
    one = google.world.user_id(google.staff.someone(3, 10))
    assert official.refused(users.get(userKey=one)) == (412, "conditionNotMet")
    assert official.refused(users.get(userKey="nobody@nowhere.example")) == (404, "notFound")
    address = google.world.administrator(3)
    assert official.call("admin", users.get(userKey=address), "User")["isAdmin"] is True
    google.people.readdress(3, 12, "new.address")
    former = google.staff.someone(3, 12).former[-1]
    found = official.call("admin", users.get(userKey=f"{former}@{google.world.domain(3)}"), "User")
    assert found["primaryEmail"].startswith("new.address@")
    assert f"{former}@{google.world.domain(3)}" in found["aliases"]


QUERIES = {
    "isAdmin=true": 1,
    "isSuspended=True": None,
    "orgUnitPath='/Engineering'": None,
    "orgUnitPath='/Board & Staff' isArchived=false": None,
    "name:nobody*": 0,
}


@pytest.mark.parametrize("query", QUERIES)
def test_queries_of_the_search_guide_are_understood(official: Official, customer: str, query: str) -> None:
    users = official.services["admin"].users()
    page = official.call("admin", users.list(customer=customer, query=query, maxResults=500), "Users")
    expected = QUERIES[query]
    found = page.get("users", [])
    if expected is not None:
        assert len(found) == expected
    if "Engineering" in query:
        assert {user["orgUnitPath"] for user in found} == {"/Engineering", "/Engineering/Platform"}
    if "Suspended" in query:
        assert all(user["suspended"] for user in found)


@pytest.mark.parametrize("query", ["createdTime>1", "isAdmin=perhaps", "orgUnitPath=/Nowhere", "shoeSize=43", "'"])
def test_queries_that_google_lacks_are_refused(official: Official, customer: str, query: str) -> None:
    users = official.services["admin"].users()
    assert official.refused(users.list(customer=customer, query=query)) == (400, "invalid")


def test_masks_leave_what_they_name_and_drop_the_page_token_with_it(official: Official, customer: str) -> None:
    users = official.services["admin"].users()
    page = users.list(customer=customer, maxResults=2, fields="users(id,name/givenName)").execute()
    assert set(page) == {"users"}
    assert all(set(user) == {"id", "name"} and set(user["name"]) == {"givenName"} for user in page["users"])
    assert set(users.list(customer=customer, fields="*").execute()) >= {"kind", "etag", "users"}
    assert official.refused(users.list(customer=customer, fields="users(shoeSize)")) == (400, "invalid")


def test_the_other_parts_of_a_directory_fit_the_schema(official: Official, customer: str) -> None:
    admin = official.services["admin"]
    for key in (customer, "my_customer"):
        official.call("admin", admin.customers().get(customerKey=key), "Customer")
        domains = official.call("admin", admin.domains().list(customer=key), "Domains2")["domains"]
        official.call("admin", admin.domains().get(customer=key, domainName=domains[0]["domainName"]), "Domains")
        official.call("admin", admin.domainAliases().list(customer=key), "DomainAliases")
        units = official.call("admin", admin.orgunits().list(customerId=key), "OrgUnits")["organizationUnits"]
        assert all(unit["parentOrgUnitPath"] == "/" for unit in units), "the usual type is children"
        every = official.call("admin", admin.orgunits().list(customerId=key, type="all"), "OrgUnits")
        assert len(every["organizationUnits"]) == len(units) + 1
        path = "Engineering/Platform"
        assert (
            official.call("admin", admin.orgunits().get(customerId=key, orgUnitPath=path), "OrgUnit")["name"]
            == "Platform"
        )
        official.call("admin", admin.roles().list(customer=key, maxResults=5), "Roles")
        official.call("admin", admin.roleAssignments().list(customer=key), "RoleAssignments")
    below = admin.orgunits().list(customerId=customer, orgUnitPath="/Sales")
    assert "organizationUnits" not in official.call("admin", below, "OrgUnits"), "an empty list is a missing key"
    assert official.refused(admin.domains().get(customer=customer, domainName="x.example")) == (404, "notFound")


def test_filtered_by_holder_pages_may_be_empty_and_still_go_on(official: Official, customer: str) -> None:
    assignments = official.services["admin"].roleAssignments()
    google = official.emulator.google
    holder = google.world.user_id(google.staff.someone(3, 1))
    request, pages = assignments.list(customer=customer, userKey=holder, maxResults=1), []
    while request is not None:
        pages.append(official.call("admin", request, "RoleAssignments"))
        request = assignments.list_next(request, pages[-1])
    assert [len(page.get("items", [])) for page in pages] == [0, 1, 0, 0]


def test_what_is_resold_fits_the_schema(official: Official, customer: str) -> None:
    reseller = official.services["reseller"]
    request, found = reseller.subscriptions().list(maxResults=5), []
    while request is not None:
        page = official.call("reseller", request, "Subscriptions")
        found += page["subscriptions"]
        request = reseller.subscriptions().list_next(request, page)
    assert {row["customerId"] for row in found} == {
        one.customer_id for one in official.emulator.google.world.accounts()
    }
    domain = official.emulator.google.world.domain(3)
    for key in (customer, domain):
        assert (
            official.call("reseller", reseller.customers().get(customerId=key), "Customer")["customerDomain"] == domain
        )
    number = next(row["subscriptionId"] for row in found if row["customerId"] == customer)
    one = reseller.subscriptions().get(customerId=customer, subscriptionId=number)
    official.call("reseller", one, "Subscription")
    assert official.refused(reseller.customers().get(customerId="x.example")) == (404, "notFound")


def test_cloud_channel_fits_the_schema(official: Official, customer: str) -> None:
    channel = official.services["cloudchannel"]
    parent = f"accounts/{official.emulator.google.account_id}"
    customers = channel.accounts().customers()
    page = official.call(
        "cloudchannel", customers.list(parent=parent, pageSize=50), "GoogleCloudChannelV1ListCustomersResponse"
    )
    name = page["customers"][0]["name"]
    official.call("cloudchannel", customers.get(name=name), "GoogleCloudChannelV1Customer")
    rights = customers.entitlements().list(parent=name)
    official.call("cloudchannel", rights, "GoogleCloudChannelV1ListEntitlementsResponse")
    links = channel.accounts().channelPartnerLinks()
    listed = official.call(
        "cloudchannel", links.list(parent=parent), "GoogleCloudChannelV1ListChannelPartnerLinksResponse"
    )["channelPartnerLinks"]
    below = links.customers().list(parent=listed[0]["name"], pageSize=50)
    lower = official.call("cloudchannel", below, "GoogleCloudChannelV1ListCustomersResponse")["customers"]
    both = {row["cloudIdentityId"] for row in (*page["customers"], *lower)}
    assert both == {one.customer_id for one in official.emulator.google.world.accounts()}
    only = customers.list(parent=parent, filter=f'domain = "{page["customers"][0]["domain"]}"').execute()
    assert len(only["customers"]) == 1
    with pytest.raises(HttpError) as refusal:
        customers.list(parent="accounts/C0stranger").execute()
    assert refusal.value.status_code == 403


def test_licences_fit_the_schema(official: Official, customer: str) -> None:
    licences = official.services["licensing"].licenseAssignments()
    request, found = licences.listForProduct(productId="Google-Apps", customerId=customer, maxResults=100), []
    while request is not None:
        page = official.call("licensing", request, "LicenseAssignmentList")
        found += page["items"]
        request = licences.listForProduct_next(request, page)
    assert len({row["userId"] for row in found}) == len(found) > 100
    sku = found[0]["skuId"]
    some = licences.listForProductAndSku(productId="Google-Apps", skuId=sku, customerId=customer, maxResults=1000)
    assert {row["skuId"] for row in official.call("licensing", some, "LicenseAssignmentList")["items"]} == {sku}
    assert official.refused(licences.listForProduct(productId="101033", customerId=customer)) == (400, "invalid")


def test_neither_customer_nor_domain_and_too_many_rows(official: Official, customer: str) -> None:
    users = official.services["admin"].users()
    assert official.refused(users.list()) == (400, "badRequest")
    official.emulator.google.switches.set({"over_limit": "400"})
    try:
        assert official.refused(users.list(customer=customer, maxResults=501)) == (400, "invalid")
    finally:
        official.emulator.google.switches.set({"over_limit": "clamp"})
    assert len(users.list(customer=customer, maxResults=9000, fields="users(id)").execute()["users"]) > 200


def test_the_reusable_part_of_a_change_marker_is_the_contents(official: Official, customer: str) -> None:
    users = official.services["admin"].users()
    first = users.list(customer=customer, maxResults=3).execute()["users"]
    official.emulator.google.people.rename(3, 40)
    second = users.list(customer=customer, maxResults=3).execute()["users"]
    assert [one["etag"] for one in first] == [one["etag"] for one in second]
    assert first[0]["etag"].split("/")[0] == first[1]["etag"].split("/")[0]
    assert first[0]["etag"].split("/")[1] != first[1]["etag"].split("/")[1]
