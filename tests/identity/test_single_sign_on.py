"""Single sign-on against the emulated directory, over real HTTPS: bound by issuer, tenant and subject, nothing else."""

import html
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.identity.stage import ANNA, PASSWORD, Office
from tests.web.reading import text_of

from tenantry.accounts.identities import ProvenIdentity, UnableToBind, attach, bind_identity, release_identity
from tenantry.accounts.models import Account, Identity
from tenantry.accounts.services import create_account
from tenantry.audit.events import SYSTEM
from tenantry.emulator.mailbox import MailSink
from tenantry.emulator.server import Emulator
from tenantry.marketplace.models import MembershipState

pytestmark = pytest.mark.usefixtures("mail")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Browser:
    """Somebody's browser: our pages through Django's client, the provider's over HTTPS."""

    emulator: Emulator
    client: Client

    def leave(self, **form: str) -> str:
        """Press the provider's button; return the provider's address."""
        return place_in(self.client.post("/account/with/microsoft/", form))

    def sign_in_there(self, address: str, person: str) -> str:
        """Sign in at the provider as somebody; return the address of ours that it sends the browser back to."""
        context = ssl.create_default_context(cafile=str(self.emulator.ca_file))
        opener = urllib.request.build_opener(NoRedirect, urllib.request.HTTPSHandler(context=context))
        try:
            opener.open(f"{address}&login_hint={person}%40{self.emulator.directory.domain}", timeout=10).close()
        except urllib.error.HTTPError as answer:
            with answer:
                return str(answer.headers["Location"]).removeprefix("http://localhost")
        raise AssertionError("The provider did not send the browser back.")

    def sign_in(self, person: str, **form: str) -> Any:
        """Go the whole way; return our page at its end."""
        return self.client.get(self.sign_in_there(self.leave(**form), person), follow=True)


def visitor() -> Client:
    """Return a browser on this machine: the emulated directory sends people back to nowhere else."""
    return Client(SERVER_NAME="localhost")


def place_in(page: Any) -> str:
    found = re.search(r'<a class="btn btn-primary" href="([^"]+)"', page.content.decode())
    assert found is not None, text_of(page)
    return html.unescape(found[1])


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(customers=1) as running:
        yield running


@pytest.fixture
def browser(emulator: Emulator, settings: Settings, office: Office) -> Browser:
    web = emulator.web_application
    known = {"fetch_userinfo": False, "preset": "microsoft", "ca_file": str(emulator.ca_file)}
    settings.SIGN_ON_PROVIDERS = [
        {
            "provider_id": "microsoft", "name": "Microsoft", "client_id": web.client_id, "secret": web.secret,
            "settings": {"server_url": f"{emulator.login_url}/organizations/v2.0", **known},
        }
    ]  # fmt: skip
    emulator.switches.set({"user_consent": True})
    return Browser(emulator, visitor())


def account(email: str = ANNA) -> Account:
    return create_account(email=email, name="Anna", password=PASSWORD, is_operator=False, now=timezone.now())


def enter(client: Client, email: str = ANNA) -> None:
    assert client.post("/account/sign-in/", {"login": email, "password": PASSWORD}).status_code == 302


def connect(browser: Browser, person: str) -> Any:
    """Connect from the account page, confirming the password on the way."""
    asked = browser.client.post("/account/with/microsoft/", {"process": "connect"})
    assert asked.headers["Location"].startswith("/account/confirm/")
    page = browser.client.post(asked.headers["Location"], {"password": PASSWORD})
    return browser.client.get(browser.sign_in_there(place_in(page), person), follow=True)


def test_an_identity_that_nobody_bound_signs_nobody_in_even_with_the_right_address(browser: Browser) -> None:
    account(f"anna@{browser.emulator.directory.domain}")
    page = browser.sign_in("anna")
    assert "is not connected to an account here" in text_of(page)
    assert browser.client.get("/account/").status_code == 302
    assert Identity.objects.count() == 0


def test_who_is_signed_in_connects_an_identity_and_signs_in_with_it_from_then_on(browser: Browser) -> None:
    anna = account()
    enter(browser.client)
    assert "You can now sign in as anna@" in text_of(connect(browser, "anna"))
    bound = Identity.objects.get()
    tenant = browser.emulator.partner_tenant_id
    assert (bound.account_id, bound.tenant) == (anna.pk, tenant)
    assert bound.issuer == f"{browser.emulator.login_url}/{tenant}/v2.0"
    other = Browser(browser.emulator, visitor())
    other.sign_in("anna")
    assert other.client.session["_auth_user_id"] == str(anna.pk)
    stranger = Browser(browser.emulator, visitor())
    assert "is not connected" in text_of(stranger.sign_in("ben"))
    bound.refresh_from_db()
    assert bound.last_used_at is not None


