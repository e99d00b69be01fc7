"""What the people of a company see: their own company, and nothing else."""

import re

from django.utils import timezone
from tests.web.cast import Cast
from tests.web.people import add_company, add_people, let_in
from tests.web.reading import text_of

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Invitation, Membership, User


def test_an_administrator_lands_on_the_own_company_with_everybody_in_it(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine", "müller.example")
    client = let_in(cast, company, "ada@alpine.example")
    add_people(company, "eva@alpine.example", name="Eva Maier")
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0] == f"/company/{company.pk}/"
    words = text_of(page)
    for expected in ("Alpine", "Ada Admin (you)", "Eva Maier", "eva@alpine.example", "not invited", "müller.example"):
        assert expected in words, expected
    for hidden in ("Sync", "tenant", "Pending companies", "Operator", "directory"):
        assert hidden not in words.replace("Tenantry", ""), hidden


def test_a_plain_user_sees_whom_to_ask_and_no_list_of_people(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine")
    let_in(cast, company, "ada@alpine.example")
    client = let_in(cast, company, "eva@alpine.example", role="user", name="Eva Maier")
    add_people(company, "ida@alpine.example", name="Ida Huber")
    words = text_of(client.get(f"/company/{company.pk}/"))
    assert "You are User" in words
    assert "Ada Admin" in words
    assert "Ida Huber" not in words


def test_somebody_in_several_companies_chooses(cast: Cast) -> None:
    first, second = add_company(cast.northwind, "Alpine"), add_company(cast.northwind, "Boreal")
    client = let_in(cast, first, "ada@alpine.example")
    let_in(cast, second, "ada@alpine.example", role="user")
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0] == "/company/"
    assert "Alpine You are Company Administrator" in text_of(page)
    add_people(second, "ida@boreal.example", name="Ida Huber")
    assert "Ida Huber" not in text_of(client.get(f"/company/{second.pk}/"))
    assert "Ada Admin" in text_of(client.get(f"/company/{first.pk}/"))


def test_other_companies_do_not_exist_for_people_of_companies(cast: Cast) -> None:
    own, other = add_company(cast.northwind, "Own"), add_company(cast.northwind, "Other")
    foreign = add_company(cast.contoso, "Foreign")
    client = let_in(cast, own, "ada@own.example")
    for pk in (other.pk, foreign.pk, 10**9, 2**70):
        assert client.get(f"/company/{pk}/").status_code == 404
    for address in ("/companies/", f"/companies/{own.pk}/", "/users/", "/companies/export.csv", "/companies/pending/"):
        assert client.get(address).status_code == 403
    assert client.post(f"/companies/{own.pk}/standing/", {"do": "disable"}).status_code == 403


def test_a_claimed_or_deactivated_place_and_a_disabled_company_open_nothing(cast: Cast) -> None:
    own, claiming = add_company(cast.northwind, "Own"), add_company(cast.northwind, "Claiming")
    client = let_in(cast, own, "ada@own.example")
    add_people(claiming, "ada@own.example", role="administrator")
    assert client.get(f"/company/{claiming.pk}/").status_code == 404
    with marketplace_scope(cast.northwind.pk):
        Company.objects.filter(pk=own.pk).update(status="disabled")
    assert client.get(f"/company/{own.pk}/").headers["Location"] == "/"
    assert "nobody has given it a role" in text_of(client.get("/"))
    with marketplace_scope(cast.northwind.pk):
        Company.objects.filter(pk=own.pk).update(status="enabled")
        add = Membership.objects.get(company=own)
    add_people(own, "second@own.example", role="administrator")
    with marketplace_scope(cast.northwind.pk):
        Membership.objects.filter(pk=add.pk).update(state="inactive")
    assert client.get(f"/company/{own.pk}/").headers["Location"] == "/"


def test_the_inviter_s_page_does_not_tell_whether_the_marketplace_knew_an_address(cast: Cast) -> None:
    own, other = add_company(cast.northwind, "Own"), add_company(cast.northwind, "Other")
    client = let_in(cast, own, "ada@own.example")
    add_people(other, "known@other.example", name="Real Name")
    add_people(own, "known@other.example", "newer@other.example", name="Given Name")
    content = client.get(f"/company/{own.pk}/").content.decode()
    rows = [row for row in content.split("<tr>") if "Given Name" in row]
    assert len(rows) == 2
    known, new = (re.sub(r"(known|newer)@|memberships/\d+", "x", row) for row in rows)
    assert known.split("</tr>")[0] == new.split("</tr>")[0]
    assert "Real Name" not in content


def test_staff_who_are_people_of_a_company_too_have_both(cast: Cast) -> None:
    own, other = add_company(cast.northwind, "Own"), add_company(cast.northwind, "Other")
    [brought] = add_people(own, "colleague@people.example", role="administrator", name="Kim Colleague")
    add_people(own, "eva@own.example", name="Eva Maier")
    [stranger] = add_people(other, "ida@other.example", name="Ida Huber")
    client = cast.client("colleague")
    assert "Your company" not in text_of(client.get("/"))
    assert client.get(f"/company/{own.pk}/").status_code == 403
    with marketplace_scope(cast.northwind.pk):
        User.objects.filter(pk=brought.user_id).update(account=cast.accounts["colleague"])
        Membership.objects.filter(pk=brought.membership_id).update(accepted_at=timezone.now(), state="active")
        eva = Membership.objects.get(user__email="eva@own.example").pk
    home = client.get("/")
    assert home.status_code == 200, "staff keep their home"
    for part in ("Home", "Companies", "Your company", "Invitations"):
        assert part in text_of(home)
    page = text_of(client.get("/company/", follow=True))
    assert "Eva Maier" in page
    assert "You are Company Administrator" in page
    assert client.get(f"/company/{other.pk}/").status_code == 404
    client.post(f"/memberships/{stranger.membership_id}/invite/")
    assert "The invitation is on its way" in text_of(client.post(f"/memberships/{eva}/invite/", follow=True))
    add_people(own, "new@own.example", role="administrator")
    with marketplace_scope(cast.northwind.pk):
        assert [each.email for each in Invitation.objects.all()] == ["eva@own.example"]
        Membership.objects.filter(pk=brought.membership_id).update(role="user")
    assert client.get("/invitations/").status_code == 403
    assert "Eva Maier" not in text_of(client.get(f"/company/{own.pk}/"))
