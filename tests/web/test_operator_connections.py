"""Connections in the browser, against the emulator: made, tested, signed in, edited, their secrets replaced."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.connections.secrets import open_credential
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.http import HttpClient
from tenantry.sync.models import Feed


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(customers=3) as running:
        running.switches.device_interval = 1
        yield running


@pytest.fixture
def operator(cast: Cast) -> Client:
    return cast.client("operator")


def given(emulator: Emulator, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Emulated", "cloud": "global", "partner_tenant_id": emulator.partner_tenant_id,
        "application_id": emulator.web_application.client_id, "application_kind": "web", "sign_in": "app_only",
        "secret": emulator.web_application.secret, "api": emulator.api_url, "authority": emulator.login_url,
        "ca_file": str(emulator.ca_file), **fields,
    }  # fmt: skip


def native(emulator: Emulator) -> dict[str, Any]:
    return given(
        emulator, application_id=emulator.native_application.client_id, application_kind="native", secret=""
    )  # fmt: skip


def made(operator: Client, fields: dict[str, Any]) -> Connection:
    answer = operator.post("/operator/connections/add/", fields)
    assert answer.status_code == 302, text_of(answer)
    return Connection.objects.get(name=fields["name"])


def address(row: Connection, rest: str = "") -> str:
    return f"/operator/connections/{row.pk}/{rest}"


def papers(days: int) -> tuple[str, str]:
    """A certificate that ends in so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tenantry")])
    ends = datetime.now(UTC) + timedelta(days=days)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(ends - timedelta(days=400)).not_valid_after(ends).sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return signed.public_bytes(Encoding.PEM).decode(), pem


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.pem", text.encode())


def test_a_connection_is_made_tested_and_says_what_works(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    assert "Not tested yet" in text_of(operator.get(address(row)))
    page = text_of(operator.post(address(row, "test/"), follow=True))
    assert "Tested: Company Sync can work with this connection" in page
    assert "List customers" in page
    assert "Read its primary contact" in page
    row.refresh_from_db()
    assert row.tested_at is not None
    assert {result["ok"] for result in row.test_results or []} >= {True}


def test_what_is_missing_is_named_with_its_fix(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator, secret="wrong"))
    page = text_of(operator.post(address(row, "test/"), follow=True))
    assert "Tested: something is missing" in page
    assert "Sign-in as the application" in page
    assert "To fix it:" in page


