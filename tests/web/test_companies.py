"""Companies on the pages: the list, the page of one, and what managers change there."""

import csv
import io
from typing import Any

import pytest
from tests.web.cast import Cast
from tests.web.people import add_companies, add_company, add_people
from tests.web.reading import counts_in, names_in, text_of
from tests.web.stage import Customer, Stage

from tenantry.audit.models import Event
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, DomainDraft
from tenantry.marketplace.models import Company, CompanyDomain, Membership, User
from tenantry.marketplace.services import give_role
from tenantry.sync.links import link_tenant

LIST = "/companies/"


def _post(cast: Cast, address: str, who: str = "owner", **fields: Any) -> Any:
    return cast.client(who).post(address, fields, follow=True)


def _here(cast: Cast) -> list[Company]:
    with marketplace_scope(cast.northwind.pk):
        return list(Company.objects.order_by("pk"))


def test_companies_are_listed_found_filtered_and_counted(cast: Cast) -> None:
    alpine = add_company(cast.northwind, "Alpine Ski House", "alpine.example", "müller.example")
    add_company(cast.northwind, "Café Zürich", country="CH")
    add_company(cast.contoso, "Stranger's Company", "alpine.example")
    add_people(alpine, "eva@alpine.example", role="administrator")
    client = cast.client("owner")
    page = client.get(LIST)
    assert names_in(page) == ["Alpine Ski House", "Café Zürich"]
    assert counts_in(page)["All"] == "2"
    assert counts_in(page)["Needs administrator"] == "1"
    assert names_in(client.get(LIST + "?tab=needs-administrator")) == ["Café Zürich"]
    for query in ("q=alp+ski", "q=alpine.example", "q=müller.ex", "country=at", "sort=-created&country=AT"):
        assert names_in(client.get(f"{LIST}?{query}")) == ["Alpine Ski House"], query
    assert names_in(client.get(LIST + "?sort=-name")) == ["Café Zürich", "Alpine Ski House"]
    assert "Nothing fits these filters" in text_of(client.get(LIST + "?q=nowhere"))
    assert "No company is disabled" in text_of(client.get(LIST + "?tab=disabled"))
    assert names_in(client.get(LIST + "?origin=%00&country=zzz&sort=odd&tab=odd&after=x")) == [
        "Alpine Ski House", "Café Zürich"
    ]  # fmt: skip
    fragment = client.get(LIST + "?q=alpine", headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert fragment["HX-Push-Url"] == "/companies/?q=alpine"


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    add_companies(cast.northwind, [CompanyDraft(f"Company {number:03}") for number in range(120)])
    client, seen, address = cast.client("owner"), [], LIST
    while address:
        page = client.get(address)
        seen += names_in(page)
        address = page.context["pager"]["next_url"]
    assert seen == [f"Company {number:03}" for number in range(120)]


def test_an_export_has_what_the_filters_leave_and_nothing_that_calculates(cast: Cast) -> None:
    names = ["=cmd|' /C calc'!A0", "+41 44", "-2+3", "@SUM(A1)", " =1+1", 'Quote"s; and, commas', "Plain", "\uff1d1"]
    add_companies(cast.northwind, [CompanyDraft(name, country="AT") for name in names])
    add_company(cast.northwind, "Elsewhere", country="DE")
    answer = cast.client("colleague").get("/companies/export.csv?country=AT")
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a file answer
    rows = list(csv.DictReader(io.StringIO(content)))
    assert len(rows) == len(names)
    assert not [row["name"] for row in rows if row["name"].lstrip()[0] in "=+-@\uff1d"]
    assert {row["name"].lstrip("'").strip() for row in rows} == {name.strip() for name in names}
    assert {row["needs administrator"] for row in rows} == {"yes"}


def test_the_page_of_a_company_shows_what_is_known_and_names_that_are_odd_as_they_are(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Contoso Tenant", "contoso.example")])
    company = add_company(cast.northwind, '<script>alert("x")</script> & Søn', "xn--mller-kva.example")
    [eva] = add_people(company, "eva@contoso.example", name="Eva\u200e Maier", role="administrator")
    tenant = stage.pending().tenant
    with marketplace_scope(cast.northwind.pk):
        link_tenant(
            connection=cast.connection, external_id=tenant.external_id, company=company, reason="",
            actor=cast.actor("owner"), now=company.created_at,
        )  # fmt: skip
    page = cast.client("owner").get(f"/companies/{company.pk}/")
    assert b"<script>alert" not in page.content
    words = text_of(page)
    for expected in ("müller.example", "Eva", "eva@contoso.example", "Company Administrator", "not invited",
                     "Contoso Tenant", tenant.external_id, "without login", "Person added"):  # fmt: skip
        assert expected in words, expected
    assert f"/users/{eva.user_id}/" in page.content.decode()


def test_support_reads_and_finds_nothing_to_change(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    add_people(company, "eva@alpine.example")
    page = cast.client("colleague").get(f"/companies/{company.pk}/")
    content = page.content.decode()
    for word in ("/edit/", "/people/new/", "/standing/", "/domains/", 'name="do"', "New company"):
        assert word not in content
    assert "New company" not in cast.client("colleague").get(LIST).content.decode()
    assert _post(cast, f"/companies/{company.pk}/edit/", "colleague", name="Hacked").status_code == 403
    assert [each.name for each in _here(cast)] == ["Alpine"]


def test_a_company_is_created_by_hand(cast: Cast) -> None:
    page = _post(
        cast, "/companies/new/", name="Müller & Söhne", country="DE", line1="Weg 1", city="Ulm",
        domains="müller.example\nb.example", contact_name="Eva", contact_email="Eva@Muller.example",
    )  # fmt: skip
    assert "Müller & Söhne is created" in text_of(page)
    [company] = _here(cast)
    assert (company.address, company.contact_email, company.origin) == (
        {"line1": "Weg 1", "city": "Ulm"}, "eva@muller.example", "by_hand"
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        assert {row.domain for row in company.domains.all()} == {"xn--mller-kva.example", "b.example"}


def test_what_can_t_be_is_said_beside_its_field_and_creates_nothing(cast: Cast) -> None:
    fields = {
        "name": "Exe\u202egnp",
        "website": "javascript:alert(1)",
        "domains": "not..good",
        "contact_email": "nobody",
    }
    words = text_of(_post(cast, "/companies/new/", **fields))
    for sentence in ("U+202E", "not the address of a web site", "is not a domain", "is not an e-mail address"):
        assert sentence in words
    assert "This field is required" in text_of(_post(cast, "/companies/new/", name="  "))
    add_companies(cast.northwind, [CompanyDraft("First", external_id="X-1")])
    assert "Another company of this marketplace" in text_of(_post(cast, "/companies/new/", name="B", external_id="X-1"))
    assert [each.name for each in _here(cast)] == ["First"]


def test_somebody_about_to_create_what_is_here_or_waits_is_warned_once(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Fabrikam AG", "fabrikam.example")])
    add_company(cast.northwind, "FABRIKAM ag", "other.example")
    warned = _post(cast, "/companies/new/", name="Fabrikam AG", domains="")
    words = text_of(warned)
    assert "This may be here already" in words
    assert "FABRIKAM ag company" in words
    assert "Fabrikam AG pending company" in words
    assert len(_here(cast)) == 1
    more = _post(cast, "/companies/new/", name="Something", domains="fabrikam.example", seen="c1")
    assert "This may be here already" in text_of(more)
    created = _post(cast, "/companies/new/", name="Fabrikam AG", seen=warned.context["seen"])
    assert "is created" in text_of(created)


def test_an_edit_writes_what_was_changed_and_a_stale_one_nothing(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine", phone="1")
    edit = f"/companies/{company.pk}/edit/"
    shown = {"initial-name": "Alpine", "initial-country": "AT", "initial-phone": "1"}
    with marketplace_scope(cast.northwind.pk):  # a sync fills in what the form does not show yet
        Company.objects.filter(pk=company.pk).update(website="https://alpine.example")
    page = _post(cast, edit, **shown, name="Alpine GmbH", country="AT", phone="1", city="Wien", seen_version=0)
    assert "Saved." in text_of(page)
    assert "name from Alpine to Alpine GmbH" in text_of(page)
    [now_is] = _here(cast)
    assert (now_is.name, now_is.website, now_is.address) == ("Alpine GmbH", "https://alpine.example", {"city": "Wien"})
    stale = _post(cast, edit, **shown, name="Other", country="AT", phone="1", seen_version=0)
    assert stale.status_code == 409
    assert "Max Owner changed this company meanwhile" in text_of(stale)
    assert _post(cast, edit, name="X", seen_version="-1").status_code == 400
    assert "longer than 60" in text_of(_post(cast, edit, **shown, name="Alpine", phone="9" * 70, seen_version=1))
    assert _here(cast)[0].name == "Alpine GmbH"


def test_a_company_is_disabled_with_a_reason_and_enabled_again(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine")
    standing = f"/companies/{company.pk}/standing/"
    page = _post(cast, standing, do="disable", reason="Has not paid")
    assert "Has not paid" in text_of(page)
    assert _here(cast)[0].status == "disabled"
    _post(cast, standing, do="disable")
    _post(cast, standing, do="enable")
    assert _here(cast)[0].status == "without_login"
    assert _post(cast, standing, do="explode").status_code == 400
    with marketplace_scope(cast.northwind.pk):
        assert Event.objects.filter(action="marketplace.company.disabled").count() == 1


def test_domains_are_added_and_removed(cast: Cast) -> None:
    company, other = add_company(cast.northwind, "Alpine"), add_company(cast.northwind, "Other", "other.example")
    assert "The domain is added" in text_of(_post(cast, f"/companies/{company.pk}/domains/", domain="Alpine.example"))
    assert "already" in text_of(_post(cast, f"/companies/{company.pk}/domains/", domain="alpine.example"))
    assert "is not a domain" in text_of(_post(cast, f"/companies/{company.pk}/domains/", domain="<b>"))
    with marketplace_scope(cast.northwind.pk):
        own, foreign = (CompanyDomain.objects.get(company=each).pk for each in (company, other))
    assert _post(cast, f"/companies/{company.pk}/domains/{foreign}/remove/").status_code == 404
    assert "The domain is removed" in text_of(_post(cast, f"/companies/{company.pk}/domains/{own}/remove/"))
    with marketplace_scope(cast.northwind.pk):
        assert [row.pk for row in CompanyDomain.objects.all()] == [foreign]


def test_people_are_added_promoted_and_put_away_and_the_last_administrator_stays(cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine")
    add = f"/companies/{company.pk}/people/new/"
    assert 'value="administrator" selected' in cast.client("owner").get(add).content.decode()
    for email, role in (("eva@alpine.example", "administrator"), ("ida@alpine.example", "user")):
        assert f"{email} is added, and not invited yet" in text_of(
            _post(cast, add, email=email, role=role, last_name="X")
        )
    assert "in this company already" in text_of(_post(cast, add, email="EVA@alpine.example", role="user"))
    assert "is not an e-mail address" in text_of(_post(cast, add, email="eva@", role="user"))
    with marketplace_scope(cast.northwind.pk):
        eva, ida = Membership.objects.order_by("pk")

    def change(membership: Membership, do: str) -> str:
        return text_of(_post(cast, f"/companies/{company.pk}/people/{membership.pk}/", do=do))

    assert "Nothing was changed: This is the last administrator" in change(eva, "deactivate")
    assert "Nothing was changed: This is the last administrator" in change(eva, "make-user")
    assert "Saved." in change(ida, "make-administrator")
    assert "Saved." in change(eva, "deactivate")
    assert "was deactivated in this company" in text_of(_post(cast, add, email="eva@alpine.example", role="user"))
    assert "Saved." in change(eva, "reactivate")
    assert _post(cast, f"/companies/{company.pk}/people/{eva.pk}/", do="explode").status_code == 400
    other = add_company(cast.northwind, "Other")
    assert _post(cast, f"/companies/{other.pk}/people/{eva.pk}/", do="deactivate").status_code == 404


def test_adding_somebody_known_looks_the_same_as_adding_somebody_new(cast: Cast) -> None:
    own, other = add_company(cast.northwind, "Own"), add_company(cast.northwind, "Other")
    add_people(other, "known@other.example", name="Known Person")
    pages = []
    for email in ("known@other.example", "new@other.example", cast.accounts["operator"].email):
        page = _post(
            cast, f"/companies/{own.pk}/people/new/", email=email, role="user", first_name="Any", last_name="Name"
        )
        pages.append(text_of(page).replace(email, "somebody"))
    assert "Known Person" not in pages[0]
    assert [page.count("somebody User not invited") for page in pages] == [1, 1, 1]
    assert len({page[page.index("somebody is added") :][:60] for page in pages}) == 1


@pytest.mark.parametrize("address", ["", "edit/", "people/new/"])
def test_a_company_of_another_marketplace_does_not_exist(cast: Cast, address: str) -> None:
    company = add_company(cast.contoso, "Secret")
    for pk in (company.pk, company.pk + 10**6, 2**70):
        assert cast.client("owner").get(f"/companies/{pk}/{address}").status_code == 404


def test_users_are_listed_found_filtered_and_exported(cast: Cast) -> None:
    alpine, other = add_company(cast.northwind, "Alpine"), add_company(cast.northwind, "Other")
    add_people(alpine, "eva@alpine.example", name="Eva Maier", role="administrator")
    add_people(other, "eva@alpine.example", "zoe@other.example", name="Zoë =Other")
    add_people(add_company(cast.contoso, "C"), "hidden@contoso.example")
    client = cast.client("colleague")
    page = client.get("/users/")
    assert names_in(page) == ["Zoë =Other", "Eva Maier"]
    assert "Alpine administrator" in text_of(page)
    assert counts_in(page) == {"All": "2", "Can sign in": "0", "Without login": "2"}
    for query in ("q=mai", "q=eva@alpine.example", "role=administrator"):
        assert names_in(client.get(f"/users/?{query}")) == ["Eva Maier"], query
    assert "Nobody has accepted" in text_of(client.get("/users/?tab=sign-in"))
    content = b"".join(client.get("/users/export.csv?q=other").streaming_content).decode()  # type: ignore[attr-defined]  # a file
    assert "'=Other" in content
    assert "Maier" not in content


def test_a_person_is_shown_with_their_places_and_corrected(cast: Cast) -> None:
    alpine = add_company(cast.northwind, "Alpine")
    [eva] = add_people(alpine, "eva@alpine.example", name="Eva Maier")
    address = f"/users/{eva.user_id}/"
    assert "Alpine" in text_of(cast.client("colleague").get(address))
    assert cast.client("colleague").get(address + "edit/").status_code == 403
    shown = {"initial-first_name": "Eva", "initial-last_name": "Maier", "initial-email": "eva@alpine.example"}
    sent = {"first_name": "Eva", "last_name": "Huber", "email": "eva@alpine.example", "seen_version": 0}
    fields: dict[str, Any] = {**shown, **sent}
    page = _post(cast, address + "edit/", **fields)
    assert "Eva Huber" in text_of(page)
    assert "Corrected" in text_of(page)
    assert "Last name Huber" in text_of(page)
    assert _post(cast, address + "edit/", **fields, phone="1").status_code == 409
    assert "is not an e-mail" in text_of(_post(cast, address + "edit/", **{**fields, "email": "x", "seen_version": 1}))
    add_people(add_company(cast.northwind, "Other"), "eva@alpine.example")
    fixed = cast.client("owner").get(address + "edit/").content.decode()
    assert "belongs to several companies" in fixed
    with marketplace_scope(cast.northwind.pk):
        assert User.objects.get(pk=eva.user_id).email == "eva@alpine.example"
    assert cast.client("stranger").get(address).status_code == 404


def test_customer_support_reads_companies_too(cast: Cast) -> None:
    add_company(cast.northwind, "Alpine")
    account = cast.accounts["nobody"]
    with marketplace_scope(cast.northwind.pk):
        give_role(
            account_id=account.pk, account_name="Nina", role=Role.CUSTOMER_SUPPORT, actor=cast.actor("owner"),
            now=account.created_at,
        )  # fmt: skip
    assert names_in(cast.client("nobody").get(LIST)) == ["Alpine"]
    assert cast.client("nobody").get("/companies/new/").status_code == 403


def test_verified_domains_are_told_from_claimed_ones(cast: Cast) -> None:
    draft = CompanyDraft("A", domains=(DomainDraft("a.example", verified=True), DomainDraft("b.example")))
    [company] = add_companies(cast.northwind, [draft], origin="sync")
    words = text_of(cast.client("owner").get(f"/companies/{company.pk}/"))
    assert "a.example Company Sync verified" in words
    assert "b.example Company Sync not verified" in words
