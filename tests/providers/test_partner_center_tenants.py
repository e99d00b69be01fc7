"""Reading one tenant: what is where, what is missing and why, and whose data it is."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.providers.conftest import FixedTokens
from tests.providers.stub import BOM, Reply, Request, Stub

from tenantry.core.records import Address, Contact, Relationship
from tenantry.providers.errors import ConsentMissing, Malformed, NotFound, Throttled, Unavailable
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.credentials import SignInMode

ID = "3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a01"
BILLING = {
    "firstName": "Eva",
    "lastName": "Muster",
    "email": "Billing@nordwind.example",
    "culture": "de-DE",
    "language": "de",
    "companyName": "Nordwind GmbH",
    "defaultAddress": {
        "country": "de",
        "city": "München",
        "state": "by",
        "addressLine1": "Ludwigstr. 1",
        "addressLine2": "Haus B",
        "addressLine3": "3. Stock",
        "postalCode": "80539",
        "phoneNumber": "089123456",
    },
    "attributes": {"etag": "-7310284465019283746", "objectType": "CustomerBillingProfile"},
}
CUSTOMER: dict[str, Any] = {
    "id": ID,
    "commerceId": "b77ad3c2-6f0e-4d5c-8a51-9e3f1c22d901",
    "companyProfile": {
        "tenantId": ID,
        "domain": "Nordwind.onmicrosoft.com",
        "companyName": "Nordwind GmbH",
        "organizationRegistrationNumber": " HRB12345 ",
    },
    "billingProfile": BILLING,
    "relationshipToPartner": "reseller",
    "allowDelegatedAccess": False,
    "associatedPartnerId": "5A0E0000-0000-4000-8000-000000000001",
}
REFUSED = Reply({"code": 900308, "description": "Insufficient privileges."}, status=403)


def serve(api: Stub, **parts: Reply | Any) -> None:
    """Serve the customer and its parts: ``customer`` for the record, else the name after it."""

    def script(request: Request) -> Reply:
        name = request.path.removeprefix(f"/v1/customers/{ID}").strip("/").replace("/", "_").lower() or "customer"
        part = parts.get(name, Reply({"code": 900329, "description": "No."}, status=403))
        return part if isinstance(part, Reply) else Reply(part)

    api.script = script


@pytest.fixture
def user_source(source_with: Callable[..., PartnerCenter]) -> PartnerCenter:
    return source_with(FixedTokens(SignInMode.APP_AND_USER))


def test_the_primary_contact_is_the_billing_profiles(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=Reply(BOM + Reply(CUSTOMER).payload))
    details = source.read_tenant(ID.upper())
    assert details.external_id == ID
    assert details.name == "Nordwind GmbH"
    assert details.domain == "nordwind.onmicrosoft.com"
    assert details.relationship is Relationship.RESELLER
    assert details.contact == Contact("Eva", "Muster", "Billing@nordwind.example", "089123456", "de")
    assert details.address == Address("DE", "by", "München", "80539", "Ludwigstr. 1", "Haus B, 3. Stock", "089123456")
    assert details.registration_number == "HRB12345"
    assert details.delegated_admin is False
    assert details.indirect_reseller_id == "5a0e0000-0000-4000-8000-000000000001"
    assert details.domains is None
    assert len(api.requests) == 1


def test_app_only_says_why_domains_are_unknown(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER)
    (sentence,) = source.read_tenant(ID).missing
    assert "delegated admin rights" in sentence
    assert "without a user" in sentence


def test_the_company_profiles_address_wins_where_delegated_admin_shows_it(api: Stub, source: PartnerCenter) -> None:
    profile = CUSTOMER["companyProfile"] | {"address": {"country": "AT", "region": "W", "city": "Wien"}}
    serve(
        api, customer=CUSTOMER | {"companyProfile": profile, "customDomains": ["B.example", "a.example.", "b.example"]}
    )
    details = source.read_tenant(ID)
    assert details.address == Address(country="AT", region="W", city="Wien")
    assert details.domains == ("b.example", "a.example")
    assert details.missing == ()


def test_a_billing_profile_that_the_record_lacks_is_asked_for(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER | {"billingProfile": None}, profiles_billing=Reply(BOM + Reply(BILLING).payload))
    details = source.read_tenant(ID)
    assert details.contact.name == "Eva Muster"
    assert [request.path.rsplit("/", 1)[-1] for request in api.requests] == [ID, "billing"]
    assert len({request.headers["ms-correlationid"] for request in api.requests}) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"code": 1002, "description": "Authorization Failed"}, status=403),
        Reply({"code": 1000}, status=404),
        Reply([]),
        Reply(status=500),
    ],
)
def test_a_billing_profile_that_cannot_be_read_does_not_cost_the_rest(
    api: Stub, source: PartnerCenter, reply: Reply
) -> None:
    serve(api, customer=CUSTOMER | {"billingProfile": None}, profiles_billing=reply)
    details = source.read_tenant(ID)
    assert details.contact.is_empty
    assert details.name == "Nordwind GmbH"
    assert details.missing[0].startswith("Primary contact: ")


def test_nobody_named_in_the_billing_profile_is_said(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER | {"billingProfile": {"culture": "de-DE"}})
    assert "names nobody" in source.read_tenant(ID).missing[0]


def test_a_user_sign_in_reads_the_custom_domains(api: Stub, user_source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER, customdomains=["nordwind.example", "NORDWIND.shop.example"])
    details = user_source.read_tenant(ID)
    assert details.domains == ("nordwind.example", "nordwind.shop.example")
    assert details.missing == ()


@pytest.mark.parametrize(
    "reply", [REFUSED, Reply(status=403), Reply({"items": 7}), Reply(["ok", 7]), Reply(status=502)]
)
def test_domains_that_are_closed_to_us_are_unknown_never_none(
    api: Stub, user_source: PartnerCenter, reply: Reply
) -> None:
    serve(api, customer=CUSTOMER, customdomains=reply)
    details = user_source.read_tenant(ID)
    assert details.domains is None
    assert details.missing[0].startswith("Custom domains: ")
    assert details.contact.name == "Eva Muster"


def test_no_domains_is_an_answer_too(api: Stub, user_source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER, customdomains=[])
    assert user_source.read_tenant(ID).domains == ()


def test_the_organization_fills_in_a_country_only_when_nothing_else_has_it(
    api: Stub, user_source: PartnerCenter
) -> None:
    bare = CUSTOMER | {"billingProfile": {"firstName": "Eva"}}
    organization = [{"countryLetterCode": "CH", "city": "Zürich", "street": "Am See 1"}]
    serve(api, customer=bare, customdomains=[], organization=organization)
    assert user_source.read_tenant(ID).address == Address(country="CH", city="Zürich", line1="Am See 1")
    serve(api, customer=bare, customdomains=[], organization=REFUSED)
    details = user_source.read_tenant(ID)
    assert details.address == Address()
    assert any("GDAP role" in sentence for sentence in details.missing)


def test_throttling_of_a_part_is_not_mistaken_for_a_missing_right(api: Stub, user_source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER, customdomains=Reply(status=429, headers={"Retry-After": "60"}))
    with pytest.raises(Throttled):
        user_source.read_tenant(ID)


def test_a_network_failure_of_a_part_is_not_mistaken_for_a_missing_right(api: Stub, user_source: PartnerCenter) -> None:
    serve(api, customer=CUSTOMER, customdomains=Reply(silent=True))
    with pytest.raises(Unavailable):
        user_source.read_tenant(ID)


@pytest.mark.parametrize(
    "value",
    [
        CUSTOMER | {"id": "3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a02"},
        {key: value for key, value in CUSTOMER.items() if key not in ("id", "companyProfile")},
        {},
        [],
        None,
        "text",
    ],
)
def test_another_customers_record_is_never_taken(api: Stub, source: PartnerCenter, value: Any) -> None:
    serve(api, customer=value)
    with pytest.raises(Malformed) as caught:
        source.read_tenant(ID)
    assert ID in caught.value.where


@pytest.mark.parametrize(
    ("status", "code"), [(403, 20002), (404, 1000), (404, 3000), (404, 60003), (404, None), (403, 60003)]
)
def test_a_tenant_that_left_is_not_found_however_that_is_said(
    api: Stub, source: PartnerCenter, status: int, code: int | None
) -> None:
    serve(api, customer=Reply({"code": str(code), "description": "Gone."} if code else b"", status=status))
    with pytest.raises(NotFound) as caught:
        source.read_tenant(ID)
    assert not caught.value.stops_run
    assert len(api.requests) == 1


def test_a_proxys_404_is_no_evidence_that_a_tenant_left(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=Reply(b"<html>Not Found</html>", status=404))
    with pytest.raises(Unavailable, match="not one of Partner Center's"):
        source.read_tenant(ID)


@pytest.mark.parametrize(
    "wrong", ["", "not a guid", "../orders", f"{ID}/users", "00000000-0000-0000-0000-000000000000"]
)
def test_an_id_that_is_none_is_never_asked_for(api: Stub, source: PartnerCenter, wrong: str) -> None:
    with pytest.raises(Malformed) as caught:
        source.read_tenant(wrong)
    assert not caught.value.retryable
    assert api.requests == []


def test_one_closed_customer_concerns_only_itself(api: Stub, source: PartnerCenter) -> None:
    serve(api, customer=REFUSED)
    with pytest.raises(ConsentMissing) as caught:
        source.read_tenant(ID)
    assert not caught.value.stops_run
    assert "Directory Readers" in caught.value.permission
