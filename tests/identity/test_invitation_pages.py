"""The list of invitations and its buttons, for managers and for a company's own administrator; the demo's mailbox."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.identity.stage import ANNA, PASSWORD, Office, letters
from tests.web.reading import counts_in, text_of

from tenantry.emulator.mailbox import MailSink
from tenantry.mail import MailSetup
from tenantry.marketplace.models import (
    Company,
    CompanyOrigin,
    Invitation,
    InvitationState,
    Membership,
)

pytestmark = pytest.mark.usefixtures("mail")


def crowd(office: Office, count: int, company: Company | None = None) -> list[Membership]:
    return [office.person(f"person{number}@alpine.example", company=company) for number in range(count)]


def other_company(office: Office) -> Company:
    with office.scope():
        return Company.objects.create(
            marketplace=office.marketplace, name="Rival", origin=CompanyOrigin.SYNC, created_at=timezone.now()
        )


def test_the_list_shows_filters_and_pages_invitations(office: Office, sink: MailSink) -> None:
    rival = other_company(office)
    client = office.cast.client("owner")
    assert "Nobody is invited" in text_of(client.get("/invitations/"))
    for membership in [*crowd(office, 60), office.person("zoe@rival.example", company=rival)]:
        office.invite(membership)
    page = client.get("/invitations/")
    assert counts_in(page) == {"Open": "61", "Accepted": "0", "Ended": "0"}
    assert "zoe@rival.example" in text_of(page), "the newest come first"
    assert "person0@" not in text_of(page)
    following = page.content.decode().split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "person0@alpine.example" in text_of(client.get(following))
    found = text_of(client.get("/invitations/?q=zoe@rival"))
    assert "zoe@rival.example" in found
    assert "person" not in found.split("Actions")[1]
    assert "1 invitation match" in text_of(client.get(f"/invitations/?company={rival.pk}"))
    assert "Nothing fits these filters" in text_of(client.get("/invitations/?q=nobody"))
    fragment = client.get("/invitations/?tab=ended", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert fragment.headers["HX-Push-Url"] == "/invitations/?tab=ended"


def test_the_list_asks_the_same_whatever_there_is(office: Office, sink: MailSink) -> None:
    client = office.cast.client("owner")

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [
        "/invitations/", "/invitations/?q=person&tab=ended", "/invitations/?tab=accepted",
        f"/invitations/?company={office.alpine.pk}",
    ]  # fmt: skip
    office.invite()
    few = [queries(address) for address in addresses]
    for membership in crowd(office, 60):
        office.invite(membership)
    assert [queries(address) for address in addresses] == few
    assert max(few) <= 25


def test_the_buttons_invite_send_again_take_back_and_note_a_bounce(office: Office, sink: MailSink) -> None:
    client = office.cast.client("owner")
    assert "on its way" in text_of(client.post(f"/memberships/{office.anna.pk}/invite/", follow=True))
    office.send()
    with office.scope():
        first = Invitation.objects.get()
    assert "It bounced" in text_of(client.get("/invitations/"))
    client.post(f"/invitations/{first.pk}/bounced/")
    assert "Max Owner noted that the e-mail came back" in text_of(client.get("/invitations/"))
    client.post(f"/invitations/{first.pk}/resend/")
    with office.scope():
        second = Invitation.objects.latest("pk")
    client.post(f"/invitations/{second.pk}/revoke/")
    assert office.invitation(second).state == InvitationState.REVOKED
    ended = text_of(client.get("/invitations/?tab=ended"))
    assert "replaced by a newer one" in ended
    refused = client.post(f"/invitations/{second.pk}/bounced/", follow=True)
    assert "Only a sent invitation can bounce" in text_of(refused)


def test_a_user_name_is_asked_about_before_it_is_mailed(office: Office, sink: MailSink) -> None:
    upn = office.person("ben@alpine.onmicrosoft.com")
    client = office.cast.client("owner")
    page = client.post(f"/memberships/{upn.pk}/invite/")
    assert "Does this address take mail?" in text_of(page)
    client.post(f"/memberships/{upn.pk}/invite/", {"address_confirmed": "yes"})
    office.send()
    assert len(letters(sink)) == 1


def test_a_company_s_administrator_sees_and_invites_their_own_people_only(office: Office, sink: MailSink) -> None:
    anna, rival = Client(), other_company(office)
    anna.post(office.invited(sink), {"name": "Anna Berg", "password": PASSWORD})
    ours, theirs = office.person("ours@alpine.example"), office.person("theirs@rival.example", company=rival)
    foreign = office.invite(theirs)
    office.invite(ours)
    page = text_of(anna.get("/invitations/"))
    assert "ours@alpine.example" in page
    assert "theirs@" not in page
    for address in (
        f"/memberships/{theirs.pk}/invite/", f"/invitations/{foreign.pk}/resend/", f"/invitations/{foreign.pk}/revoke/",
        f"/invitations/{foreign.pk}/bounced/", "/invitations/999999/revoke/",
    ):  # fmt: skip
        assert anna.post(address).status_code == 404
    assert office.invitation(foreign).state == InvitationState.WAITING
    assert "theirs@" not in text_of(anna.get(f"/invitations/?company={rival.pk}"))
    assert anna.post(f"/memberships/{office.person('new@alpine.example').pk}/invite/").status_code == 302


def test_a_dead_mail_server_shows_on_the_page(
    office: Office, no_server: None, settings: Settings, mail: MailSetup
) -> None:
    client = office.cast.client("owner")
    office.invite()
    office.send()
    page = text_of(client.get("/invitations/"))
    assert "E-mail is not getting through" in page
    assert "does not answer" in page
    assert "tried again" in page
    settings.MAIL = replace(mail, server=None, lacks="No mail server is set up: the operator sets TENANTRY_SMTP_HOST.")
    assert "No e-mail can be sent" in text_of(client.get("/invitations/"))


def test_the_mailbox_shows_what_was_caught_in_the_demo_on_this_machine_only(
    office: Office, sink: MailSink, settings: Settings
) -> None:
    office.invited(sink)
    manager, local = office.cast.client("owner"), {"host": "localhost"}
    key = min(sink.folder.glob("*.eml")).stem
    pages = ["/mailbox/", f"/mailbox/{key}/", f"/mailbox/{key}/html/"]
    settings.ALLOWED_HOSTS = ["*"]

    def statuses(headers: dict[str, str], place: str = "127.0.0.1") -> set[int]:
        return {manager.get(page, headers=headers, REMOTE_ADDR=place).status_code for page in pages}

    assert statuses(local) == {404}
    settings.MAILBOX = sink.folder
    assert statuses(local) == {404}, "not in the demo"
    settings.DEMO = True
    assert statuses(local) == {200}
    assert statuses({"host": "cloud.example.com"}) == {404}
    assert statuses(local, "192.0.2.7") == {404}
    assert statuses({**local, "X-Forwarded-For": "192.0.2.7"}) == {404}
    assert ANNA in text_of(manager.get(pages[1], headers=local))
    assert "script" not in manager.get(pages[2], headers=local).headers["Content-Security-Policy"]
    assert manager.get("/mailbox/..%2Fx/", headers=local).status_code == 404


def test_deactivating_somebody_s_place_revokes_the_invitation_to_it_and_says_so(office: Office, sink: MailSink) -> None:
    office.person("second@alpine.example", role="administrator")
    link = office.invited(sink)
    client = office.cast.client("owner")
    change = f"/companies/{office.alpine.pk}/people/{office.anna.pk}/"
    page = text_of(client.post(change, {"do": "deactivate"}, follow=True))
    assert f"The invitation to {ANNA} is revoked: its link no longer works." in page
    with office.scope():
        assert Invitation.objects.get().state == InvitationState.REVOKED
        assert Company.objects.get(pk=office.alpine.pk).status == "without_login"
    assert "taken back" in text_of(Client().get(link))
    client.post(change, {"do": "reactivate"})
    assert office.send().sent == 0
    assert "Saved." in text_of(client.post(change, {"do": "deactivate"}, follow=True)), "nothing was left to revoke"
    office.invite(waiting := office.person("third@alpine.example"))
    client.post(f"/companies/{office.alpine.pk}/people/{waiting.pk}/", {"do": "deactivate"})
    assert (office.send().sent, len(letters(sink))) == (0, 1), "what waits does not leave any more"
