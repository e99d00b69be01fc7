"""The invited administrator follows the letter: mailbox, link, password, signed in, company enabled, second factor."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from tests.e2e.conftest import sign_in
from tests.e2e.looking import LOOKS, Look, look_at
from tests.web.cast import Cast

from tenantry.config.mail import mail_setup
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.invitations.sending import send_due
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import Company, CompanyOrigin, CompanyStatus, Invitation, MembershipRole
from tenantry.marketplace.people.services import bring_person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PASSWORD = "a-goat-on-the-roof"


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """A mail server, and an installation in the demo's mode that sends to it and shows what it caught."""
    with MailSink(tmp_path / "mailbox") as running:
        given = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": running.port, "MAILBOX": running.folder, "DEMO": 1}
        for name, value in given.items():
            monkeypatch.setenv(f"TENANTRY_{name}", str(value))
        yield running


@dataclass
class Alpine:
    """A company with an administrator who is not invited yet."""

    pk: int
    membership_id: int


@pytest.fixture
def alpine(cast: Cast) -> Alpine:
    now, actor = timezone.now(), cast.actor("owner")
    with marketplace_scope(cast.northwind.pk):
        draft = CompanyDraft("Alpine Ski House Gesellschaft m.b.H.", "AT")
        company = create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=actor, now=now)
        brought = bring_person(
            company_id=company.pk, email="anna@alpine.example", first_name="Anna", last_name="Berg", phone="",
            language="de", role=MembershipRole.ADMINISTRATOR, origin=CompanyOrigin.BY_HAND, actor=actor, now=now,
        )  # fmt: skip
    return Alpine(company.pk, brought.membership_id)


@pytest.fixture
def _address(sink: MailSink, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say where the pages will be; letters link to it."""
    monkeypatch.setenv("TENANTRY_URL", f"http://127.0.0.1:{free_port}")


def _switch_second_factor_on(page: Page, address: str) -> list[str]:
    page.goto(f"{address}/account/")
    page.get_by_role("link", name="Switch on").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("code.break").inner_text()
    expect(page.locator(".qr img")).to_be_visible()
    page.get_by_label("code").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    return page.locator(".codes code").all_inner_texts()


@pytest.mark.usefixtures("_address", "worker")
def test_from_the_button_to_a_signed_in_administrator_with_a_second_factor(
    browser: Browser, cast: Cast, alpine: Alpine, served: str
) -> None:
    manager = browser.new_context()
    sign_in(manager, served, "owner")
    page = manager.new_page()
    page.goto(f"{served}/companies/{alpine.pk}/")
    page.get_by_role("button", name=re.compile("^Invite")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Invite Anna"))).to_have_count(0)

    invited = browser.new_context()
    page = invited.new_page()
    page.goto(f"{served}/account/sign-in/")
    page.get_by_role("link", name="mailbox").click()
    letter = page.get_by_role("link", name=re.compile("Ihre Einladung zu Alpine"))
    for _ in range(60):
        if letter.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    letter.click()
    page.get_by_role("link", name="As a mail program shows it").click()
    page.get_by_role("link", name="Einladung öffnen").click()
    expect(page.get_by_role("heading", name=re.compile("^Join Alpine"))).to_be_visible()
    link = page.url
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Accept the invitation").click()
    expect(page.get_by_role("heading", name=re.compile("Alpine"))).to_be_visible()
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.get(pk=alpine.pk).status == CompanyStatus.ENABLED
        assert Invitation.objects.get().state == "accepted"

    codes = _switch_second_factor_on(page, served)
    stranger = browser.new_context().new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="This invitation was accepted")).to_be_visible()
    stranger.goto(f"{served}/account/sign-in/")
    stranger.get_by_label("Email").fill("anna@alpine.example")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    stranger.get_by_label("Code").fill(codes[0])
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_text("Anna Berg").first).to_be_visible()


@pytest.fixture
def mail(_address: None, settings: Settings) -> None:
    """Let this process send as the installation does."""
    settings.MAIL = mail_setup()


@pytest.mark.usefixtures("mail")
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_pages_of_identity_fit_are_accessible_and_silent(  # noqa: PLR0917  # fixtures
    look: Look, browser: Browser, sink: MailSink, cast: Cast, alpine: Alpine, web_server: str
) -> None:
    now, actor = timezone.now(), cast.actor("owner")
    with marketplace_scope(cast.northwind.pk):
        invite(membership_id=alpine.membership_id, actor=actor, now=now, greeting="Bis bald!")
    send_due(marketplace_id=cast.northwind.pk, per_hour=9, clock=timezone.now)
    found = re.search(rb"(/invitation/[\w-]+/)", sink.messages()[0].replace(b"=\r\n", b""))
    assert found is not None
    key = next(sink.folder.glob("*.eml")).stem
    link = found[1].decode()
    visits = {
        "anonymous": {
            "sign-in-sso": "/account/sign-in/", "reset": "/account/password/reset/", "accept": link,
            "accept-unknown": "/invitation/x/", "mailbox": "/mailbox/", "mail": f"/mailbox/{key}/",
            "mail-html": f"/mailbox/{key}/html/",
        },
        "owner": {
            "invitations": "/invitations/", "invitations-empty": "/invitations/?tab=ended", "account": "/account/",
            "accept-wrong": link, "password": "/account/password/", "confirm": "/account/second-factor/on/",
        },
    }  # fmt: skip
    assert look_at(browser, web_server, visits, look, only_open="mail-html") == []
