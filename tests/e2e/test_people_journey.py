"""User Sync in the browser: switched on for both providers, counted, run, read about; people invited and linked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from tests.connections.directory_stage import close_kept, google_connection, microsoft_connection
from tests.e2e.conftest import sign_in
from tests.sync.people.stage import PeopleStage, never
from tests.sync.stage import Clock
from tests.web.cast import OPERATOR, PASSWORD, Cast
from tests.web.people import let_in

from tenantry.config.mail import mail_setup
from tenantry.connections.models import CallLine
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.emulator.mailbox import MailSink
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.invitations.sending import send_due
from tenantry.marketplace.models import Company, Invitation, Membership
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.models import Run, UserLink
from tenantry.sync.people.driving import drive_people

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SETTINGS = "/settings/data-sync/"


@pytest.fixture
def people(cast: Cast, emulator_home: Path) -> Iterator[PeopleStage]:
    """Northwind, fed by an emulated Partner Center and an emulated Google; one company is linked to both."""
    now = timezone.now()
    with Emulator(
        customers=4, google_customers=4, limit=0, google_quota=0, people=4, seed=5, home=emulator_home
    ) as running:
        microsoft, google = microsoft_connection(running, now), google_connection(running, now)
        for key in ("people", "graph"):
            CallLine.objects.create(
                key=f"microsoft:global:{microsoft.partner_tenant_id}:{key}", reserved_until=now, per_second=900
            )
        with marketplace_scope(cast.northwind.pk):
            for connection in (microsoft, google):
                add_feed(connection=connection, countries=[], actor=OPERATOR, now=now)
            set_entitlement(user_sync_microsoft=True, user_sync_google=True, actor=OPERATOR, now=now)
        stage = PeopleStage(running, Clock(now), microsoft, cast.northwind.pk, google)
        stage.add(1)
        stage.add(1, google=True, company=stage.companies[1])
        yield stage
        close_kept()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    made: list[BrowserContext] = []
    yield made
    for context in made:
        context.close()


def arrive(browser: Browser, contexts: list[BrowserContext], address: str, who: str = "") -> Page:
    context = browser.new_context(base_url=address)
    context.set_default_timeout(15_000)
    contexts.append(context)
    if who:
        sign_in(context, address, who)
    return context.new_page()


def force(page: Page, people: PeopleStage) -> None:
    """Press *Force user sync* on the company's page, and do what the worker would."""
    page.goto(f"/companies/{people.companies[1]}/")
    page.get_by_role("button", name="Force user sync").click()
    expect(page.get_by_text("The people of this company are being read.")).to_be_visible()
    for connection in (people.microsoft, people.google):
        assert connection is not None
        drive_people(connection.pk, clock=timezone.now, should_stop=never)


