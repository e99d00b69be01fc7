"""Why is this row like this: the page, from where it is reached, and that it changes nothing."""

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.cast import Cast
from tests.web.people import add_company
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.services import link_pending
from tenantry.sync.models import CompanySyncSettings, Entitlement, Feed

WHY = "/companies/pending/why/"
_MOST = 45
_ROWS = "select xmin, ctid from sync_pendingcompany union all select xmin, ctid from sync_tenant"


def _words(cast: Cast, who: str, given: str) -> str:
    return text_of(cast.client(who).get(WHY, {"q": given}))


def test_the_row_s_page_leads_to_every_rule_in_order_with_its_input_and_answer(
    cast: Cast, stage: Stage, owner_url: str
) -> None:
    stage.sync([Customer("Alpine", "alpine.example")])
    pending = stage.pending()
    page = cast.client("owner").get(f"/companies/pending/{pending.pk}/")
    tenant_id = stage.tenant("Alpine").external_id
    assert f'href="{WHY}?q={tenant_id}"' in page.content.decode()
    with psycopg.connect(owner_url) as owner:
        seen = owner.execute(_ROWS).fetchall()
    with CaptureQueriesContext(connection) as captured:
        words = _words(cast, "owner", tenant_id)
    assert len(captured) <= _MOST
    with psycopg.connect(owner_url) as owner:
        assert owner.execute(_ROWS).fetchall() == seen
    asked = [
        "Does the provider say that it is a reseller customer? Yes, through at least one connection.",
        "Does the filter of the feed let it through? Yes.",
        "Is Company Sync on? Yes: tenants flow in.",
        "Are contact, address and domains known? Yes.",
        "Is the row in the queue what the provider says? Yes: a sync would change nothing.",
        "Does a company of the marketplace look like it?",
        "May a rule create a company of it? No: a person decides. Companies are not created automatically.",
    ]
    places = [words.index(part) for part in asked]
    assert places == sorted(places)
    assert "Why is it like this?" in text_of(cast.client("owner").get("/companies/pending/where/", {"q": tenant_id}))


def test_what_would_change_it_is_said_for_each_thing_that_stands_in_the_way(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Alpine", "alpine.example"), Customer("Boreal", "boreal.example")])
    company = add_company(cast.northwind, "Alpine Ski House", "ours.example")
    with marketplace_scope(cast.northwind.pk):
        CompanySyncSettings.objects.update(create_automatically=True, create_automatically_since="2020-01-01T00:00Z")
        Entitlement.objects.update(link_company=True)
    words = _words(cast, "owner", "boreal.example")
    assert "Contact shared with another tenant: yes." in words
    assert "Decided on by a person before: no." in words
    with marketplace_scope(cast.northwind.pk):
        CompanySyncSettings.objects.update(create_automatically=False)
        link_pending(
            pending_id=stage.pending(name="Alpine").pk, company_id=company.pk, seen_version=None, fill_blanks=False,
            add_contact=False, actor=cast.actor("owner"), now=stage.pending(name="Alpine").first_seen_at,
        )  # fmt: skip
    words = _words(cast, "owner", "alpine.example")
    assert "linked It" not in words
    assert "Max Owner, on" in words
    assert "Name (fill blanks): only blanks are filled, and this one has a value." in words
    assert "Country (fill blanks): both sides say the same." in words
    with marketplace_scope(cast.northwind.pk):
        Feed.objects.update(countries=["CH"])
    assert "Does the filter of the feed let it through? No." in _words(cast, "owner", "boreal.example")


def test_what_is_not_known_here_or_is_no_tenant_has_no_rules_and_tells_nothing(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Alpine", "alpine.example")])
    assert "neither a domain nor a tenant ID" in _words(cast, "owner", "not a domain")
    with marketplace_scope(cast.contoso.pk):
        Feed.objects.all().delete()
    for who, given in (("owner", "elsewhere.example"), ("stranger", "alpine.example")):
        words = _words(cast, who, given)
        assert "Is Company Sync on?" not in words
        assert "Alpine" not in words
