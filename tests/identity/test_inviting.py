"""Inviting: one live invitation, single-use links that are stored nowhere, resend, revoke, bounce, expiry."""

import hashlib
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone
from psycopg import sql
from tests.identity.stage import ANNA, Office, letters, text_in
from tests.web.cast import Cast

from tenantry.audit.events import SYSTEM
from tenantry.audit.models import Event
from tenantry.audit.queries import personal_values
from tenantry.core.invitations import Standing
from tenantry.emulator.mailbox import MailSink
from tenantry.mail import MailSetup
from tenantry.marketplace.invitations.accepting import see_invitation
from tenantry.marketplace.invitations.services import (
    AddressNotConfirmed,
    InvitationRefused,
    expire_invitations,
    note_bounce,
    resend,
    revoke,
)
from tenantry.marketplace.models import Company, CompanyStatus, Invitation, InvitationState, Membership, MembershipState

pytestmark = pytest.mark.usefixtures("mail")


def standing(link: str) -> Standing | None:
    seen = see_invitation(token=link.split("/")[2], visitor=None, now=timezone.now())
    return seen.standing if seen else None


def test_an_invitation_leaves_as_a_letter_whose_link_opens_it(office: Office, sink: MailSink) -> None:
    link = office.invited(sink)
    [letter] = letters(sink)
    assert str(letter["To"]) == f"Anna Berg <{ANNA}>"
    assert str(letter["From"]) == "Northwind <store@tenantry.example>"
    text = text_in(letter)
    assert "Max Owner invites you to join Alpine Ski House at Northwind as administrator." in text
    assert link in text_in(letter, "html")
    assert standing(link) is Standing.SET_UP
    assert office.company().status == CompanyStatus.PENDING


