"""The emulated Google on the wire: grants checked in every part, tenancy, headers, and how values are written."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.auth import crypt, jwt

from tenantry.emulator.google.signin import GOOGLES_AUDIENCE, GRANT, PREFIX, SCOPES
from tenantry.emulator.server import Emulator
from tenantry.emulator.staff import DAY, Someone, is_present

USERS = "/admin/directory/v1/users"
CHALLENGE = "www-authenticate"


@dataclass
class Wire:
    """Asks one emulator by plain HTTP, as the reseller's administrator unless a ``subject`` is given."""

    emulator: Emulator
    http: httpx2.Client

    def grant(self, *, key: str = "", kind: str = GRANT, **changed: Any) -> httpx2.Response:
        google, now = self.emulator.google, int(time.time())
        info = json.loads(google.service_account.key_file(google.signin.url))
        claims = {
            "iss": info["client_email"], "aud": GOOGLES_AUDIENCE, "iat": now, "exp": now + 3600,
            "scope": " ".join(PREFIX + scope for scope in SCOPES), "sub": google.subject, **changed,
        }  # fmt: skip
        signer = crypt.RSASigner.from_string(key or info["private_key"], info["private_key_id"])  # type: ignore[no-untyped-call]  # half typed
        assertion = jwt.encode(signer, {name: value for name, value in claims.items() if value is not None})  # type: ignore[no-untyped-call]  # same
        return self.http.post(google.signin.url, data={"grant_type": kind, "assertion": assertion.decode()})

    def token(self, **changed: Any) -> str:
        token: str = self.grant(**changed).json()["access_token"]
        return token

    def get(self, path: str, token: str = "", **headers: str) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {token or self.token()}", **headers}
        return self.http.get(f"{self.emulator.google_url}{path}", headers=sent)

    def refusal(self, path: str, token: str = "") -> tuple[int, str]:
        answer = self.get(path, token)
        return answer.status_code, answer.json()["error"]["errors"][0]["reason"]

    def customer(self, index: int) -> str:
        return self.emulator.google.world.customer_id(index)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    home = tmp_path_factory.mktemp("google-wire")
    with Emulator(home=home, customers=12, google_customers=8, google_quota=0, crowds={3: 130}, seed=7) as emulator:
        with httpx2.Client(trust_env=False, timeout=10) as http:
            yield Wire(emulator, http)
        assert emulator.counters.crashes == 0


@pytest.fixture
def wire(shared: Wire) -> Iterator[Wire]:
    google = shared.emulator.google
    usual, delegated = google.switches.as_dict(), set(google.signin.delegated)
    yield shared
    google.switches.set(usual)
    google.signin.delegated = delegated
    google.signin.direct.clear()
    google.world.changes.clear()


@pytest.fixture(scope="module")
def foreign_key() -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # for this fixture alone
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415  # same

    key = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


NOW = int(time.time())
GRANTS: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "another issuer": ({"iss": "x@y.example"}, 400, "invalid_grant", "No valid verifier"),
    "another audience": ({"aud": "https://evil.example/token"}, 400, "invalid_grant", "audience"),
    "from the future": ({"iat": NOW + 4000, "exp": NOW + 7000}, 400, "invalid_grant", "short-lived"),
    "long ago": ({"iat": NOW - 9000, "exp": NOW - 5400}, 400, "invalid_grant", "short-lived"),
    "too long": ({"exp": NOW + 9000}, 400, "invalid_grant", "short-lived"),
    "without times": ({"iat": None}, 400, "invalid_grant", "short-lived"),
    "without subject": ({"sub": None}, 400, "invalid_request", "impersonation"),
    "subject that is no address": ({"sub": "nobody"}, 400, "invalid_request", "impersonation"),
    "subject that nobody is": ({"sub": "nobody@nowhere.example"}, 400, "invalid_grant", "Invalid email"),
    "scope that is not delegated": ({"scope": f"{PREFIX}drive"}, 401, "unauthorized_client", "unauthorized"),
    "no scope": ({"scope": ""}, 401, "unauthorized_client", "unauthorized"),
    "another grant": ({"kind": "password"}, 400, "unsupported_grant_type", "grant_type"),
}


