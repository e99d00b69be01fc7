"""Reading one customer: who may, what is shown, and what is silently left out."""

import uuid

import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import AUDIENCE, Partner, decoded

from tenantry.core.records import Relationship
from tenantry.emulator.customers import Customer
from tenantry.emulator.messages import BOM
from tenantry.emulator.microsoft.registrations import CHINA, OLD_GRAPH
from tenantry.emulator.microsoft.switches import Account, ErrorShape, LeftAnswer, MfaRefusal


def ordinary(partner: Partner, *, delegated: bool = False) -> Customer:
    """A readable customer with a contact, with or without delegated administration."""
    world = partner.emulator.world
    for tenant_id in world.tenant_ids():
        customer = world.customer(tenant_id)
        if customer.readable and customer.contact.email and customer.contact.first and customer.place.region:
            world.set_rights(tenant_id, delegated=delegated, role_granted=True)
            return world.customer(tenant_id)
    raise AssertionError("No such customer.")


def code_of(partner: Partner, path: str, mode: str = "app") -> tuple[int, int]:
    answer = partner.get(path, mode=mode)
    return answer.status_code, answer.json()["code"]


def test_a_customer_is_shown_as_the_contract_has_it(partner: Partner) -> None:
    one = ordinary(partner)
    body = partner.read(f"/v1/customers/{one.tenant_id}")
    assert list(body) == [
        "id", "commerceId", "companyProfile", "billingProfile", "relationshipToPartner", "allowDelegatedAccess",
        "links", "attributes",
    ]  # fmt: skip
    assert body["id"] == body["companyProfile"]["tenantId"] == one.tenant_id
    assert body["companyProfile"]["companyName"] == one.name
    assert not {"address", "email"} & body["companyProfile"].keys()
    billing = body["billingProfile"]
    assert (billing["email"], billing["firstName"]) == (one.contact.email, one.contact.first)
    assert billing["defaultAddress"]["state"] == one.place.region
    assert billing["attributes"] == {"etag": one.etag, "objectType": "CustomerBillingProfile"}
    assert "null" not in partner.get(f"/v1/customers/{one.tenant_id}").text


def test_delegated_administration_shows_address_mail_and_domains(partner: Partner) -> None:
    one = ordinary(partner, delegated=True)
    body = partner.read(f"/v1/customers/{one.tenant_id}")
    assert body["allowDelegatedAccess"] is True
    assert body["customDomains"] == list(one.custom_domains)
    assert body["companyProfile"]["email"] == one.company_email
    assert body["companyProfile"]["address"]["region"] == one.place.region


def test_parts_of_a_customer_have_their_own_addresses(partner: Partner) -> None:
    one = ordinary(partner)
    base = f"/v1/customers/{one.tenant_id}"
    whole = partner.read(base)
    assert partner.read(f"{base}/profiles/billing") == whole["billingProfile"]
    assert partner.read(f"{base}/profiles/company", mode="user") == whole["companyProfile"]
    (organization,) = partner.read(f"{base}/organization", mode="user")
    assert organization["countryLetterCode"] == one.place.country
    assert organization["technicalNotificationMails"] == [one.contact.email]
    assert partner.read(f"{base}/customDomains", mode="user") == list(one.custom_domains)


def test_paths_are_read_in_any_case_and_with_a_slash_at_the_end(partner: Partner) -> None:
    one = ordinary(partner)
    body = partner.read(f"/v1/customers/{one.tenant_id}")
    assert partner.read(f"/V1/Customers/{one.tenant_id.upper()}/") == body
    assert partner.emulator.counters.unknown == {}


@pytest.mark.parametrize(
    "path",
    ["profiles/company", "organization", "customdomains", "relationships"],
)
def test_an_application_alone_is_refused_what_needs_a_user(partner: Partner, path: str) -> None:
    assert code_of(partner, f"/v1/customers/{ordinary(partner).tenant_id}/{path}") == (403, 900329)


def test_an_application_alone_is_refused_the_partners_own_matters(partner: Partner) -> None:
    for path in ("/v1/customers/relationshiprequests", "/v1/relationships?relationship_type=IsIndirectResellerOf"):
        assert code_of(partner, path) == (403, 900329)


