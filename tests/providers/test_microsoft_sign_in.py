"""Signing in through MSAL against a sign-in service on TLS: renewal, rotation, refusals, quiet."""

import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from tests.providers.stub import BOM, LoginStub, Reply, certificate_for, pem_of, refused

from tenantry.providers.errors import (
    AuthFailed,
    ConsentMissing,
    Fault,
    Malformed,
    Misconfigured,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.auth import AppOnlyTokens, UserTokens
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import (
    Application,
    ApplicationKind,
    ClientCertificate,
    ClientSecret,
)

PARTNER = "11111111-2222-4333-8444-555555555555"
APP = "99999999-8888-4777-8666-555555555555"
SECRET = "the.secret~value"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Store:
    """Refresh tokens in memory; remembers what was replaced and when."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.replaced: list[tuple[str, str]] = []

    def load(self) -> str | None:
        return self.token

    def replace(self, *, new: str, old: str) -> None:
        self.replaced.append((new, old))
        self.token = new


@pytest.fixture
def client(endpoints: Endpoints) -> Iterator[HttpClient]:
    client = HttpClient(ca_file=endpoints.ca_file)
    yield client
    client.close()


@pytest.fixture
def web() -> Application:
    return Application(PARTNER, APP, ApplicationKind.WEB, ClientSecret(SECRET))


@pytest.fixture
def native() -> Application:
    return Application(PARTNER, APP, ApplicationKind.NATIVE)


def failure(tokens: AppOnlyTokens | UserTokens) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        tokens.access_token()
    return caught.value


def test_app_only_asks_for_the_clouds_audience_with_the_secret(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    assert AppOnlyTokens(endpoints, web, client).access_token() == "access-1"
    (request,) = login.token_requests
    assert request.path == f"/{PARTNER}/oauth2/v2.0/token"
    assert request.form["scope"] == "https://api.partnercenter.microsoft.com/.default"
    assert request.form["grant_type"] == "client_credentials"
    assert request.form["client_secret"] == SECRET


def test_china_asks_for_its_own_audience() -> None:
    assert endpoints_for("china").scope == "https://partner.partnercenterapi.microsoftonline.cn/.default"
    override = endpoints_for("china", api="http://127.0.0.1:1", authority="https://localhost:2/")
    assert override.scope == endpoints_for("china").scope
    assert override.authority == "https://localhost:2"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cloud": "germany"},
        {"cloud": "global", "authority": "http://localhost:1"},
        {"cloud": "global", "api": "http://partner.example"},
        {"cloud": "global", "api": "https://partner.example/?x=1"},
    ],
)
def test_addresses_that_cannot_work_are_refused_at_once(wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        endpoints_for(**wrong)  # type: ignore[arg-type]  # only texts are given


def test_a_certificate_signs_in_without_a_secret(endpoints: Endpoints, client: HttpClient, login: LoginStub) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    protected = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open"))
    certificate = certificate_for("app", key).public_bytes(Encoding.PEM).decode()
    credential = ClientCertificate(certificate, protected.decode(), passphrase="open")
    web = Application(PARTNER, APP, ApplicationKind.WEB, credential)
    assert AppOnlyTokens(endpoints, web, client).access_token() == "access-1"
    form = login.token_requests[0].form
    assert form["client_assertion_type"].endswith("jwt-bearer")
    assert form["client_assertion"].startswith("eyJ"), "sent as text, not as Python shows bytes"
    assert "client_secret" not in form


@pytest.mark.parametrize("spoilt", ["certificate", "private_key", "passphrase", "other key"])
def test_a_certificate_that_cannot_work_is_refused_before_anything_is_sent(spoilt: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = certificate_for("app", key).public_bytes(Encoding.PEM).decode()
    credential = {
        "certificate": ClientCertificate("nonsense", pem_of(key).decode()),
        "private_key": ClientCertificate(certificate, "nonsense"),
        "passphrase": ClientCertificate(certificate, pem_of(key).decode(), passphrase="not needed"),
        "other key": ClientCertificate(certificate, pem_of(other).decode()),
    }[spoilt]
    with pytest.raises(Misconfigured):
        credential.for_msal()


def test_kind_and_credential_must_fit(endpoints: Endpoints, native: Application, client: HttpClient) -> None:
    with pytest.raises(Misconfigured, match="neither is set"):
        Application(PARTNER, APP, ApplicationKind.WEB)
    with pytest.raises(Misconfigured, match="no secret"):
        Application(PARTNER, APP, ApplicationKind.NATIVE, ClientSecret(SECRET))
    with pytest.raises(Misconfigured, match="without a user"):
        AppOnlyTokens(endpoints, native, client)


def test_no_repr_shows_a_secret(web: Application) -> None:
    shown = repr(web) + repr(ClientCertificate("public", "private-key", "passphrase"))
    assert SECRET not in shown
    assert "private-key" not in shown
    assert "'passphrase'" not in shown


def test_a_token_is_renewed_five_minutes_before_it_ends(
    endpoints: Endpoints, web: Application, client: HttpClient
) -> None:
    clock = Clock()
    tokens = AppOnlyTokens(endpoints, web, client, clock=clock)
    assert tokens.access_token() == "access-1"
    clock.now += 3599 - 301
    assert tokens.access_token() == "access-1"
    clock.now += 2
    assert tokens.access_token() == "access-2"


@pytest.mark.parametrize("lifetime", ["3599", 3599.0, None, "soon", [1], -5, 1e400])
def test_an_odd_lifetime_is_borne(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub, lifetime: object
) -> None:
    login.lifetime = lifetime
    tokens = AppOnlyTokens(endpoints, web, client)
    try:
        assert tokens.access_token().startswith("access-")
    except Malformed:
        assert lifetime in ("soon", [1], None, 1e400), "MSAL itself stumbles over these"


def test_many_threads_sign_in_once(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    tokens = AppOnlyTokens(endpoints, web, client)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(tokens.access_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["access-1"] * 8
    renewed = {tokens.renew("access-1") for _ in range(3)}
    assert renewed == {"access-2"}
    assert len(login.token_requests) == 2


def test_a_rotated_refresh_token_is_stored_before_the_access_token_is_used(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    store = Store("refresh-0")
    tokens = UserTokens(endpoints, web, store, client)
    assert tokens.access_token() == "access-1"
    assert store.replaced == [("refresh-1", "refresh-0")]
    assert tokens.renew("access-1") == "access-2"
    assert [request.form["refresh_token"] for request in login.token_requests] == ["refresh-0", "refresh-1"]


def test_a_store_that_fails_keeps_the_access_token_back(
    endpoints: Endpoints, native: Application, client: HttpClient
) -> None:
    class Broken(Store):
        def replace(self, *, new: str, old: str) -> None:
            raise OSError(f"disk full, {len(new)} {len(old)}")

    tokens = UserTokens(endpoints, native, Broken("refresh-0"), client)
    with pytest.raises(OSError, match="disk full"):
        tokens.access_token()


def test_a_refresh_token_that_another_worker_rotated_is_loaded_again(
    endpoints: Endpoints, native: Application, client: HttpClient, login: LoginStub
) -> None:
    store = Store("stale")
    grant = login.token

    def rotate_meanwhile(request: object) -> Reply:
        form = request.form  # type: ignore[attr-defined]  # it is a stub's Request
        if form["refresh_token"] == "stale":
            store.token = "fresh"
            return refused("invalid_grant", 70000)
        return grant(request)  # type: ignore[arg-type]  # it is a stub's Request

    login.token = rotate_meanwhile
    assert UserTokens(endpoints, native, store, client).access_token() == "access-1"
    assert store.replaced == [("refresh-1", "fresh")]


def test_a_refused_refresh_token_is_not_tried_again_for_a_while(
    endpoints: Endpoints, native: Application, client: HttpClient, login: LoginStub
) -> None:
    clock = Clock()
    store = Store("old")
    login.token = lambda _: refused("invalid_grant", 700082)
    tokens = UserTokens(endpoints, native, store, client, clock=clock)
    first, second = failure(tokens), failure(tokens)
    assert first.message == second.message
    assert "90 days" in first.message
    assert len(login.token_requests) == 1, "each attempt would stand in the partner's sign-in log"
    store.token = "new"
    assert failure(tokens).code == "700082"
    assert len(login.token_requests) == 2, "a new sign-in is tried at once"


def test_nobody_signed_in_is_said(endpoints: Endpoints, native: Application, client: HttpClient) -> None:
    error = failure(UserTokens(endpoints, native, Store(None), client))
    assert isinstance(error, AuthFailed)
    assert "Nobody has signed in" in error.message


def test_app_only_and_user_tokens_never_mix(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    user = UserTokens(endpoints, web, Store("refresh-0"), client)
    app = AppOnlyTokens(endpoints, web, client)
    assert user.access_token() == "access-1"
    assert app.access_token() == "access-2"
    grants = [request.form["grant_type"] for request in login.token_requests]
    assert grants == ["refresh_token", "client_credentials"]


@pytest.mark.parametrize(
    ("error", "code", "kind", "words"),
    [
        ("invalid_client", 7000215, AuthFailed, "secret is wrong"),
        ("invalid_client", 7000222, AuthFailed, "secret has expired"),
        ("invalid_client", 700027, AuthFailed, "certificate"),
        ("invalid_client", 7000218, AuthFailed, "connection says native"),
        ("invalid_request", 90002, AuthFailed, "not known to this cloud"),
        ("unauthorized_client", 700016, AuthFailed, "not registered"),
        ("invalid_grant", 50173, AuthFailed, "password was changed"),
        ("invalid_grant", 50076, AuthFailed, "multifactor"),
        ("invalid_grant", 50079, AuthFailed, "multifactor"),
        ("invalid_grant", 65001, ConsentMissing, "lacks consent"),
        ("invalid_grant", 999123, AuthFailed, "expired or was revoked"),
        ("strange", 999124, AuthFailed, "refused (AADSTS999124). It says: AADSTS999124: A long text."),
        ("temporarily_unavailable", 90033, Unavailable, "has trouble"),
        ("server_error", 1, Unavailable, "has trouble"),
        ("invalid_request", 90055, Throttled, "too many requests"),
    ],
)
def test_each_refusal_says_what_to_do(
    *,
    endpoints: Endpoints,
    web: Application,
    client: HttpClient,
    login: LoginStub,
    error: str,
    code: int,
    kind: type[ProviderError],
    words: str,
) -> None:
    login.token = lambda _: refused(error, code, 401 if error == "invalid_client" else 400)
    refusal = failure(AppOnlyTokens(endpoints, web, client))
    assert type(refusal) is kind
    assert words in refusal.message
    assert refusal.next_step.endswith(".")
    assert refusal.stops_run is (kind in (AuthFailed, ConsentMissing))
    assert refusal.correlation_id == "c0ffee00-0000-4000-8000-000000000001"


def test_too_many_requests_is_quiet_for_as_long_as_was_asked(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    login.token = lambda _: Reply({"error": "x"}, status=429, headers={"Retry-After": "40"})
    tokens = AppOnlyTokens(endpoints, web, client)
    first, second = failure(tokens), failure(tokens)
    assert isinstance(first, Throttled)
    assert isinstance(second, Throttled)
    assert first.after == 40
    assert 38 < second.after <= 40
    assert len(login.token_requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(b"<html>down</html>", status=503), Unavailable),
        (Reply(b"<html>log in to the hotel</html>"), Malformed),
        (Reply(status=302, headers={"Location": "https://hotel.example"}), Malformed),
        (Reply([1]), Malformed),
        (Reply({}), Malformed),
        (Reply({"access_token": ""}), Malformed),
        (Reply({"access_token": 5, "expires_in": 5}), Malformed),
        (Reply({"access_token": "two\nlines", "expires_in": 5}), Malformed),
        (Reply({"access_token": "a", "expires_in": 3600, "id_token": "nonsense"}), Malformed),
        (Reply(b"cut", cut=True), Unavailable),
        (Reply({"error": {"deep": 1}, "error_codes": {"no": "list"}, "error_description": 7}), AuthFailed),
    ],
)
def test_an_odd_answer_is_one_of_the_vocabulary(
    *,
    endpoints: Endpoints,
    web: Application,
    client: HttpClient,
    login: LoginStub,
    reply: Reply,
    kind: type[ProviderError],
) -> None:
    login.token = lambda _: reply
    assert type(failure(AppOnlyTokens(endpoints, web, client))) is kind


def test_a_byte_order_mark_is_borne(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    login.token = lambda _: Reply(BOM + b'{"access_token":"abc","expires_in":"3599"}')
    assert AppOnlyTokens(endpoints, web, client).access_token() == "abc"


def test_an_unknown_tenant_is_named_although_msal_forgets_why(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    login.discovery = refused("invalid_tenant", 90002)
    tokens = AppOnlyTokens(endpoints, web, client)
    error = failure(tokens)
    assert isinstance(error, AuthFailed)
    assert "AADSTS90002" in error.message
    assert "tenant id" in error.next_step


def test_a_discovery_that_failed_is_tried_again_later(
    endpoints: Endpoints, web: Application, client: HttpClient, login: LoginStub
) -> None:
    tokens = AppOnlyTokens(endpoints, web, client)
    login.discovery = Reply(status=503)
    assert isinstance(failure(tokens), Unavailable)
    login.discovery = None
    assert tokens.access_token() == "access-1"


def test_the_networks_faults_keep_their_sentence(web: Application, client: HttpClient) -> None:
    nowhere = endpoints_for("global", authority="https://login.invalid")
    error = failure(AppOnlyTokens(nowhere, web, client))
    assert error.fault is Fault.NETWORK
    assert "login.invalid" in error.message