@pytest.mark.parametrize("wrong", GRANTS)
def test_a_grant_is_checked_in_every_part(wire: Wire, wrong: str) -> None:
    changed, status, error, told = GRANTS[wrong]
    answer = wire.grant(**changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert told in answer.json()["error_description"]


def test_a_signature_by_another_key_and_a_suspended_subject_get_no_token(wire: Wire, foreign_key: str) -> None:
    forged = wire.grant(key=foreign_key).json()
    assert (forged["error"], forged["error_description"]) == ("invalid_grant", "Invalid JWT Signature.")
    google = wire.emulator.google
    google.signin.direct.add(2)
    google.people.suspend(2, 0)
    address = google.world.address(google.staff.someone(2, 0))
    assert wire.grant(sub=address).json()["error"] == "access_denied"
    google.people.resume(2, 0)


def test_googles_own_audience_and_this_address_are_both_taken_and_the_life_may_be_a_text(wire: Wire) -> None:
    for audience in (GOOGLES_AUDIENCE, wire.emulator.google.signin.url):
        body = wire.grant(aud=audience).json()
        assert (body["expires_in"], body["token_type"]) == (3599, "Bearer")
    wire.emulator.google.switches.expires_as_text = True
    assert wire.grant().json()["expires_in"] == "3599"


def test_each_method_wants_its_own_scope(wire: Wire) -> None:
    customer = wire.customer(2)
    wrong = wire.token(scope=PREFIX + "apps.licensing")
    for path in (f"{USERS}?customer={customer}", f"/admin/directory/v1/customer/{customer}/domains",
                 f"/admin/directory/v1/customer/{customer}/roles", "/apps/reseller/v1/subscriptions"):  # fmt: skip
        assert wire.refusal(path, wrong) == (403, "insufficientPermissions")
        assert 'error="insufficient_scope"' in wire.get(path, wrong).headers[CHALLENGE]
    assert wire.refusal(f"{USERS}?customer={customer}", "made-up") == (401, "authError")
    bare = wire.http.get(f"{wire.emulator.google_url}{USERS}?customer={customer}")
    assert (bare.status_code, bare.json()["error"]["errors"][0]["reason"]) == (401, "required")
    order = wire.token(scope=PREFIX + "apps.order.readonly")
    assert wire.get("/apps/reseller/v1/subscriptions", order).status_code == 200
    assert wire.get(f"/v1/accounts/{wire.emulator.google.account_id}/customers", order).status_code == 403


def test_a_reseller_reaches_its_customers_and_nobody_elses_directory(wire: Wire) -> None:
    google, own = wire.emulator.google, wire.customer(2)
    assert wire.get(f"{USERS}?customer={own}").status_code == 200
    mine = wire.get(f"{USERS}?customer=my_customer").json()["users"]
    assert {user["customerId"] for user in mine} == {google.account_id}, "my_customer is the reseller's own staff"
    google.signin.direct.add(2)
    theirs = wire.token(sub=google.world.administrator(2))
    assert {user["customerId"] for user in wire.get(f"{USERS}?customer=my_customer", theirs).json()["users"]} == {own}
    for foreign in (f"customer={wire.customer(3)}", f"domain={google.world.domain(3)}"):
        assert wire.refusal(f"{USERS}?{foreign}", theirs) == (403, "forbidden")
    assert wire.refusal(f"{USERS}?domain=nobody.example") == (404, "notFound")
    assert wire.refusal(f"{USERS}?customer=C0nobody") == (403, "forbidden")
    google.switches.set({"foreign_customer": "404"})
    assert wire.refusal(f"{USERS}?customer=C0nobody") == (404, "notFound")


def test_a_customer_that_switched_reseller_access_off_is_forbidden_in_every_list(wire: Wire) -> None:
    google, customer = wire.emulator.google, wire.customer(2)
    person = google.world.user_id(google.staff.someone(2, 0))
    paths = [
        f"{USERS}?customer={customer}", f"{USERS}?customer={customer}&showDeleted=true",
        f"{USERS}?domain={google.world.domain(2)}", f"{USERS}/{person}",
        f"/admin/directory/v1/customer/{customer}/domains", f"/admin/directory/v1/customer/{customer}/roleassignments",
        f"/apps/licensing/v1/product/Google-Apps/users?customerId={customer}",
    ]  # fmt: skip
    assert [wire.get(path).status_code for path in paths] == [200] * len(paths)
    google.world.change(2, reseller_access=False)
    assert [wire.refusal(path) for path in paths] == [(403, "forbidden")] * len(paths)


def test_answers_have_googles_headers_are_indented_and_packed_for_who_takes_that(wire: Wire) -> None:
    path = f"{USERS}?customer={wire.customer(3)}"
    plain = wire.get(path, **{"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "application/json; charset=UTF-8"
    assert plain.headers["etag"] == plain.json()["etag"]
    for name, value in (
        ("vary", "Origin, X-Origin, Referer"), ("server", "ESF"), ("x-xss-protection", "0"),
        ("x-frame-options", "SAMEORIGIN"), ("x-content-type-options", "nosniff"),
    ):  # fmt: skip
        assert plain.headers[name] == value
    assert "alt-svc" in plain.headers
    assert "link" not in plain.headers
    assert plain.text.startswith('{\n  "kind"')
    assert "content-encoding" not in plain.headers
    compact = wire.get(f"{path}&prettyPrint=false", **{"Accept-Encoding": "identity"})
    assert "\n" not in compact.text
    packed = wire.get(path, **{"Accept-Encoding": "gzip, deflate"})
    assert (packed.headers["content-encoding"], len(packed.json()["users"])) == ("gzip", 100)


def test_a_page_has_a_hundred_people_unless_asked_and_its_token_belongs_to_its_question(wire: Wire) -> None:
    path = f"{USERS}?customer={wire.customer(3)}"
    page = wire.get(path).json()
    assert (page["kind"], len(page["users"])) == ("admin#directory#users", 100)
    token = page["nextPageToken"].replace("=", "%3D")
    rest = wire.get(f"{path}&pageToken={token}&maxResults=500").json()
    assert "nextPageToken" not in rest
    assert not {user["id"] for user in page["users"]} & {user["id"] for user in rest["users"]}
    for other in (f"{path}&orderBy=givenName", f"{path}&showDeleted=true", f"{USERS}?customer={wire.customer(2)}"):
        assert wire.refusal(f"{other}&pageToken={token}") == (400, "invalid")
    assert wire.refusal(f"{path}&pageToken=made-up") == (400, "invalid")


def test_values_are_written_as_google_writes_them(wire: Wire) -> None:
    google, customer = wire.emulator.google, wire.customer(3)
    users = wire.get(f"{USERS}?customer={customer}&maxResults=500").json()["users"]
    assert all(re.fullmatch(r"1\d{20}", user["id"]) for user in users)
    assert all(user["creationTime"].endswith(".000Z") for user in users)
    assert any(user["lastLoginTime"] == "1970-01-01T00:00:00.000Z" for user in users)
    assert all(re.fullmatch(r'"[\w-]{43}/[\w-]{27}"', user["etag"]) for user in users)
    assert all(user["thumbnailPhotoUrl"].startswith("//lh3.") for user in users), "an address without a protocol"
    named = [user for user in users if "aliases" in user]
    assert named
    assert all(user["aliases"] for user in named), "absent instead of empty"
    for user in users:
        test = f"{user['primaryEmail']}.test-google-a.com"
        assert test in user["nonEditableAliases"]
        assert {"address": test} in user["emails"]
        assert {"address": user["primaryEmail"], "primary": True} in user["emails"]
    domains = wire.get(f"/admin/directory/v1/customer/{customer}/domains").json()["domains"]
    assert all(re.fullmatch(r"\d+000", each["creationTime"]) for each in domains)
    bought = wire.get("/apps/reseller/v1/subscriptions").json()["subscriptions"]
    assert all(re.fullmatch(r"\d+000", each["creationTime"]) for each in bought)
    roles = wire.get(f"/admin/directory/v1/customer/{customer}/roles").json()["items"]
    assert all(isinstance(role["roleId"], str) and role["roleId"].isdigit() for role in roles)
    assert all(is_present(one) for one in google.staff.everybody(3) if google.world.user_id(one) in
               {user["id"] for user in users})  # fmt: skip


def test_an_empty_list_is_a_missing_key(wire: Wire) -> None:
    body = wire.get(f"{USERS}?customer={wire.customer(3)}&query=name:nobody*").json()
    assert set(body) == {"kind", "etag"}


def test_who_is_deleted_leaves_the_list_at_once_and_the_address_is_free_for_somebody_else(wire: Wire) -> None:
    google, customer = wire.emulator.google, wire.customer(4)
    one = google.people.join(4, mailbox="short.stay")
    number = google.world.user_id(one)
    google.people.delete(4, one.number)
    listed = {user["id"] for user in wire.get(f"{USERS}?customer={customer}&maxResults=500").json()["users"]}
    deleted = wire.get(f"{USERS}?customer={customer}&showDeleted=true").json()["users"]
    assert number not in listed
    assert number in {user["id"] for user in deleted}
    gone = wire.get(f"{USERS}/{number}")
    assert (gone.status_code, gone.json()["error"]["message"]) == (412, "User is deleted.")
    again = google.people.join(4, mailbox="short.stay")
    found = wire.get(f"{USERS}/short.stay@{google.world.domain(4)}").json()
    assert found["id"] == google.world.user_id(again) != number
    wire.emulator.clock.advance(20 * DAY + 1)
    assert wire.refusal(f"{USERS}/{number}") == (404, "notFound")
    assert number not in wire.get(f"{USERS}?customer={customer}&showDeleted=true").text


QUERIES: dict[str, Callable[[Someone, Someone], bool]] = {
    "name='{given} {family}'": lambda one, asked: (one.given, one.family) == (asked.given, asked.family),
    "givenName={given}": lambda one, asked: one.given == asked.given,
    "familyName='{family}'": lambda one, asked: one.family == asked.family,
    "email:{mailbox}*": lambda one, asked: any(each.startswith(asked.mailbox) for each in (one.mailbox, *one.former)),
    "isAdmin=true": lambda one, _: one.admin == "full",
    "isDelegatedAdmin=true": lambda one, _: one.admin == "partial",
    "isSuspended=false": lambda one, _: not one.suspended,
    "isArchived=True": lambda one, _: one.archived,
    "isGuest=true": lambda one, _: one.kind == "guest",
    "isEnrolledIn2Sv=false isEnforcedIn2Sv=false": lambda _one, _asked: True,
    "isGuest=false isSuspended=true": lambda one, _: one.kind != "guest" and one.suspended,
    "orgUnitPath=/": lambda _one, _asked: True,
    "orgTitle:'{title}'": lambda one, asked: f" {asked.title} " in f" {one.title} ",
}


@pytest.mark.parametrize("query", QUERIES)
def test_every_operator_of_the_core_fields_finds_exactly_whom_it_should(wire: Wire, query: str) -> None:
    google = wire.emulator.google
    present = [one for one in google.staff.everybody(3) if is_present(one)]
    asked = next(one for one in present if one.title and "'" not in one.family and one.kind == "person")
    text = query.format(given=asked.given, family=asked.family, mailbox=asked.mailbox, title=asked.title)
    answer = wire.http.get(
        f"{wire.emulator.google_url}{USERS}", params={"customer": wire.customer(3), "maxResults": 500, "query": text},
        headers={"Authorization": f"Bearer {wire.token()}"},
    )  # fmt: skip
    found = {user["id"] for user in answer.json().get("users", [])}
    assert found == {google.world.user_id(one) for one in present if QUERIES[query](one, asked)}


def test_what_google_lacks_is_a_page_of_html_and_counted(wire: Wire) -> None:
    answer = wire.get("/admin/directory/v1/groups")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert wire.emulator.counters.unknown == {"GET /admin/directory/v1/groups": 1}
    assert wire.http.post(f"{wire.emulator.google_url}{USERS}").status_code == 404
    wire.emulator.counters.reset()


def test_the_content_part_of_a_change_marker_survives_a_restart(tmp_path: Path) -> None:
    markers: list[list[str]] = []
    for _ in range(2):
        with (
            Emulator(home=tmp_path, customers=4, google_customers=2, google_quota=0, people=6, seed=7) as emulator,
            httpx2.Client(trust_env=False) as http,
        ):
            wire = Wire(emulator, http)
            paths = (f"/admin/directory/v1/customer/{wire.customer(1)}/roles", "/apps/reseller/v1/subscriptions")
            markers.append([wire.get(path).json()["etag"] for path in paths[:1]])
    first, second = (each[0].strip('"').split("/") for each in markers)
    assert first[1] == second[1]
    assert first[0] != second[0]