def test_a_manager_turns_user_sync_on_for_both_sees_the_count_runs_and_reads_why_somebody_is_skipped(  # fixtures
    browser: Browser, contexts: list[BrowserContext], web_server: str, cast: Cast, people: PeopleStage
) -> None:
    staff = people.emulator.microsoft.people.staff
    staff.join(1, kind="guest", home="gus@elsewhere.example", given="Gus", family="Guest")
    twin = people.emulator.microsoft.people.mail(people.someone(1, 0))
    staff.join(1, kind="guest", home=twin, given="Tim", family="Twin")
    page = arrive(browser, contexts, web_server, "owner")

    page.goto(SETTINGS)
    for name in ("Microsoft 365", "Google Workspace"):
        page.get_by_role("switch", name=f"User Sync from {name}", exact=True).check()
        expect(page.locator("#effect")).to_contain_text(f"{name}: nobody is known yet.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    force(page, people)
    expect(page.locator("main")).to_contain_text(re.compile("done", re.IGNORECASE), timeout=15_000)
    with marketplace_scope(cast.northwind.pk):
        runs = set(Run.objects.filter(kind="people").values_list("connection__provider", "state"))
        assert runs == {("google", "done"), ("microsoft", "done")}
        known = UserLink.objects.filter(ended_at=None, tenant__provider="microsoft").count()
        assert known == 4, "all but the two who share an address"

    page.goto(SETTINGS)
    effect = page.locator("#effect")
    expect(effect).to_contain_text("Microsoft 365: 6 in, 0 out.")
    expect(effect).to_contain_text("Google Workspace: 4 in, 0 out.")
    page.locator("#set-microsoft-no_guests").check()
    expect(effect).to_contain_text(re.compile(r"Microsoft 365: 4 in, 2 out\."))
    expect(effect).to_contain_text(SENTENCES[Reason.GUEST])
    expect(effect).to_contain_text("Gus Guest")
    page.get_by_role("button", name="Discard").click()

    page.goto("/users/directories/")
    page.get_by_role("navigation", name="People by what becomes of them").get_by_role(
        "link", name=re.compile("^Left for a person", re.IGNORECASE)
    ).click()
    page.get_by_role("link", name="Tim Twin", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tim Twin")
    expect(page.get_by_text(SENTENCES[Reason.SHARED_ADDRESS])).to_be_visible()


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, free_port: int) -> Iterator[MailSink]:
    """A mail server that catches what this process sends."""
    with MailSink(tmp_path / "mailbox") as running:
        given = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": running.port, "URL": f"http://127.0.0.1:{free_port}"}
        for name, value in given.items():
            monkeypatch.setenv(f"TENANTRY_{name}", str(value))
        settings.MAIL = mail_setup()
        yield running


def invitation_link(sink: MailSink, email: str) -> str:
    """Return the path that the letter to this address leads to."""
    letters = (each.replace(b"=\r\n", b"") for each in sink.messages())
    letter = next(each for each in letters if f"To: {email}".encode() in each or f"<{email}>".encode() in each)
    found = re.search(rb"(/invitation/[\w-]+/)", letter)
    assert found is not None
    return found[1].decode()


def test_a_company_administrator_invites_two_and_links_a_google_person_and_who_is_invited_signs_in(  # noqa: PLR0917  # fixtures
    browser: Browser, contexts: list[BrowserContext], web_server: str, cast: Cast, people: PeopleStage, sink: MailSink
) -> None:
    google = people.emulator.google
    came = google.people.join(1, given="Ada", family="A.", mailbox="ada.a")
    hired = [
        people.emulator.microsoft.moves.join(1, given=given, family="Neu", mailbox=f"{given.lower()}.neu")
        for given in ("Nora", "Otto")
    ]
    for provider in ("microsoft", "google"):
        people.settle(provider)
    people.run()
    people.run(connection=people.google)
    with marketplace_scope(cast.northwind.pk):
        alpine = Company.objects.get(pk=people.companies[1])
    let_in(cast, alpine, "ada@people.example")
    page = arrive(browser, contexts, web_server, "ada")

    page.goto(f"/company/{alpine.pk}/")
    page.get_by_role("link", name="Look and invite").click()
    expect(page.locator("h1")).to_have_text("People waiting")
    for given in ("Nora", "Otto"):
        page.get_by_role("checkbox", name=f"Choose {given} Neu").check()
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("2 invitations are on the way.")).to_be_visible()

    row = page.get_by_role("row", name=re.compile("Ada A."))
    row.locator("summary").click()
    row.get_by_role("link", name="Is an existing user…").click()
    expect(page.locator("h1")).to_have_text("Which user is Ada A.?")
    page.get_by_label(re.compile("Ada Admin")).check()
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("Linked. From now on the directory keeps that user current.")).to_be_visible()
    with marketplace_scope(cast.northwind.pk):
        linked = UserLink.objects.select_related("membership__user").get(
            person__external_id=google.world.user_id(came), ended_at=None
        )
        assert linked.membership.user.email == "ada@people.example"
        assert Invitation.objects.count() == 2

    send_due(marketplace_id=cast.northwind.pk, per_hour=9, clock=timezone.now)
    nora = people.emulator.microsoft.people.mail(hired[0])
    guest = arrive(browser, contexts, web_server)
    guest.goto(invitation_link(sink, nora))
    guest.get_by_label("Choose a password").fill(PASSWORD)
    guest.get_by_role("button", name="Accept the invitation").click()
    expect(guest.get_by_text("Nora Neu").first).to_be_visible()
    guest.context.clear_cookies()
    guest.goto("/account/sign-in/")
    guest.get_by_label("Email").fill(nora)
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Sign in", exact=True).click()
    expect(guest.get_by_role("heading", name=re.compile(alpine.name))).to_be_visible()
    with marketplace_scope(cast.northwind.pk):
        place = Membership.objects.get(user__email=nora)
        assert (place.state, place.accepted_at is not None) == ("active", True)