def test_no_secret_ever_comes_back(emulator: Emulator, operator: Client) -> None:
    secret = emulator.web_application.secret
    row = made(operator, given(emulator))
    wrong = operator.post("/operator/connections/add/", given(emulator, partner_tenant_id="x"))
    pages = [wrong, *(operator.get(address(row, rest)) for rest in ("", "edit/", "secret/", "sign-in/"))]
    assert all(secret not in page.content.decode() for page in pages)
    assert secret not in str(list(Event.objects.values()))
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "partner center eu"}, "a connection named 'partner center eu' already"),
        ({"secret": ""}, "A web application needs a secret or a certificate"),
        ({"application_kind": "native"}, "A native application has no secret"),
        ({"application_kind": ""}, "This field is required"),
        ({"application_id": "contoso"}, "The application ID 'contoso' is not one"),
        ({"authority": "http://localhost"}, "must be https"),
        ({"cloud": "mars"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_right_is_said_and_nothing_is_saved(
    fields: dict[str, str], words: str, emulator: Emulator, operator: Client
) -> None:
    answer = operator.post("/operator/connections/add/", given(emulator, **fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert Connection.objects.count() == 1


def test_a_certificate_is_taken_with_its_key_and_warns_before_it_ends(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    certificate, key = papers(days=12)
    _, other = papers(days=12)
    for sent, words in (
        ({"certificate": file(certificate)}, "belong together"),
        ({"certificate": file(certificate), "private_key": file(other)}, "does not belong to"),
        ({"certificate": file("no PEM"), "private_key": file(key)}, "cannot be read"),
        ({"certificate": file("\u00e9"), "private_key": file(key)}, "no PEM file"),
        ({}, "secret is empty"),
    ):
        answer = operator.post(address(row, "secret/"), sent)
        assert (answer.status_code, words in text_of(answer)) == (422, True), text_of(answer)
    assert open_credential(row) == {"secret": emulator.web_application.secret}
    sent = {"certificate": file(certificate), "private_key": file(key)}
    page = text_of(operator.post(address(row, "secret/"), sent, follow=True))
    assert "The new secret is sealed" in page
    assert "The certificate ends in 12 days" in page
    row.refresh_from_db()
    assert set(open_credential(row)) == {"certificate", "private_key"}
    event = Event.objects.latest("id")
    assert (event.action, (event.after or {})["kind"]) == ("connections.connection.secret_replaced", "certificate")


def test_a_secret_s_end_is_told_from_a_month_before_on(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator, expires_on=f"{timezone.now() + timedelta(days=60):%Y-%m-%d}"))
    assert "ends in" not in text_of(operator.get(address(row)))
    Connection.objects.filter(pk=row.pk).update(secret_expires_at=timezone.now() - timedelta(days=1))
    for place in (address(row), "/operator/"):
        assert "The secret has ended" in text_of(operator.get(place))
    Connection.objects.filter(pk=row.pk).update(secret_expires_at=timezone.now() + timedelta(days=6, hours=1))
    assert "ends soon The secret ends in 7 days" in text_of(operator.get("/operator/"))


def test_a_person_signs_a_native_application_in_with_a_code(emulator: Emulator, operator: Client) -> None:
    row = made(operator, native(emulator))
    assert "Nobody has signed in" in text_of(operator.get(address(row)))
    page = operator.post(address(row, "sign-in/"), {"do": "start"}, follow=True)
    waiting = page.context["waiting"]
    assert waiting.code in text_of(page)
    assert "Nobody has typed the code yet" in text_of(
        operator.post(address(row, "sign-in/"), {"do": "check"}, follow=True)
    )
    http = HttpClient(ca_file=emulator.ca_file)
    http.send("POST", waiting.address, form={"otc": waiting.code, "decision": "mfa"})
    http.close()
    words = text_of(operator.post(address(row, "sign-in/"), {"do": "check"}, follow=True))
    assert "Signed in as" in words
    row.refresh_from_db()
    assert row.sealed_refresh_token is not None
    assert (row.sign_in, row.sealed_sign_in) == ("app_and_user", None)
    assert "Tested: Company Sync can work" in text_of(operator.post(address(row, "test/"), follow=True))
    assert "No sign-in is under way" in text_of(operator.post(address(row, "sign-in/"), {"do": "check"}, follow=True))


def test_a_web_application_s_browser_goes_to_microsoft_and_an_answer_of_another_sign_in_is_refused(
    emulator: Emulator, operator: Client
) -> None:
    row = made(operator, given(emulator))
    assert "http://testserver/operator/signed-in/" in text_of(operator.get(address(row, "sign-in/")))
    answer = operator.post(address(row, "sign-in/"), {"do": "start"})
    assert answer.headers["Location"].startswith(emulator.login_url)
    page = text_of(operator.get("/operator/signed-in/?code=x&state=forged", follow=True))
    assert "does not belong to this sign-in" in page
    assert operator.get("/operator/signed-in/?code=x&state=forged").status_code == 404
    row.refresh_from_db()
    assert row.sealed_refresh_token is None


def test_a_web_application_s_browser_comes_back_signed_in_once(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    operator.defaults["SERVER_NAME"] = "localhost"  # the emulated directory sends people back to nowhere else
    there = operator.post(address(row, "sign-in/"), {"do": "start"}).headers["Location"]
    http = HttpClient(ca_file=emulator.ca_file)
    back = http.send("GET", there).headers["location"].removeprefix("http://localhost")
    http.close()
    assert back.startswith("/operator/signed-in/?")
    page = text_of(operator.get(back, follow=True))
    assert "Signed in as" in page
    assert "Test the connection now" in page
    row.refresh_from_db()
    assert row.sealed_refresh_token is not None
    assert (row.sign_in, row.sealed_sign_in) == ("app_and_user", None)
    assert "Tested: Company Sync can work" in text_of(operator.post(address(row, "test/"), follow=True))
    assert operator.get(back).status_code == 404
    assert Event.objects.filter(action="connections.connection.signed_in").count() == 1


def test_another_application_ends_the_sign_in_of_the_one_before(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    Connection.objects.filter(pk=row.pk).update(
        sealed_refresh_token=b"x", settings={**row.settings, "calls_at_once": 2}
    )
    same = {key: value for key, value in given(emulator, name="Renamed").items() if key != "secret"}
    assert "Saved. Test it" in text_of(operator.post(address(row, "edit/"), same, follow=True))
    other = {**same, "application_id": "99999999-8888-7777-6666-555555555555"}
    assert "sign in again" in text_of(operator.post(address(row, "edit/"), other, follow=True))
    row.refresh_from_db()
    assert (row.name, row.sealed_refresh_token, row.calls_at_once) == ("Renamed", None, 2)
    assert open_credential(row) == {"secret": emulator.web_application.secret}
    kind = {**other, "application_kind": "native"}
    operator.post(address(row, "edit/"), kind)
    row.refresh_from_db()
    assert (row.sealed_secret, row.sign_in) == (None, "app_and_user")
    taken = operator.post(address(row, "edit/"), {**kind, "name": "Partner Center EU"})
    assert "another connection named" in text_of(taken)


def test_a_connection_is_disabled_and_enabled_on_record(cast: Cast, operator: Client) -> None:
    row = cast.connection
    assert "Disable Partner Center EU?" in text_of(operator.get(address(row, "switch/")))
    for _ in range(2):
        operator.post(address(row, "switch/"), {"enabled": "no"})
    assert "switched off" in text_of(operator.get(address(row)))
    operator.post(address(row, "switch/"), {"enabled": "yes"})
    actions = Event.objects.filter(action__startswith="connections.").values_list("action", flat=True).order_by("id")
    assert list(actions)[1:] == ["connections.connection.disabled", "connections.connection.enabled"]
    assert operator.get("/operator/connections/999999/").status_code == 404


def test_the_invitation_link_is_read_once_and_goes_into_an_e_mail_that_can_be_edited(
    cast: Cast, emulator: Emulator, operator: Client
) -> None:
    row = made(operator, native(emulator))
    operator.post(address(row, "sign-in/"), {"do": "start"})
    http = HttpClient(ca_file=emulator.ca_file)
    waiting = operator.get(address(row, "sign-in/")).context["waiting"]
    http.send("POST", waiting.address, form={"otc": waiting.code, "decision": "mfa"})
    http.close()
    operator.post(address(row, "sign-in/"), {"do": "check"})
    with marketplace_scope(cast.northwind.pk):
        Feed.objects.update(connection=row)
    owner, page = cast.client("owner"), "/companies/relationship/"
    assert "The link was not read yet" in text_of(owner.get(page))
    answer = owner.post(page, {"do": "read", "connection": row.pk}, follow=True)
    row.refresh_from_db()
    assert row.relationship_link.startswith("https://admin.microsoft.com/")
    assert row.relationship_link in answer.context["form"].initial["body"]
    sent = {"do": "write", "connection": row.pk, "to": "it@contoso.example", "subject": "Täst", "body": "Bitte: öffnen"}
    prepared = owner.post(page, sent)
    assert prepared.context["mailto"] == ("mailto:it@contoso.example?subject=T%C3%A4st&body=Bitte%3A%20%C3%B6ffnen")
    assert owner.post(page, {**sent, "to": "no address"}).status_code == 422
    assert cast.client("stranger").get(page).context["chosen"]["pk"] != row.pk


def test_where_the_link_can_t_be_had_the_page_says_why_and_what_to_do(
    cast: Cast, emulator: Emulator, operator: Client
) -> None:
    row = made(operator, given(emulator))
    with marketplace_scope(cast.northwind.pk):
        Feed.objects.update(connection=row)
    sent = {"do": "read", "connection": row.pk}
    page = text_of(cast.client("owner").post("/companies/relationship/", sent, follow=True))
    assert "read for a signed-in user only" in page
    assert "Copy the link from the Partner Center" in page or "copy the link from the Partner Center" in page