def test_an_identity_signs_in_to_one_account_only(browser: Browser) -> None:
    account()
    enter(browser.client)
    connect(browser, "anna")
    account("eve@evil.example")
    eve = Browser(browser.emulator, visitor())
    enter(eve.client, "eve@evil.example")
    assert "signs in to another account already" in text_of(connect(eve, "anna"))
    assert Identity.objects.get().account.email == ANNA


def test_an_invitation_is_accepted_with_an_identity_instead_of_a_password(
    browser: Browser, office: Office, sink: MailSink
) -> None:
    link = office.invited(sink)
    assert "Accept with Microsoft" in text_of(browser.client.get(link))
    page = browser.sign_in("anna", next=link)
    assert "You signed in as anna@" in text_of(page)
    assert office.membership().accepted_at is None, "coming back is no button"
    done = browser.client.post(link, {"name": "Anna Berg"}, follow=True)
    assert "Welcome. You are now administrator" in text_of(done)
    made = Account.objects.get(email=ANNA)
    assert not made.has_usable_password()
    assert office.membership().state == MembershipState.ACTIVE
    again = Browser(browser.emulator, visitor())
    again.sign_in("anna")
    assert again.client.session["_auth_user_id"] == str(made.pk)


def test_an_identity_of_another_account_does_not_accept_for_it(
    browser: Browser, office: Office, sink: MailSink
) -> None:
    eve = account("eve@evil.example")
    enter(browser.client, eve.email)
    connect(browser, "ben")
    link = office.invited(sink)
    fresh = Browser(browser.emulator, visitor())
    assert "This invitation is for somebody else" in text_of(fresh.sign_in("ben", next=link))
    assert office.membership().accepted_at is None


def test_who_declines_there_or_comes_back_with_nonsense_is_told_so(browser: Browser) -> None:
    browser.emulator.switches.set({"user_consent": False})
    assert "Signing in with Microsoft did not work" in text_of(browser.sign_in("anna"))
    for query in ("", "?code=x", "?code=x&state=forged", "?error=access_denied&state=forged"):
        page = browser.client.get(f"/account/with/microsoft/callback/{query}", follow=True)
        assert "Signing in with Microsoft did not work" in text_of(page)
    assert browser.client.get("/account/with/nobody/callback/").status_code == 404
    assert browser.client.post("/account/with/nobody/").status_code == 404


def test_a_provider_that_does_not_answer_is_told(browser: Browser, settings: Settings) -> None:
    provider = settings.SIGN_ON_PROVIDERS[0]
    broken = {**provider["settings"], "server_url": "https://127.0.0.1:1/v2.0"}
    settings.SIGN_ON_PROVIDERS = [{**provider, "settings": broken}]
    page = browser.client.post("/account/with/microsoft/", follow=True)
    assert "does not answer" in text_of(page)


def test_a_token_of_another_issuer_is_refused(browser: Browser, settings: Settings) -> None:
    provider = settings.SIGN_ON_PROVIDERS[0]
    back = browser.sign_in_there(browser.leave(), "anna")
    foreign = {**provider["settings"], "openid_configuration_overrides": {"issuer": "https://evil.example"}}
    settings.SIGN_ON_PROVIDERS = [{**provider, "settings": foreign}]
    assert "did not work" in text_of(browser.client.get(back, follow=True))
    assert Identity.objects.count() == 0


@pytest.mark.usefixtures("office")
def test_the_last_way_to_sign_in_is_not_given_up_and_the_tenant_is_part_of_the_key() -> None:
    now = timezone.now()
    anna = create_account(email=ANNA, name="", password=None, is_operator=False, now=now)
    first = ProvenIdentity("microsoft", "https://issuer", "tenant-1", "subject")
    bound = bind_identity(account_id=anna.pk, proven=first, actor=SYSTEM, now=now)
    assert bind_identity(account_id=anna.pk, proven=first, actor=SYSTEM, now=now).pk == bound.pk
    with pytest.raises(UnableToBind, match="only way"):
        release_identity(account_id=anna.pk, identity_id=bound.pk, actor=SYSTEM, now=now)
    second = ProvenIdentity("microsoft", "https://issuer", "tenant-2", "subject")
    assert attach(account("other@x.example"), second, now=now).pk != bound.pk
    attach(anna, ProvenIdentity("google", "https://google", "", "subject"), now=now)
    release_identity(account_id=anna.pk, identity_id=bound.pk, actor=SYSTEM, now=now)