def test_missing_roles_are_refused_with_900308(partner: Partner) -> None:
    one = ordinary(partner)
    partner.emulator.world.set_rights(one.tenant_id, role_granted=False)
    for part in ("organization", "customDomains"):
        assert code_of(partner, f"/v1/customers/{one.tenant_id}/{part}", "user") == (403, 900308)
    assert partner.get(f"/v1/customers/{one.tenant_id}").status_code == 200
    partner.emulator.world.set_rights(one.tenant_id, readable=False)
    assert code_of(partner, f"/v1/customers/{one.tenant_id}") == (403, 900308)


def test_ids_that_lead_nowhere_are_told_apart(partner: Partner) -> None:
    world = partner.emulator.world
    assert code_of(partner, "/v1/customers/nordwind") == (400, 2000)
    assert code_of(partner, f"/v1/customers/{uuid.uuid4()}") == (404, 60003)
    gone = ordinary(partner).tenant_id
    world.leave(gone)
    assert code_of(partner, f"/v1/customers/{gone}") == (403, 20002)
    partner.emulator.switches.left_answer = LeftAnswer.NOT_FOUND
    assert code_of(partner, f"/v1/customers/{gone}/profiles/billing") == (404, 60003)
    world.come_back(gone)
    assert partner.get(f"/v1/customers/{gone}").status_code == 200


def test_success_has_a_byte_order_mark_and_errors_have_none(partner: Partner) -> None:
    good, bad = partner.get(f"/v1/customers/{ordinary(partner).tenant_id}"), partner.get("/v1/customers/x")
    assert good.content.startswith(BOM)
    assert good.headers["content-type"] == bad.headers["content-type"] == "application/json; charset=utf-8"
    assert bad.content == (
        b'{"code":2000,"description":"Tenant Id must be a GUID.","data":[],"source":"PartnerApiServiceControllers"}'
    )
    partner.emulator.switches.bom = False
    assert partner.get("/v1/customers?size=1").content.startswith(b'{"totalCount":1,"items":[{"id":"')


def test_every_answer_carries_the_ids_that_support_asks_for(partner: Partner) -> None:
    sent = {"MS-RequestId": "req-1", "MS-CorrelationId": "cor-1", "X-Locale": "en-US"}
    for path in ("/v1/customers?size=1", "/v1/customers/x", "/v1/nothing"):
        headers = partner.get(path, headers=sent).headers
        assert (headers["ms-requestid"], headers["ms-correlationid"]) == ("req-1", "cor-1")
        assert headers["x-locale"] == "en-US,en-US"
        assert headers["ms-cv"].endswith(".0")
        assert len(headers["ms-cv"]) == 18
        assert headers["request-context"].startswith("appId=cid-v1:")
        assert {"ms-serverid", "date", "content-length"} <= set(headers)
    assert uuid.UUID(partner.get("/v1/customers?size=1").headers["ms-requestid"])


def test_tokens_that_do_not_fit_are_refused(partner: Partner) -> None:
    assert partner.http.get("/v1/customers").json()["code"] == 800001
    broken = partner.http.get("/v1/customers", headers={"Authorization": "Bearer a.b.c"})
    assert (broken.status_code, broken.json()["code"]) == (401, 400)
    assert "invalid_token" in broken.headers["www-authenticate"]
    web = partner.emulator.web_application
    form = {"grant_type": "client_credentials", "client_id": web.client_id, "client_secret": web.secret}
    old = partner.post_token({**form, "resource": OLD_GRAPH}, path="oauth2/token").json()["access_token"]
    refused = partner.http.get("/v1/customers", headers={"Authorization": f"Bearer {old}"})
    assert (refused.status_code, refused.json()["code"]) == (401, 900420)


def test_access_tokens_lapse_and_can_be_revoked(partner: Partner) -> None:
    assert partner.get("/v1/customers?size=1").status_code == 200
    partner.emulator.revoke_access_tokens()
    assert partner.get("/v1/customers?size=1").status_code == 401
    partner.forget_tokens()
    assert partner.get("/v1/customers?size=1").status_code == 200
    partner.emulator.clock.advance(3600)
    assert code_of(partner, "/v1/customers?size=1") == (401, 400)


def test_a_user_without_mfa_is_refused_in_either_form(partner: Partner) -> None:
    assert code_of(partner, "/v1/customers?size=1", "weak") == (401, 900421)
    partner.emulator.switches.mfa_refusal = MfaRefusal.EMPTY
    answer = partner.get("/v1/customers?size=1", mode="weak")
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.reason_phrase == "Unauthorized - MFA required"
    assert partner.get("/v1/customers?size=1", mode="app").status_code == 200


