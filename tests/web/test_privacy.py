"""A person's data: all of it to read and to download, and all of it gone."""

import json

import psycopg
from django.test import Client
from django.utils import timezone
from psycopg import sql
from tests.web.cast import Cast
from tests.web.people import add_company, add_people, let_in
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage

from tenantry.accounts.models import Account
from tenantry.audit.chain import chain_events
from tenantry.audit.verifying import verify_chain
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import edit_company
from tenantry.marketplace.models import Company, Membership, User
from tenantry.marketplace.people.services import edit_user
from tenantry.sync.matching.refreshing import match_all

EMAIL = "ada.lovelace@alpine.example"
_TABLES = "select relname from pg_stat_user_tables where schemaname = 'public' order by relname"


def places_with(owner_url: str, *words: str) -> set[str]:
    """Return the tables that have one of these words anywhere."""
    found = set()
    with psycopg.connect(owner_url) as owner:
        for (table,) in owner.execute(_TABLES).fetchall():
            for word in words:
                query = sql.SQL("select 1 from {} t where t::text ilike %s or t::text ilike %s limit 1")
                named = [f"%{word}%", f"%{word.encode().hex()}%"]
                if owner.execute(query.format(sql.Identifier(table)), named).fetchone():
                    found.add(table)
    return found


def _life(cast: Cast, stage: Stage) -> tuple[User, Client]:
    """A person who was a tenant's contact, invited, accepted, edited, and who invited somebody."""
    stage.sync([Customer("Alpine", "alpine.example", contact="Ada Lovelace", email=EMAIL)])
    now = timezone.now()
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    client = let_in(cast, company, EMAIL, name="Ada Lovelace")
    [ben] = add_people(company, "ben@alpine.example", role="administrator", name="Ben Other")
    with marketplace_scope(cast.northwind.pk):
        user = User.objects.get(email=EMAIL)
        changes = {"contact_name": "Ada Lovelace", "contact_email": EMAIL, "contact_phone": "+43 1 5551815"}
        edit_company(
            company_id=company.pk, seen_version=Company.objects.get(pk=company.pk).version, changes=changes,
            actor=cast.actor("owner"), now=now,
        )  # fmt: skip
        edit_user(
            user_id=user.pk, seen_version=user.version, changes={"phone": "+43 1 5551815"}, actor=cast.actor("owner"),
            now=now,
        )  # fmt: skip
    client.post(f"/memberships/{ben.membership_id}/invite/")
    client.post("/account/", {"name": "Ada K. Lovelace", "language": "de"})
    return user, client


def test_the_export_has_all_that_is_known_as_a_page_and_as_a_file(cast: Cast, stage: Stage) -> None:
    user, _ = _life(cast, stage)
    page = text_of(cast.client("owner").get(f"/users/{user.pk}/data/"))
    for words in ("Ada", "Lovelace", EMAIL, "+43 1 5551815", "Primary contact of", "Contact of tenants", "Alpine"):
        assert words in page
    record = json.loads(cast.client("owner").get(f"/users/{user.pk}/data/?as=json").content)
    assert record["person"][0]["email"] == EMAIL
    assert record["login"][0]["name"] == "Ada K. Lovelace"
    assert [place["company"] for place in record["places in companies"]] == ["Alpine"]
    assert record["contact of tenants"][0]["contact_email"] == EMAIL
    assert "marketplace.user.edited" in {event["action"] for event in record["history"]}
    assert "marketplace.invitation.created" in {event["action"] for event in record["what the person did"]}
    assert record["login's history"][0]["personal"]["after"]["name"] == "Ada K. Lovelace"
    assert "data exported" in text_of(cast.client("owner").get("/audit/"))


def test_after_erasure_the_person_is_nowhere_and_the_chain_holds(cast: Cast, stage: Stage, owner_url: str) -> None:
    with psycopg.connect(owner_url) as database:  # what others are fed with stays what the provider says
        database.execute("delete from sync_feed where marketplace_id = %s", [cast.contoso.pk])
    user, client = _life(cast, stage)
    assert {"marketplace_user", "accounts_account", "sync_pendingcompany"} <= places_with(owner_url, EMAIL)
    with marketplace_scope(cast.northwind.pk):
        chain_events(marketplace_id=cast.northwind.pk, now=timezone.now())
    owner, address = cast.client("owner"), f"/users/{user.pk}/erase/"
    asked = text_of(owner.get(address))
    assert f"Type {EMAIL} to confirm" in asked
    assert owner.post(address, {"typed": "somebody else"}).status_code == 409
    assert "marketplace_user" in places_with(owner_url, EMAIL)
    assert owner.post(address, {"typed": EMAIL.upper()}).status_code == 302
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)  # what waits for it
    assert places_with(owner_url, EMAIL, "Lovelace", "5551815") == set()
    assert verify_chain(marketplace_id=cast.northwind.pk, now=timezone.now()).sentence == ""
    assert client.get("/company/").headers["Location"].startswith("/account/sign-in/")
    page = text_of(owner.get(f"/users/{user.pk}/"))
    assert "Erased person" in page
    assert "The data was erased on" in page
    assert owner.get(address).status_code == 302
    activity = text_of(owner.get("/audit/"))
    assert "Person's data erased" in activity
    assert "The person's data was erased." in activity


def test_the_last_administrator_is_kept_and_the_page_says_what_to_do_first(cast: Cast, owner_url: str) -> None:
    company = add_company(cast.northwind, "Alpine")
    let_in(cast, company, EMAIL)
    with marketplace_scope(cast.northwind.pk):
        user = User.objects.get(email=EMAIL)
    address = f"/users/{user.pk}/erase/"
    refused = text_of(cast.client("owner").post(address, {"typed": EMAIL}))
    assert "last administrator of Alpine" in refused
    assert "Make somebody else Company Administrator there first" in refused
    assert "marketplace_user" in places_with(owner_url, EMAIL)


def test_a_login_that_another_marketplace_needs_stays_there(cast: Cast) -> None:
    here, there = add_company(cast.northwind, "Alpine"), add_company(cast.contoso, "Elsewhere")
    let_in(cast, here, EMAIL, role="user")
    add_people(there, EMAIL)
    client, account = cast.client(EMAIL), Account.objects.get(email=EMAIL)
    with marketplace_scope(cast.contoso.pk):
        User.objects.filter(email=EMAIL).update(account=account)
        Membership.objects.update(state="active", accepted_at=timezone.now())
    with marketplace_scope(cast.northwind.pk):
        user = User.objects.get(email=EMAIL)
    answer = cast.client("owner").post(f"/users/{user.pk}/erase/", {"typed": EMAIL}, follow=True)
    assert "Contoso" not in text_of(answer)
    assert "Elsewhere" in text_of(client.get("/company/", follow=True))
    with marketplace_scope(cast.northwind.pk):
        assert not User.objects.filter(account=account).exists()
