"""Signing in: throttled, telling nothing of who exists; second factors, passwords, sessions, the account page."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings
from tests.identity.stage import ANNA, PASSWORD, Office, letters, text_in
from tests.web.reading import text_of

from tenantry.accounts.models import Account
from tenantry.accounts.password_reset import send_reset_letter
from tenantry.accounts.services import create_account
from tenantry.emulator.mailbox import MailSink

pytestmark = pytest.mark.usefixtures("mail", "office")
_PERIOD = 30


@pytest.fixture
def anna(office: Office) -> Account:
    return create_account(
        email=ANNA, name="Anna", password=PASSWORD, is_operator=False, now=timezone.now(), language="de"
    )


def enter(password: str = PASSWORD, email: str = ANNA, client: Client | None = None) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/account/sign-in/", {"login": email, "password": password})


def code_of(secret: str, *, ahead: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // _PERIOD + ahead)))


def confirmed(client: Client, address: str) -> Any:
    """Open a page that wants the password first."""
    asked = client.get(address)
    assert asked.headers["Location"].startswith("/account/confirm/")
    assert "Incorrect password" in text_of(client.post(asked.headers["Location"], {"password": "wrong"}))
    assert client.post(asked.headers["Location"], {"password": PASSWORD}).status_code == 302
    return client.get(address)


def switch_on(client: Client) -> tuple[str, list[str]]:
    """Switch the authenticator app on; return its secret and the recovery codes."""
    page = confirmed(client, "/account/second-factor/on/")
    assert 'src="data:image/svg+xml' in page.content.decode()
    found = re.search(r'<code class="break">(\w+)</code>', page.content.decode())
    assert found is not None
    assert "Incorrect code" in text_of(client.post("/account/second-factor/on/", {"code": "000000"}))
    codes = client.post("/account/second-factor/on/", {"code": code_of(found[1])}, follow=True)
    return found[1], re.findall(r"<li><code>(\d+)</code></li>", codes.content.decode())


def test_a_wrong_password_and_an_unknown_address_look_the_same(anna: Account) -> None:
    wrong, unknown = (enter("wrong-password")[1], enter("wrong-password", "nobody@nowhere.example")[1])
    strip = re.compile(rb'value="[^"]*"|csrf[^>]*>')
    assert strip.sub(b"", wrong.content) == strip.sub(b"", unknown.content)
    assert "not correct" in text_of(wrong)


def test_guessing_is_throttled_for_every_process(anna: Account) -> None:
    answers = [enter(f"guess-{number}")[1] for number in range(7)]
    assert "Too many failed login attempts" in text_of(answers[-1])
    assert "Too many failed login attempts" in text_of(enter()[1]), "the right password, too, for a while"


def test_a_second_factor_is_asked_for_once_it_is_on_and_a_code_works_once(anna: Account) -> None:
    client, _ = enter()
    secret, codes = switch_on(client)
    assert len(codes) == 10
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert codes[0] not in client.get("/account/second-factor/recovery-codes/").content.decode(), "shown once"
    other, asked = enter()
    assert asked.headers["Location"].startswith("/account/second-factor/code/")
    assert other.get("/account/").status_code == 302, "not signed in before the code"
    code = code_of(secret, ahead=1)
    assert other.post("/account/second-factor/code/", {"code": code}).headers["Location"] == "/"
    third, _ = enter()
    assert "Incorrect code" in text_of(third.post("/account/second-factor/code/", {"code": code}))
    assert third.post("/account/second-factor/code/", {"code": codes[0]}).status_code == 302
    fourth, _ = enter()
    assert "Incorrect code" in text_of(fourth.post("/account/second-factor/code/", {"code": codes[0]}))
    assert "9 left" in text_of(third.get("/account/"))


def test_switching_the_second_factor_off_or_making_new_codes_needs_the_password(anna: Account) -> None:
    client, _ = enter()
    secret, codes = switch_on(client)
    other, _ = enter()
    other.post("/account/second-factor/code/", {"code": codes[0]})
    for address in ("/account/second-factor/off/", "/account/second-factor/recovery-codes/new/"):
        assert other.post(address).headers["Location"].startswith("/account/confirm/")
    assert Authenticator.objects.filter(type="totp").exists()
    confirmed(other, "/account/second-factor/recovery-codes/new/")
    fresh = other.post("/account/second-factor/recovery-codes/new/", follow=True).content.decode()
    assert not any(code in fresh for code in codes)
    other.post("/account/second-factor/off/")
    assert not Authenticator.objects.exists()
    assert enter()[1].headers["Location"] == "/"
    del secret


def test_a_forgotten_password_is_chosen_anew_through_the_mailbox(anna: Account, sink: MailSink) -> None:
    pages = [
        Client().post("/account/password/reset/", {"email": email}, follow=True) for email in (ANNA, "no@no.example")
    ]
    assert text_of(pages[0]) == text_of(pages[1])
    jobs = list(ProcrastinateJob.objects.filter(task_name="tenantry.accounts.tasks.send_password_reset").order_by("id"))
    assert [job.args for job in jobs] == [{"account_id": anna.pk}, {"account_id": 0}], "both pages did the same"
    for job in jobs:
        send_reset_letter(account_id=job.args["account_id"], now=timezone.now())
    [letter] = letters(sink)
    assert "Neues Passwort" in str(letter["Subject"])
    found = re.search(r"http://testserver(\S+)", text_in(letter))
    assert found is not None
    client = Client()
    form = client.get(found[1], follow=True)
    place = form.redirect_chain[-1][0]
    fresh = "a-goat-in-the-cellar"
    done = client.post(place, {"password1": fresh, "password2": fresh}, follow=True)
    assert "Password changed" in text_of(done)
    assert enter()[1].status_code == 200
    assert enter(fresh)[1].status_code == 302
    assert "no longer works" in text_of(Client().get(found[1], follow=True))


def test_who_has_no_password_gets_none_by_mail(office: Office, sink: MailSink) -> None:
    create_account(email=ANNA, name="", password=None, is_operator=False, now=timezone.now())
    Client().post("/account/password/reset/", {"email": ANNA})
    [job] = ProcrastinateJob.objects.filter(task_name="tenantry.accounts.tasks.send_password_reset")
    assert job.args == {"account_id": 0}


def test_changing_the_password_ends_the_other_sessions(anna: Account) -> None:
    here, there = enter()[0], enter()[0]
    fresh = "a-goat-in-the-cellar"
    form = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    assert here.post("/account/password/", form).headers["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_a_person_sees_their_sessions_and_ends_them_and_nobody_else_s(anna: Account, office: Office) -> None:
    here, there = enter()[0], enter()[0]
    other = create_account(email="o@o.example", name="O", password=PASSWORD, is_operator=False, now=timezone.now())
    stranger, _ = enter(email=other.email)
    page = here.get("/account/").content.decode()
    assert page.count('name="session" value="') == 2
    numbers = re.findall(r'name="session" value="(\d+)"', page)
    assert stranger.post("/account/sessions/end/", {"session": numbers[0]}).status_code == 404
    assert there.get("/account/").status_code == 200
    here.post("/account/sessions/end/", {"session": numbers[0]})
    assert there.get("/account/").status_code == 302
    assert here.post("/account/sessions/end/", {"session": "others"}).status_code == 302
    assert stranger.get("/account/").status_code == 200


def test_name_and_language_are_the_person_s_own(anna: Account) -> None:
    client, _ = enter()
    client.post("/account/", {"name": "Anna Maria Berg", "language": "fr"})
    anna.refresh_from_db()
    assert (anna.name, anna.language) == ("Anna Maria Berg", "fr")
    assert "not one of the available choices" in text_of(client.post("/account/", {"name": "x", "language": "xx"}))


def test_passwords_are_hashed_with_argon2(settings: Settings, office: Office) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    made = create_account(email=ANNA, name="", password=PASSWORD, is_operator=False, now=timezone.now())
    assert made.password.startswith("argon2$argon2id$")
