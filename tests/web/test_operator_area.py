"""Everything that an operator does in the browser: marketplaces, staff, feeds, switches, sharing groups."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.identity.stage import letters, text_in
from tests.web.cast import OPERATOR, Cast, switch_on
from tests.web.reading import text_of
from tests.web.stage import Stage, customers
from tests.web.test_query_counts import queries

from tenantry.accounts.models import Account
from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.core.permissions import Role
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.mail import MailServer, MailSetup, Person, Tls
from tenantry.marketplace.models import Marketplace, SharingGroup, StaffRole
from tenantry.marketplace.services import create_marketplace
from tenantry.marketplace.staff_letters import send_staff_letter_now
from tenantry.sync.deciding.reasons import IGNORE_REASONS
from tenantry.sync.deciding.services import ignore_pending
from tenantry.sync.models import Entitlement, Feed


@pytest.fixture
def operator(cast: Cast) -> Client:
    return cast.client("operator")


def place(cast: Cast, rest: str = "") -> str:
    return f"/operator/marketplaces/{cast.northwind.pk}/{rest}"


def actions(cast: Cast) -> list[str]:
    with marketplace_scope(cast.northwind.pk):
        return list(Event.objects.order_by("id").values_list("action", flat=True))


def test_a_marketplace_is_made_renamed_and_found(cast: Cast, operator: Client) -> None:
    answer = operator.post("/operator/marketplaces/add/", {"name": " Fabrikam <3 ", "language": "de"}, follow=True)
    assert "Fabrikam <3 is there. Next: let a connection feed it" in text_of(answer)
    pk = int(answer.redirect_chain[-1][0].split("/")[-2])
    operator.post(f"/operator/marketplaces/{pk}/edit/", {"name": "Fabrikam", "language": "fr"})
    with marketplace_scope(pk):
        row = Marketplace.objects.get()
        assert (row.name, row.language) == ("Fabrikam", "fr")
    page = text_of(operator.get("/operator/marketplaces/?q=FABRI"))
    assert "Fabrikam" in page
    assert "Contoso" not in page
    assert "No marketplace has this name" in text_of(operator.get("/operator/marketplaces/?q=zzz"))


@pytest.mark.parametrize("given", [{"name": "  ", "language": "de"}, {"name": "X", "language": "tlh"}, {}])
def test_a_marketplace_without_a_name_or_language_is_not_made(
    cast: Cast, operator: Client, given: dict[str, str]
) -> None:
    assert operator.post("/operator/marketplaces/add/", given).status_code == 422
    assert operator.post(place(cast, "edit/"), given).status_code == 422


def test_each_look_into_a_marketplace_is_on_its_record_and_on_no_other_s(cast: Cast, operator: Client) -> None:
    before = len(actions(cast))
    for rest in ("", f"feeds/{cast.connection.pk}/", ""):
        assert operator.get(place(cast, rest)).status_code == 200
    assert actions(cast)[before:] == ["marketplace.access.operator_looked"] * 3
    with marketplace_scope(cast.contoso.pk):
        assert not Event.objects.filter(action="marketplace.access.operator_looked").exists()
    for pk in (10**6, 2**70):
        assert operator.get(f"/operator/marketplaces/{pk}/").status_code == 404


def test_somebody_new_gets_a_link_once_sets_a_password_and_signs_in(cast: Cast, operator: Client) -> None:
    given = {"email": "New@People.example", "name": "Noa New", "role": "sales support", "send": "show"}
    answer = operator.post(place(cast, "staff/"), given)
    link = re.findall(r"http://testserver(/account/first-password/[^<\"]+/)", answer.content.decode())[0]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "has not set a password yet" in text_of(operator.get(place(cast)))
    visitor = Client()
    for _ in range(2):  # opening it changes nothing: mail scanners open it too
        page = visitor.get(link, follow=True)
        assert "Set your password" in text_of(page)
    chosen = {"new_password1": "correct-horse-battery", "new_password2": "correct-horse-battery"}
    weak = {"new_password1": "123", "new_password2": "123"}
    assert "at least 10 characters" in text_of(visitor.post(page.request["PATH_INFO"], weak))
    assert "Your password is set" in text_of(visitor.post(page.request["PATH_INFO"], chosen, follow=True))
    assert "This link no longer works" in text_of(Client().get(link, follow=True))
    assert visitor.login(email="new@people.example", password="correct-horse-battery")
    assert "Northwind" in text_of(visitor.get("/"))


def test_the_link_leaves_by_e_mail_from_the_queue_until_there_is_a_password(
    cast: Cast, operator: Client, settings: Settings, tmp_path: Path, owner_url: str
) -> None:
    with MailSink(tmp_path / "mailbox") as sink:
        server = MailServer("127.0.0.1", sink.port, Tls.NONE)
        settings.MAIL = MailSetup(server, Person("store@tenantry.example"), "http://testserver")
        given = {"email": "new@people.example", "name": "Noa", "role": "marketplace manager", "send": "mail"}
        answer = operator.post(place(cast, "staff/"), given, follow=True)
        assert "The e-mail with the link leaves from the queue" in text_of(answer)
        with psycopg.connect(owner_url) as owner:
            jobs = owner.execute("select args from procrastinate_jobs where task_name like %s", ["%staff_letter"])
            [(arguments,)] = jobs.fetchall()
        assert send_staff_letter_now(**arguments, now=timezone.now())
        [letter] = letters(sink)
        assert letter["To"] == "Noa <new@people.example>"
        assert "Olga Operator has given you access to Northwind." in text_in(letter)
        assert "http://testserver/account/first-password/" in text_in(letter)
        for job in (7, 7, 8):  # a sender that was killed in the act: its job comes back and sends once more
            assert send_staff_letter_now(**arguments, now=timezone.now(), job_id=job)
        first, again, other = (each["Message-ID"] for each in letters(sink)[1:])
        assert first == again != other
        account = Account.objects.get(email="new@people.example")
        account.set_password("correct-horse-battery")
        account.save()
        assert not send_staff_letter_now(**arguments, now=timezone.now())
    with marketplace_scope(cast.northwind.pk):
        staff = StaffRole.objects.get(account=account)
    answer = operator.post(place(cast, f"staff/{staff.pk}/link/"), {"send": "show"}, follow=True)
    assert "has a password already, so no link is given out" in text_of(answer)


def test_where_no_e_mail_can_leave_the_link_is_shown_with_the_reason(
    cast: Cast, operator: Client, settings: Settings
) -> None:
    settings.MAIL = MailSetup(None, Person("store@tenantry.example"), "", "Nobody set a mail server up.")
    given = {"email": "new@people.example", "role": "marketplace manager", "send": "mail"}
    page = text_of(operator.post(place(cast, "staff/"), given))
    assert "Nobody set a mail server up. So here is the link." in page
    assert "/account/first-password/" in page


def test_who_has_an_account_gets_the_role_and_no_link_and_keeps_name_and_password(cast: Cast, operator: Client) -> None:
    before = cast.accounts["stranger"].password
    given = {"email": "stranger@people.example", "name": "Other", "role": "customer support", "send": "mail"}
    assert "works in Northwind from the next click on" in text_of(
        operator.post(place(cast, "staff/"), given, follow=True)
    )
    account = Account.objects.get(email="stranger@people.example")
    assert (account.name, account.password) == ("Sam Stranger", before)
    again = operator.post(place(cast, "staff/"), given)
    assert again.status_code == 422
    assert "works here already, as customer support" in text_of(again)


def test_a_role_is_changed_and_taken_away_with_the_next_click(cast: Cast, operator: Client) -> None:
    with marketplace_scope(cast.northwind.pk):
        staff = StaffRole.objects.get(account=cast.accounts["owner"])
    owner = cast.client("owner")
    operator.post(place(cast, f"staff/{staff.pk}/role/"), {"role": "sales support"})
    assert owner.get("/settings/data-sync/").status_code == 403
    assert operator.post(place(cast, f"staff/{staff.pk}/role/"), {"role": "operator"}).status_code == 400
    assert "Remove Max Owner from Northwind?" in text_of(operator.get(place(cast, f"staff/{staff.pk}/remove/")))
    operator.post(place(cast, f"staff/{staff.pk}/remove/"))
    assert "nobody has given it a role" in text_of(owner.get("/"))
    assert actions(cast)[-1] == "marketplace.staff.role_removed"
    with marketplace_scope(cast.contoso.pk):
        theirs = StaffRole.objects.get()
    assert operator.post(place(cast, f"staff/{theirs.pk}/remove/")).status_code == 404


def test_switches_are_saved_and_say_what_they_need(cast: Cast, operator: Client) -> None:
    operator.post(place(cast, "switches/"), {"company_sync": "on", "link_company": "on"})
    with marketplace_scope(cast.northwind.pk):
        row = Entitlement.objects.get()
        assert (row.company_sync, row.link_company) == (True, True)
    operator.post(place(cast, "switches/"), {})
    assert "Ask the operator" in text_of(cast.client("owner").get("/settings/data-sync/"))
    operator.post(place(cast, f"feeds/{cast.connection.pk}/remove/"))
    page = operator.get(place(cast))
    assert "needs a Microsoft connection with its application's ID and kind" in text_of(page)
    assert re.search(r'name="company_sync" disabled', page.content.decode())
    refused = operator.post(place(cast, "switches/"), {"company_sync": "on"}, follow=True)
    assert "needs a Microsoft connection" in text_of(refused)


def test_a_feed_shows_its_effect_in_numbers_before_it_is_saved(cast: Cast, stage: Stage, operator: Client) -> None:
    stage.sync([*customers(5), *customers(2, country="DE")])
    address = place(cast, f"feeds/{cast.connection.pk}/")
    assert "Effect of the saved filter" in text_of(operator.get(address))
    given = {"countries": "de", "do": "judge"}
    page = text_of(operator.post(address, given))
    assert "Effect of what you typed" in page
    assert "Customer tenants seen 7 Pass 2 Kept out 5 Wait for details 0 Become pending 0" in page
    assert "Are withdrawn 5" in page
    with marketplace_scope(cast.northwind.pk):
        assert Feed.objects.get().countries == []
    assert "the next sync goes by this filter" in text_of(operator.post(address, {**given, "do": "save"}, follow=True))
    assert "Lets through country: Germany" in text_of(operator.get(place(cast)))
    wrong = operator.post(address, {"countries": "Germany", "domains": "<b>", "do": "save"})
    assert wrong.status_code == 422
    assert "is no country code" in text_of(wrong)
    with marketplace_scope(cast.northwind.pk):
        assert Feed.objects.get().countries == ["DE"]


def test_the_last_feed_of_an_enabled_marketplace_is_not_taken_away(cast: Cast, operator: Client) -> None:
    address = place(cast, f"feeds/{cast.connection.pk}/remove/")
    assert "Stop Partner Center EU feeding Northwind?" in text_of(operator.get(address))
    assert "the last connection that Company Sync can use" in text_of(operator.post(address, follow=True))


def test_sharing_groups_are_made_filled_and_removed(cast: Cast, operator: Client) -> None:
    operator.post("/operator/sharing/", {"name": "Sisters"})
    group = SharingGroup.objects.get()
    address = f"/operator/sharing/{group.pk}/"
    both = [cast.northwind.pk, cast.contoso.pk]
    page = text_of(operator.post(address, {"name": "Sisters & Co", "member": [*both, 10**9, "x"]}, follow=True))
    assert "2 marketplaces changed" in page
    assert "Sisters & Co Contoso, Northwind" in page
    assert "In the sharing group Sisters & Co" in text_of(operator.get(place(cast)))
    operator.post(address, {"name": "Sisters & Co", "member": both[:1]})
    with marketplace_scope(cast.contoso.pk):
        assert Marketplace.objects.get().sharing_group_id is None
        assert Event.objects.filter(action="marketplace.sharing_group.left").count() == 1
    taken = operator.post("/operator/sharing/", {"name": "Sisters & Co"})
    assert "There is a sharing group named" in text_of(taken)
    assert "(Northwind)" in text_of(operator.get(f"{address}remove/"))
    operator.post(f"{address}remove/")
    assert not SharingGroup.objects.exists()
    assert operator.get(address).status_code == 404


def test_a_decision_elsewhere_shows_only_where_it_may(cast: Cast, stage: Stage, operator: Client) -> None:
    switch_on(cast.contoso)
    stage.sync(customers(1))
    theirs = Stage(cast.contoso, cast.connection).pending()
    with marketplace_scope(cast.contoso.pk):
        ignore_pending(
            pending_id=theirs.pk, seen_version=None, reason_key=next(iter(IGNORE_REASONS)), reason="secret reason",
            actor=cast.actor("stranger"), now=theirs.changed_at,
        )  # fmt: skip
    address = f"/companies/pending/{stage.pending().pk}/"
    assert "Contoso" not in text_of(cast.client("owner").get(address))
    group = SharingGroup.objects.create(name="Sisters", created_at=theirs.changed_at)
    operator.post(f"/operator/sharing/{group.pk}/", {"name": "Sisters", "member": [cast.northwind.pk, cast.contoso.pk]})
    page = text_of(cast.client("owner").get(address))
    assert "Contoso ignored this tenant" in page
    assert "secret reason" not in page
    assert "Sam Stranger" not in page


@pytest.mark.parametrize("page", ["/operator/marketplaces/", "/operator/sharing/", "/operator/"])
def test_the_operator_s_lists_page_and_ask_the_same_whatever_there_is(page: str, cast: Cast, operator: Client) -> None:
    few = queries(operator, page)
    groups = [SharingGroup(name=f"Group {number:03}", created_at=cast.northwind.created_at) for number in range(70)]
    SharingGroup.objects.bulk_create(groups)
    for number in range(60):
        _marketplace(f"Place {number:03}", cast)
    assert queries(operator, page) == few
    if page != "/operator/":
        first = operator.get(page)
        after = re.findall(r'href="([^"]+after=\d+)"', first.content.decode())[-1]
        second = operator.get(page + after[after.index("?") :].replace("&amp;", "&"))
        assert "Previous" in text_of(second)
        assert "Place 059" in text_of(second) or "Group 069" in text_of(second)


def test_the_operator_s_single_pages_ask_the_same_whatever_there_is(cast: Cast, operator: Client) -> None:
    group = SharingGroup.objects.create(name="Sisters", created_at=cast.northwind.created_at)
    connection = f"/operator/connections/{cast.connection.pk}/"
    pages = [
        place(cast), place(cast, f"feeds/{cast.connection.pk}/"), connection, f"{connection}edit/",
        f"/operator/sharing/{group.pk}/",
    ]  # fmt: skip
    few = [queries(operator, page) for page in pages]
    everywhere = {
        "provider": "microsoft", "cloud": cast.connection.cloud, "settings": cast.connection.settings,
        "created_at": cast.connection.created_at,
    }  # fmt: skip
    others = [Connection(uid=uuid4(), name=f"Center {number}", **everywhere) for number in range(25)]
    Connection.objects.bulk_create(others)
    since = cast.northwind.created_at
    people = [Account(email=f"p{number}@people.example", name="P", created_at=since) for number in range(25)]
    Account.objects.bulk_create(people)
    with marketplace_scope(cast.northwind.pk):
        for number, (other, account) in enumerate(zip(others, people, strict=True)):
            StaffRole.objects.create(
                marketplace=cast.northwind, account=account, role=Role.SALES_SUPPORT.value, created_at=since
            )
            if number % 2:
                Feed.objects.create(
                    marketplace=cast.northwind, connection=other, countries=["AT", "DE"], created_at=since
                )
    for number in range(20):
        made = _marketplace(f"Place {number:03}", cast)
        with marketplace_scope(made.pk):
            Feed.objects.create(marketplace=made, connection=cast.connection, created_at=since)
            Marketplace.objects.filter(pk=made.pk).update(sharing_group=group)
    assert [queries(operator, page) for page in pages] == few
    assert max(few) <= 30


def _marketplace(name: str, cast: Cast) -> Any:
    return create_marketplace(name=name, actor=OPERATOR, now=cast.northwind.created_at)
