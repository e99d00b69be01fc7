"""Following an invitation's link, through the pages: nobody is taken over, and nothing happens without the button."""

import re

import psycopg
import pytest
from django.test import Client
from django.utils import timezone
from tests.database_content import table_hashes
from tests.identity.stage import ANNA, PASSWORD, Office, add_person, letters
from tests.web.reading import text_of

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.invitations.services import resend, revoke
from tenantry.marketplace.models import (
    Company,
    CompanyOrigin,
    CompanyStatus,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
    MembershipState,
    User,
)

pytestmark = pytest.mark.usefixtures("mail")
FORM = {"name": "Anna Berg", "password": PASSWORD}


def account(email: str) -> Account:
    return create_account(email=email, name="Anna", password=PASSWORD, is_operator=False, now=timezone.now())


def signed_in(somebody: Account) -> Client:
    client = Client()
    client.force_login(somebody, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_somebody_new_sets_a_password_is_signed_in_and_their_company_is_enabled(office: Office, sink: MailSink) -> None:
    link, client = office.invited(sink), Client()
    page = client.get(link)
    assert "Join Alpine Ski House" in text_of(page)
    assert ANNA in text_of(page)
    answer = client.post(link, FORM, follow=True)
    assert "Welcome. You are now administrator of Alpine Ski House at Northwind." in text_of(answer)
    membership = office.membership()
    made = Account.objects.get(email=ANNA)
    assert (membership.user.account_id, membership.state) == (made.pk, MembershipState.ACTIVE)
    assert membership.accepted_at is not None
    assert office.company().status == CompanyStatus.ENABLED
    assert made.check_password(PASSWORD)
    again = Client().post("/account/sign-in/", {"login": ANNA, "password": PASSWORD})
    assert again.status_code == 302


def test_looking_changes_nothing(office: Office, sink: MailSink, owner_url: str) -> None:
    link = office.invited(sink)
    clients = (Client(), office.cast.client("owner"))
    before = table_hashes(owner_url)
    for client in clients:
        for ask in (client.get, client.head, client.get):
            ask(link)
    assert table_hashes(owner_url) == before


def test_the_link_works_once(office: Office, sink: MailSink) -> None:
    link = office.invited(sink)
    Client().post(link, FORM)
    page = Client().get(link)
    assert page.status_code == 410
    assert "This invitation was accepted" in text_of(page)
    thief = Client().post(link, {"name": "Eve", "password": "another-long-password"})
    assert thief.status_code == 410
    assert Account.objects.get(email=ANNA).check_password(PASSWORD)


def test_a_weak_password_or_no_name_is_told_and_the_link_stays_good(office: Office, sink: MailSink) -> None:
    link, client = office.invited(sink), Client()
    assert "too short" in text_of(client.post(link, {"name": "Anna", "password": "short"}))
    assert "too common" in text_of(client.post(link, {"name": "Anna", "password": "password123"}))
    assert "required" in text_of(client.post(link, {"password": PASSWORD}))
    assert not Account.objects.filter(email=ANNA).exists()
    assert client.post(link, FORM).status_code == 302


def test_who_has_an_account_must_sign_in_and_never_gets_a_password_set(office: Office, sink: MailSink) -> None:
    anna = account(ANNA)
    link, client = office.invited(sink), Client()
    page = client.get(link)
    assert "Sign in to accept" in text_of(page)
    assert "Choose a password" not in text_of(page)
    client.post(link, {"name": "Eve", "password": "eves-long-password"})
    anna.refresh_from_db()
    assert (anna.check_password(PASSWORD), anna.name) == (True, "Anna")
    assert office.membership().accepted_at is None
    after = client.post("/account/sign-in/", {"login": ANNA, "password": PASSWORD, "next": link})
    assert after.headers["Location"] == link
    assert "You are signed in as" in text_of(client.get(link))
    client.post(link)
    assert office.membership().user.account_id == anna.pk
    assert office.membership().accepted_at is not None


def test_an_awaited_membership_counts_only_from_the_acceptance_on(office: Office, sink: MailSink) -> None:
    """The address of another company's person: the directory that claims it changes nothing of theirs."""
    client, link = Client(), office.invited(sink)
    client.post(link, FORM)
    with office.scope():
        rival = Company.objects.create(
            marketplace=office.marketplace, name="Rival", origin=CompanyOrigin.SYNC, created_at=timezone.now()
        )
    claimed = office.person(
        ANNA, company=rival, state=MembershipState.AWAITING, role=MembershipRole.ADMINISTRATOR,
        profile_first_name="Not", profile_last_name="Anna",
    )  # fmt: skip
    again = office.invited(sink, claimed)
    assert office.membership(claimed).state == MembershipState.AWAITING
    assert "Sign in to accept" in text_of(Client().get(again))
    client.post(again)
    accepted = office.membership(claimed)
    assert (accepted.state, accepted.user_id) == (MembershipState.ACTIVE, office.membership().user_id)
    anna = Account.objects.get(email=ANNA)
    assert (anna.name, anna.check_password(PASSWORD)) == ("Anna Berg", True)


@pytest.mark.parametrize("who", ["owner", "stranger", "operator"])
def test_a_directory_that_claims_staff_or_an_operator_gets_nothing_of_theirs(
    who: str, office: Office, sink: MailSink, owner_url: str
) -> None:
    victim = office.cast.accounts[who]
    membership = office.person(victim.email, state=MembershipState.AWAITING, profile_first_name="Evil")
    with psycopg.connect(owner_url) as owner:
        before = owner.execute("select to_jsonb(a) from accounts_account a where id = %s", [victim.pk]).fetchone()
        link = office.invited(sink, membership)
        Client().post(link, FORM)
        owner.rollback()
        after = owner.execute("select to_jsonb(a) from accounts_account a where id = %s", [victim.pk]).fetchone()
    assert before == after
    assert office.membership(membership).state == MembershipState.AWAITING
    assert office.membership(membership).user.account_id is None
    eve = signed_in(account("eve@evil.example"))
    assert "for somebody else" in text_of(eve.post(link))
    assert office.membership(membership).state == MembershipState.AWAITING


def test_the_wrong_account_is_told_which_one_is_right_and_can_sign_out_there(office: Office, sink: MailSink) -> None:
    link, eve = office.invited(sink), signed_in(account("eve@evil.example"))
    page = eve.get(link)
    assert "This invitation is for somebody else" in text_of(page)
    assert "eve@evil.example" in text_of(page)
    assert eve.post("/account/sign-out/", {"next": link}).headers["Location"] == link
    assert "Choose a password" in text_of(eve.get(link))


def test_an_account_that_is_somebody_else_here_already_is_not_mixed_up(office: Office, sink: MailSink) -> None:
    anna = account(ANNA)
    other = office.person("other@alpine.example")
    with office.scope():
        User.objects.filter(pk=other.user_id).update(account=anna)
    link = office.invited(sink)
    assert "another person of Northwind" in text_of(signed_in(anna).post(link))
    assert office.membership().user.account_id is None


def test_the_same_person_in_two_marketplaces_has_one_account(office: Office, sink: MailSink) -> None:
    Client().post(office.invited(sink), FORM)
    contoso = office.cast.contoso
    with marketplace_scope(contoso.pk):
        company = Company.objects.create(
            marketplace=contoso, name="Contoso AG", origin=CompanyOrigin.SYNC, created_at=timezone.now()
        )
    there = add_person(contoso, company, ANNA)
    second = Office(office.cast, contoso, company, there)
    link = second.invited(sink)
    assert "Sign in to accept" in text_of(Client().get(link))
    signed_in(Account.objects.get(email=ANNA)).post(link)
    assert second.membership().user.account_id == Account.objects.get(email=ANNA).pk
    assert Account.objects.filter(email=ANNA).count() == 1


@pytest.mark.parametrize(
    ("what", "words", "status"),
    [
        ("expire", "has expired", 410),
        ("revoke", "was taken back", 410),
        ("resend", "There is a newer invitation", 410),
        ("leave", "was taken back", 410),
        ("disable", "Alpine Ski House is disabled", 410),
    ],
)
def test_a_link_that_ended_says_so_with_the_next_step_and_accepts_nothing(
    what: str, words: str, status: int, office: Office, sink: MailSink
) -> None:
    link = office.invited(sink)
    with office.scope():
        invitation = Invitation.objects.get()
        if what == "expire":
            Invitation.objects.update(expires_at=timezone.now())
        elif what == "revoke":
            revoke(invitation_id=invitation.pk, actor=office.cast.actor("owner"), now=timezone.now())
        elif what == "resend":
            resend(invitation_id=invitation.pk, actor=office.cast.actor("owner"), now=timezone.now())
        elif what == "leave":
            office.person("second@alpine.example", role=MembershipRole.ADMINISTRATOR)
            Membership.objects.filter(pk=office.anna.pk).update(state=MembershipState.INACTIVE)
        else:
            Company.objects.update(status=CompanyStatus.DISABLED)
    page = Client().post(link, FORM)
    assert (page.status_code, words in text_of(page)) == (status, True)
    assert not Account.objects.filter(email=ANNA).exists()
    if what == "resend":
        assert ANNA not in text_of(page), "an old link tells nothing of the person"


@pytest.mark.parametrize("token", ["x", "A" * 43, "é" * 43, "../../etc", "%00"])
def test_a_link_that_never_was_looks_like_no_other(token: str, office: Office) -> None:
    page = Client().get(f"/invitation/{token}/")
    assert page.status_code == 404


def test_the_page_keeps_its_address_to_itself(office: Office, sink: MailSink) -> None:
    answer = Client().get(office.invited(sink))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_inviter_sees_the_same_whether_the_address_existed_or_not(office: Office, sink: MailSink) -> None:
    account("known@elsewhere.example")
    known = office.person("known@elsewhere.example", state=MembershipState.AWAITING)
    fresh = office.person("fresh@elsewhere.example")
    for membership in (known, fresh):
        office.invite(membership)
    office.send()
    assert len(letters(sink)) == 2
    page = office.cast.client("owner").get("/invitations/").content.decode()
    rows = [row.replace("known", "NAME").replace("fresh", "NAME") for row in page.split("<tr>")[2:4]]
    strip = [_without_ids(row) for row in rows]
    assert strip[0] == strip[1]
    with office.scope():
        states = set(Invitation.objects.values_list("state", "problem"))
    assert states == {(InvitationState.SENT, "")}


def _without_ids(row: str) -> str:
    row = re.sub(r'value="[^"]{30,}"|/\d+/|datetime="[^"]*"|title="[^"]*"', "", row)
    return row.split("</tr>")[0]