def test_the_database_holds_the_link_s_digest_and_nothing_that_makes_the_link(
    office: Office, sink: MailSink, owner_url: str
) -> None:
    token = office.invited(sink).split("/")[2]
    with psycopg.connect(owner_url) as owner:
        tables = owner.execute("select tablename::text from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in tables:
            holding = sql.SQL("select count(*) from {} t where t::text like %s").format(sql.Identifier(table))
            found = owner.execute(holding, [f"%{token}%"]).fetchone()
            assert (table, found) == (table, (0,))
        stored = owner.execute("select token_hash from marketplace_invitation").fetchone()
    assert stored == (hashlib.sha256(token.encode()).hexdigest(),)


def test_asking_twice_invites_once(office: Office, sink: MailSink) -> None:
    first, second = office.invite(), office.invite()
    assert first.pk == second.pk
    office.send()
    office.send()
    assert len(letters(sink)) == 1


def test_sending_again_kills_the_earlier_link(office: Office, sink: MailSink) -> None:
    old = office.invited(sink)
    with office.scope():
        sent = Invitation.objects.get()
        fresh = resend(invitation_id=sent.pk, actor=office.cast.actor("owner"), now=timezone.now())
    office.send()
    new = office.link(sink)
    assert new != old
    assert standing(old) is Standing.REPLACED
    assert standing(new) is Standing.SET_UP
    assert letters(sink)[0]["Message-ID"] != letters(sink)[1]["Message-ID"]
    assert office.invitation(sent).state == InvitationState.REVOKED
    assert office.invitation(fresh).state == InvitationState.SENT


def test_a_revoked_invitation_is_dead_and_its_company_without_login_again(office: Office, sink: MailSink) -> None:
    link = office.invited(sink)
    with office.scope():
        invitation = Invitation.objects.get()
        for _ in range(2):
            revoke(invitation_id=invitation.pk, actor=office.cast.actor("owner"), now=timezone.now())
    assert standing(link) is Standing.REVOKED
    assert office.company().status == CompanyStatus.WITHOUT_LOGIN
    again = office.invite()
    assert again.pk != invitation.pk


def test_what_was_revoked_before_it_left_never_leaves(office: Office, sink: MailSink) -> None:
    invitation = office.invite()
    with office.scope():
        revoke(invitation_id=invitation.pk, actor=office.cast.actor("owner"), now=timezone.now())
    assert office.send().sent == 0
    assert letters(sink) == []


def test_a_bounce_is_noted_once_it_was_sent(office: Office, sink: MailSink) -> None:
    invitation = office.invite()
    given = {"invitation_id": invitation.pk, "reason": "came\r\nback", "actor": SYSTEM, "now": timezone.now()}
    with office.scope(), pytest.raises(InvitationRefused, match="Only a sent invitation"):
        note_bounce(**given)  # type: ignore[arg-type]  # given once for both
    office.send()
    with office.scope():
        note_bounce(**given)  # type: ignore[arg-type]  # same
    noted = office.invitation(invitation)
    assert (noted.state, noted.problem) == (InvitationState.BOUNCED, "came back")
    assert standing(office.link(sink)) is Standing.SET_UP, "it may have arrived after all"


def test_after_seven_days_the_link_is_dead_and_the_sweep_says_so(office: Office, sink: MailSink) -> None:
    link = office.invited(sink)
    sent_at = timezone.now()
    token = link.split("/")[2]

    def after(days: float) -> Standing | None:
        seen = see_invitation(token=token, visitor=None, now=sent_at + timedelta(days=days))
        return seen.standing if seen else None

    assert (after(6.99), after(7.01)) == (Standing.SET_UP, Standing.EXPIRED)
    with office.scope():
        assert expire_invitations(now=sent_at + timedelta(days=6)) == 0
        assert expire_invitations(now=sent_at + timedelta(days=8)) == 1
        assert expire_invitations(now=sent_at + timedelta(days=8)) == 0
        assert Invitation.objects.get().state == InvitationState.EXPIRED


def test_what_waits_for_a_dead_server_does_not_grow_old(office: Office, no_server: None) -> None:
    office.invite()
    with office.scope():
        assert expire_invitations(now=timezone.now() + timedelta(days=30)) == 0


def test_who_can_t_be_invited_is_refused_with_the_reason(office: Office) -> None:
    nobody = office.person("")
    with pytest.raises(InvitationRefused, match="no e-mail address"):
        office.invite(nobody)
    left = office.person("left@alpine.example", state=MembershipState.INACTIVE)
    with pytest.raises(InvitationRefused, match="deactivated"):
        office.invite(left)
    here = office.person("here@alpine.example", accepted_at=timezone.now())
    with pytest.raises(InvitationRefused, match="accepted an invitation"):
        office.invite(here)
    with office.scope():
        Company.objects.update(status=CompanyStatus.DISABLED)
    with pytest.raises(InvitationRefused, match="disabled"):
        office.invite()
    with office.scope():
        assert Invitation.objects.count() == 0


def test_a_user_name_is_mailed_only_once_a_person_confirmed_it(office: Office, sink: MailSink) -> None:
    upn = office.person("ben@alpine.onmicrosoft.com")
    with pytest.raises(AddressNotConfirmed):
        office.invite(upn)
    office.invite(upn, address_confirmed=True)
    office.send()
    assert len(letters(sink)) == 1


def test_a_corrected_address_kills_the_link_to_the_wrong_one(office: Office, sink: MailSink) -> None:
    link = office.invited(sink)
    other = office.invite(office.person("wrong@alpine.example"))
    with office.scope():
        for membership in Membership.objects.select_related("user"):
            membership.user.email = f"right-{membership.pk}@alpine.example"
            membership.user.save()
    assert standing(link) is Standing.REPLACED
    assert office.send().sent == 0, "nor does a waiting letter go to the wrong address"
    assert office.invitation(other).state == InvitationState.REVOKED


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de-AT", "Einladung öffnen"),
        ("fr", "Ouvrir l\u2019invitation"),
        ("es", "Abrir la invitación"),
        ("pt", "Open the"),
    ],
)
def test_the_letter_is_in_the_recipient_s_language(office: Office, sink: MailSink, language: str, words: str) -> None:
    office.invite(office.person("ben@alpine.example", language=language))
    office.send()
    assert words in text_in(letters(sink)[0])


def test_the_marketplace_s_language_is_that_of_people_whose_own_is_unknown(office: Office, sink: MailSink) -> None:
    with office.scope():
        office.marketplace.language = "de"
        office.marketplace.save()
    office.invite(subject="Willkommen\r\nBcc: x@y.example", greeting="Bis <bald>")
    office.send()
    [letter] = letters(sink)
    assert str(letter["Subject"]) == "Willkommen Bcc: x@y.example"
    assert letter["Bcc"] is None
    assert "Max Owner schreibt:\n> Bis <bald>" in text_in(letter)


def test_the_audit_tells_of_it_without_showing_the_address(office: Office, cast: Cast, mail: MailSetup) -> None:
    office.invite()
    with office.scope():
        event = Event.objects.get(action="marketplace.invitation.created")
        assert ANNA not in str([event.before, event.after, event.target_name, event.reason])
        assert personal_values(event) == {"email": ANNA}
        assert event.actor_name == "Max Owner"