@pytest.mark.parametrize(("mode", "compliant"), [("user", "true"), ("weak", "false"), ("app", None)])
def test_mfa_can_be_probed_before_it_is_enforced(partner: Partner, mode: str, compliant: str | None) -> None:
    partner.emulator.switches.mfa_enforced = False
    answer = partner.get("/v1/customers?size=1", mode=mode, headers={"ValidateMfa": "true"})
    assert answer.status_code == 200
    assert answer.headers.get("ismfacompliant") == compliant
    assert "ismfacompliant" not in partner.get("/v1/customers?size=1", mode=mode).headers


def test_an_indirect_reseller_has_no_access(partner: Partner) -> None:
    partner.emulator.switches.account = Account.INDIRECT_RESELLER
    assert code_of(partner, "/v1/customers?size=1") == (403, 900149)
    assert code_of(partner, "/v1/customers?size=1", "user") == (403, 900149)


def test_a_user_outside_the_agent_groups_has_no_access(partner: Partner) -> None:
    partner.emulator.switches.agent = False
    assert code_of(partner, "/v1/customers?size=1", "user") == (403, 1002)


def test_an_indirect_provider_sees_whose_customer_it_is(partner: Partner) -> None:
    one = ordinary(partner)
    assert code_of(partner, f"/v1/customers/{one.tenant_id}/relationships", "user") == (403, 1002)
    partner.emulator.switches.account = Account.INDIRECT_PROVIDER
    of_it = partner.read(f"/v1/customers/{one.tenant_id}/relationships", mode="user")
    whole = partner.read(f"/v1/customers/{one.tenant_id}")
    assert [entry["id"] for entry in of_it["items"]] == [whole["associatedPartnerId"]]
    mine = partner.read("/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf", mode="user")
    assert whole["associatedPartnerId"] in {entry["id"] for entry in mine["items"]}
    assert code_of(partner, "/v1/relationships", "user") == (400, 2001)


def test_the_invitation_names_the_partner(partner: Partner) -> None:
    body = partner.read("/v1/customers/relationshiprequests", mode="user")
    assert f"partnerId={partner.emulator.partner_tenant_id}" in body["url"]
    assert body["attributes"] == {"objectType": "RelationshipRequest"}


def test_errors_can_come_in_the_newer_shape(partner: Partner) -> None:
    partner.emulator.switches.error_shape = ErrorShape.NEW
    body = partner.get("/v1/customers/x").json()
    assert (body["code"], body["isRetryable"], body["errorMessageExtended"]) == (2000, False, "InternalErrorCode=2000")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/customers/{id}/agreements", 404),
        ("GET", "/v1/auditlogs", 404),
        ("GET", "/customers", 404),
        ("GET", "/v1//v1/customers", 404),
        ("POST", "/v1/customers", 405),
        ("DELETE", "/v1/customers/{id}/users", 404),
        ("PUT", "/v1/customers/{id}", 404),
    ],
)
def test_calls_the_emulator_does_not_know_are_refused_and_counted(
    partner: Partner, method: str, path: str, status: int
) -> None:
    sent = path.replace("{id}", partner.emulator.world.tenant_id(0))
    headers = {"Authorization": f"Bearer {partner.token()}"}
    assert partner.http.request(method, sent, headers=headers).status_code == status
    assert partner.emulator.counters.unknown == {f"{method} {path}": 1}


def test_another_cloud_has_another_base_path_and_audience(start: Starting) -> None:
    partner = start(base_path="china/api", audience=CHINA)
    assert partner.emulator.api_url.endswith("/china/api")
    web = partner.emulator.web_application
    form = {"grant_type": "client_credentials", "client_id": web.client_id, "client_secret": web.secret}
    token = partner.post_token({**form, "resource": CHINA}, path="oauth2/token").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert decoded(partner.http.get("v1/customers?size=2", headers=headers))["totalCount"] == 2
    origin = partner.emulator.api_url.removesuffix("/china/api")
    assert partner.http.get(f"{origin}/v1/customers", headers=headers).status_code == 404
    other = partner.post_token({**form, "resource": AUDIENCE}, path="oauth2/token").json()["access_token"]
    assert partner.http.get("v1/customers", headers={"Authorization": f"Bearer {other}"}).json()["code"] == 900420


def test_relationships_other_than_reseller_are_listed_too(partner: Partner) -> None:
    world = partner.emulator.world
    others = [row.tenant_id for row in world.rows(0) if row.relationship is not Relationship.RESELLER]
    assert partner.read(f"/v1/customers/{others[0]}")["relationshipToPartner"] == "advisor"
