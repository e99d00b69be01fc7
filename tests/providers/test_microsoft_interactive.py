"""Signing a person in: device code and authorization code, against the emulator's sign-in pages."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.providers.stub import LoginStub, Reply, refused

from tenantry.emulator.server import Emulator
from tenantry.providers.errors import AuthFailed, ConsentMissing, ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, ClientSecret
from tenantry.providers.microsoft.interactive import DeviceCode, InteractiveSignIn

BACK = "http://localhost:8765/signed-in"


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=3, home=emulator_home) as running:
        running.switches.device_interval = 1
        yield running


@pytest.fixture
def emulated(emulator: Emulator) -> Endpoints:
    return endpoints_for("global", api=emulator.api_url, authority=emulator.login_url, ca_file=emulator.ca_file)


@pytest.fixture
def client(emulated: Endpoints) -> Iterator[HttpClient]:
    client = HttpClient(ca_file=emulated.ca_file)
    yield client
    client.close()


@pytest.fixture
def native(emulator: Emulator, emulated: Endpoints, client: HttpClient) -> InteractiveSignIn:
    application = Application(emulator.partner_tenant_id, emulator.native_application.client_id, ApplicationKind.NATIVE)
    return InteractiveSignIn(emulated, application, client)


@pytest.fixture
def web(emulator: Emulator, emulated: Endpoints, client: HttpClient) -> InteractiveSignIn:
    registered = emulator.web_application
    application = Application(
        emulator.partner_tenant_id, registered.client_id, ApplicationKind.WEB, ClientSecret(registered.secret)
    )
    return InteractiveSignIn(emulated, application, client)


def approve(client: HttpClient, device: DeviceCode, decision: str = "mfa") -> None:
    answer = client.send("POST", device.address, form={"otc": device.code, "decision": decision})
    assert answer.status == 200


def test_a_person_signs_in_with_a_code_on_another_device(
    emulator: Emulator, native: InteractiveSignIn, client: HttpClient
) -> None:
    device = native.start_device_code()
    assert device.address.startswith(emulator.login_url)
    assert native.poll_device_code(device) is None
    approve(client, device)
    signed_in = native.finish_device_code(device, cancelled=threading.Event())
    assert signed_in.user_name == emulator.service_user.upn
    assert signed_in.tenant_id == emulator.partner_tenant_id
    assert signed_in.object_id == emulator.service_user.object_id
    assert signed_in.refresh_token
    assert signed_in.refresh_token not in repr(signed_in)
    assert str(device.flow["device_code"]) not in repr(device)


def test_a_wait_can_be_cancelled(native: InteractiveSignIn) -> None:
    device = native.start_device_code()
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(AuthFailed, match="cancelled"):
        native.finish_device_code(device, cancelled=cancelled)


def test_a_declined_code_ends_the_wait(native: InteractiveSignIn, client: HttpClient) -> None:
    device = native.start_device_code()
    approve(client, device, "decline")
    with pytest.raises(AuthFailed, match="declined"):
        native.finish_device_code(device, cancelled=threading.Event())


def test_a_web_application_cannot_use_a_device_code(web: InteractiveSignIn) -> None:
    with pytest.raises(ProviderError) as caught:
        web.start_device_code()
    assert caught.value.next_step


def come_back(client: HttpClient, address: str) -> dict[str, str]:
    answer = client.send("GET", address)
    assert answer.status == 302, answer.body
    location = answer.headers["location"]
    assert location.startswith(BACK)
    return dict(parse_qsl(urlsplit(location).query))


@pytest.mark.parametrize("kind", ["web", "native"])
def test_a_person_signs_in_in_the_browser(
    emulator: Emulator, client: HttpClient, request: pytest.FixtureRequest, kind: str
) -> None:
    sign_in: InteractiveSignIn = request.getfixturevalue(kind)
    asked = sign_in.start_authorization_code(redirect_uri=BACK, login_hint=emulator.service_user.upn)
    answer = come_back(client, asked.address)
    assert answer["state"] == asked.state
    signed_in = sign_in.finish_authorization_code(asked.flow, answer)
    assert signed_in.user_name == emulator.service_user.upn
    with pytest.raises(AuthFailed):
        sign_in.finish_authorization_code(asked.flow, answer)


def test_an_answer_for_another_sign_in_is_refused(native: InteractiveSignIn, client: HttpClient) -> None:
    asked = native.start_authorization_code(redirect_uri=BACK)
    answer = come_back(client, asked.address)
    for state in ("", "another"):
        with pytest.raises(AuthFailed, match="does not belong"):
            native.finish_authorization_code(asked.flow, answer | {"state": state})


def test_missing_consent_is_named(emulator: Emulator, native: InteractiveSignIn, client: HttpClient) -> None:
    emulator.switches.user_consent = False
    asked = native.start_authorization_code(redirect_uri=BACK)
    with pytest.raises(ConsentMissing) as caught:
        native.finish_authorization_code(asked.flow, come_back(client, asked.address))
    assert "user_impersonation" in caught.value.permission


def test_a_sign_in_without_refresh_token_is_no_sign_in(endpoints: Endpoints, login: LoginStub) -> None:
    http = HttpClient(ca_file=endpoints.ca_file)
    application = Application("partner", "app", ApplicationKind.NATIVE)
    sign_in = InteractiveSignIn(endpoints, application, http)
    device = {"user_code": "ABC", "verification_uri": "https://x.example", "device_code": "d", "interval": "1"}
    login.token = lambda request: Reply(device) if request.path.endswith("devicecode") else Reply({"access_token": "a"})
    started = sign_in.start_device_code()
    with pytest.raises(AuthFailed, match="no refresh token"):
        sign_in.finish_device_code(started, cancelled=threading.Event())
    http.close()


@pytest.mark.parametrize(
    "answer", [Reply({}), Reply({"user_code": 5, "device_code": "d"}), refused("invalid_client", 7000218)]
)
def test_no_device_code_is_an_error_of_the_vocabulary(endpoints: Endpoints, login: LoginStub, answer: Reply) -> None:
    http = HttpClient(ca_file=endpoints.ca_file)
    login.token = lambda _: answer
    with pytest.raises(AuthFailed):
        InteractiveSignIn(endpoints, Application("partner", "app", ApplicationKind.NATIVE), http).start_device_code()
    http.close()
