"""The list of pending companies: tabs, words, filters, orders, empty pages, and what comes from outside."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.web.cast import Cast, switch_on
from tests.web.reading import counts_in, names_in, text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.automatic.words import SHOWN_WORDS
from tenantry.sync.models import PendingCompany, Sighting
from tenantry.sync.pending.filters import PROBLEM_CHOICES

LIST = "/companies/pending/"
ALPINE = Customer("Alpine Ski House GmbH", "alpineskihouse.com", "AT", "Maria Huber", "maria@alpineskihouse.com")
TOKYO = Customer("東京電子株式会社", "tokyo-denshi.jp", "JP", "佐藤 健", "ken@tokyo-denshi.jp", delegated_admin=False)
CONTOSO = Customer("Contoso France SAS", "contoso.fr", "FR", contact="", email="", delegated_admin=None)
SHARED = Customer("Alpine Tours SARL", "tours.fr", "FR", "Marie Huber", "")
UNREAD = Customer("Quiet Ltd", "quiet.example", read=False)


def play_world(_cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE, TOKYO, CONTOSO, SHARED, UNREAD])


SCENES = {"world": play_world}


@pytest.fixture
def world(stage: Stage) -> Stage:
    """Five tenants are read."""
    return stage


def test_each_tenant_that_no_company_is_linked_to_waits_with_what_is_known(cast: Cast, world: Stage) -> None:
    words = text_of(cast.client("owner").get(LIST))
    assert "5 tenants wait for a decision" in words
    assert "Contoso France SAS FR contoso.fr none given" in words
    assert "no primary contact" in words
    assert "Quiet Ltd details not read yet" in words


def test_the_list_says_what_administration_each_tenant_gave_and_until_when(cast: Cast, world: Stage) -> None:
    client, now = cast.client("owner"), timezone.now()
    words = text_of(client.get(LIST))
    assert "none given today" in words
    assert "not given today" in words
    told = {ALPINE.name: ("active", 40), SHARED.name: ("active", -1), CONTOSO.name: ("approvalPending", 300)}
    for name, (status, days) in told.items():
        Sighting.objects.filter(tenant__name=name).update(
            delegation_status=status, delegation_roles=["88d8e3e3-8f55-4a1e-953a-9b9898b8876b"],
            delegation_ends_at=now + timedelta(days=days), delegation_read_at=now,
        )  # fmt: skip
    words = text_of(client.get(LIST))
    for ending in ("active until", "ended yesterday", "waiting until"):
        assert ending in words
    answer: Any = client.get("/companies/pending/export.csv")
    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    given = {row["Name"]: (row["Delegated admin"], row["Delegated admin until"][:10]) for row in rows}
    assert given[ALPINE.name] == ("active", f"{now + timedelta(days=40):%Y-%m-%d}")
    assert given[SHARED.name][0] == "ended"
    assert given[TOKYO.name] == ("not given", "")


SEARCHES = {
    "alpine": {ALPINE.name, SHARED.name},
    "alp": {ALPINE.name, SHARED.name},
    "alpine house": {ALPINE.name},
    "house alpine": {ALPINE.name},
    "ALPINE HUBER": {ALPINE.name, SHARED.name},
    "huber tours": {SHARED.name},
    "alpine contoso": set(),
    "alpineskihouse.com": {ALPINE.name},
    "maria@alpineskihouse.com": {ALPINE.name},
    "contoso.fr": {CONTOSO.name},
    "東京": {TOKYO.name},
    "電子": {TOKYO.name},
    "佐藤": {TOKYO.name},
    "tokyo-denshi.jp": {TOKYO.name},
    "pine": set(),
    "%": set(),
    "'; drop table sync_pendingcompany; --": set(),
    "\0": {ALPINE.name, TOKYO.name, CONTOSO.name, SHARED.name, UNREAD.name},
    "   ": {ALPINE.name, TOKYO.name, CONTOSO.name, SHARED.name, UNREAD.name},
}


@pytest.mark.parametrize("words", SEARCHES)
def test_a_row_is_found_when_it_has_each_of_the_words(words: str, cast: Cast, world: Stage) -> None:
    answer = cast.client("owner").get(LIST, {"q": words})
    assert set(names_in(answer)) == SEARCHES[words]


def test_a_row_is_found_by_its_tenant_id(cast: Cast, world: Stage) -> None:
    wanted = world.tenant(CONTOSO.name).external_id
    assert names_in(cast.client("owner").get(LIST, {"q": wanted})) == [CONTOSO.name]
    assert names_in(cast.client("owner").get(LIST, {"q": wanted.upper()})) == [CONTOSO.name]


FILTERS = [
    ({"country": "FR"}, {CONTOSO.name, SHARED.name}),
    ({"country": "fr"}, {CONTOSO.name, SHARED.name}),
    ({"country": "-"}, {UNREAD.name}),
    ({"problem": "contact_missing"}, {CONTOSO.name}),
    ({"problem": "contact_email_missing"}, {SHARED.name}),
    ({"problem": "details_not_read"}, {UNREAD.name}),
    ({"problem": "any"}, {CONTOSO.name, SHARED.name, UNREAD.name}),
    ({"admin": "yes"}, {ALPINE.name, SHARED.name}),
    ({"admin": "no"}, {TOKYO.name}),
    ({"admin": "unknown"}, {CONTOSO.name, UNREAD.name}),
    ({"problem": "none"}, {ALPINE.name, TOKYO.name}),
    ({"age": "day"}, {ALPINE.name, TOKYO.name, CONTOSO.name, SHARED.name, UNREAD.name}),
    ({"age": "older"}, set()),
    ({"country": "FR", "q": "alpine"}, {SHARED.name}),
    ({"connection": "999999"}, set()),
]


@pytest.mark.parametrize(("given", "expected"), FILTERS)
def test_filters_narrow_together(given: dict[str, str], expected: set[str], cast: Cast, world: Stage) -> None:
    assert set(names_in(cast.client("owner").get(LIST, given))) == expected


def test_the_connection_s_filter_keeps_what_it_brought(cast: Cast, world: Stage) -> None:
    answer = cast.client("owner").get(LIST, {"connection": cast.connection.pk})
    assert len(names_in(answer)) == 5


@pytest.mark.parametrize(
    "given",
    [
        {"country": "XXX"}, {"country": "\0"}, {"problem": "nonsense"}, {"age": "-1"}, {"connection": "x"},
        {"connection": "1e400"}, {"connection": "NaN"}, {"connection": str(2**80)}, {"connection": "-1"},
        {"tab": "nonsense"}, {"sort": "nonsense"}, {"sort": "--name"}, {"sort": "tenant__name"}, {"sort": "-"},
    ],
)  # fmt: skip
def test_a_value_that_can_t_be_one_counts_as_not_given(given: dict[str, str], cast: Cast, world: Stage) -> None:
    answer = cast.client("owner").get(LIST, given)
    assert answer.status_code == 200
    assert len(names_in(answer)) == 5


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", ALPINE.name), ("-name", TOKYO.name), ("country", UNREAD.name), ("-country", TOKYO.name),
        ("domain", ALPINE.name), ("-domain", SHARED.name), ("contact", CONTOSO.name),
    ],
)  # fmt: skip
def test_columns_sort_both_ways(sort: str, first: str, cast: Cast, world: Stage) -> None:
    assert names_in(cast.client("owner").get(LIST, {"sort": sort}))[0] in {first, UNREAD.name}


def test_problems_sort_so_that_what_lacks_the_same_stands_together(cast: Cast, world: Stage) -> None:
    without, unread, missing, nameless = {ALPINE.name, TOKYO.name}, UNREAD.name, CONTOSO.name, SHARED.name
    names = names_in(cast.client("owner").get(LIST, {"sort": "problems"}))
    assert set(names[:2]) == without
    assert names[2:] == [unread, missing, nameless]
    assert names_in(cast.client("owner").get(LIST, {"sort": "-problems"})) == names[::-1]
    assert 'aria-sort="descending"' in cast.client("owner").get(LIST, {"sort": "-problems"}).content.decode()


@pytest.mark.parametrize("problem", [code for code, _ in PROBLEM_CHOICES])
def test_each_problem_that_the_list_offers_to_filter_by_is_one(problem: str, cast: Cast, world: Stage) -> None:
    if problem in SHOWN_WORDS:
        with marketplace_scope(world.marketplace.pk):
            PendingCompany.objects.filter(name=ALPINE.name).update(automatic_problems=[problem])
        assert names_in(cast.client("owner").get(LIST, {"problem": problem})) == [ALPINE.name]
    assert cast.client("owner").get(LIST, {"problem": problem, "sort": "problems"}).status_code == 200


def test_newest_first_goes_by_when_the_tenant_was_first_seen(cast: Cast, stage: Stage) -> None:
    now = timezone.now()
    old = stage.sync([ALPINE], now=now - timedelta(days=40))
    assert old.pk
    stage.sync([Customer(**{**ALPINE.__dict__, "external_id": stage.tenant(ALPINE.name).external_id}), TOKYO], now=now)
    client = cast.client("owner")
    assert names_in(client.get(LIST, {"sort": "-first_seen"})) == [TOKYO.name, ALPINE.name]
    assert names_in(client.get(LIST, {"age": "older"})) == [ALPINE.name]
    assert names_in(client.get(LIST, {"age": "week"})) == [TOKYO.name]


def test_tabs_count_what_fits_the_filters_and_keep_them(cast: Cast, world: Stage) -> None:
    world.move("ignored", name=ALPINE.name)
    world.move("withdrawn", name=CONTOSO.name)
    world.move("linked", name=TOKYO.name)
    client = cast.client("owner")
    assert counts_in(client.get(LIST)) == {
        "Needs decision": "2", "Held": "0", "Ignored": "1", "Snoozed": "0", "Done": "2",
    }  # fmt: skip
    filtered = client.get(LIST, {"q": "alpine"})
    assert counts_in(filtered)["Ignored"] == "1"
    assert 'href="/companies/pending/?tab=ignored&amp;q=alpine"' in filtered.content.decode()
    assert names_in(client.get(LIST, {"tab": "ignored"})) == [ALPINE.name]


def test_done_says_of_each_row_what_became_of_it(cast: Cast, world: Stage) -> None:
    world.move("withdrawn", name=CONTOSO.name)
    world.move("linked", name=TOKYO.name)
    words = text_of(cast.client("owner").get(LIST, {"tab": "done"}))
    assert "Contoso France SAS withdrawn" in words
    assert "東京電子株式会社 linked" in words


def test_htmx_gets_the_table_alone_and_a_clean_address(cast: Cast, world: Stage) -> None:
    answer = cast.client("owner").get(
        LIST, {"q": "alpine", "country": "", "problem": ""}, headers={"HX-Request": "true"}
    )
    assert "<html" not in answer.content.decode()
    assert 'id="pending-list"' in answer.content.decode()
    assert answer.headers["HX-Push-Url"] == "/companies/pending/?q=alpine"
    assert "HX-Request" in answer.headers["Vary"]


def test_a_page_restored_from_history_is_whole(cast: Cast, world: Stage) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in cast.client("owner").get(LIST, headers=headers).content.decode()


def test_the_next_page_is_a_link_that_keeps_filters_and_order(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(60))
    client = cast.client("owner")
    answer = client.get(LIST, {"q": "customer", "sort": "-name"})
    page = answer.content.decode()
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert following.startswith("/companies/pending/?q=customer&sort=-name&after=")
    assert len(names_in(client.get(following))) == 10
    assert not set(names_in(client.get(following))) & set(names_in(answer))


@pytest.mark.parametrize(
    ("switched", "rows", "given", "sentence"),
    [
        (False, False, {}, "Company Sync is off"),
        (True, False, {}, "Nothing has come in yet"),
        (True, True, {"q": "nobody"}, "Nothing fits these filters"),
        (True, True, {"tab": "held"}, "Nothing is held back."),
        (True, True, {"tab": "snoozed"}, "No company is put off"),
    ],
)
def test_an_empty_page_says_why_and_what_next(
    *, switched: bool, rows: bool, given: dict[str, str], sentence: str, cast: Cast
) -> None:
    if switched:
        switch_on(cast.northwind)
    if rows:
        Stage(cast.northwind, cast.connection).sync([ALPINE])
    assert sentence in text_of(cast.client("owner").get(LIST, given))


def test_when_all_is_decided_the_page_says_so(cast: Cast, world: Stage) -> None:
    world.move("ignored")
    assert "All decided" in text_of(cast.client("owner").get(LIST))


HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}{% csrf_token %}", "𠮷野家 🏢 GmbH",
    "a\u202egnp.exe", "' or 1=1 --", "&amp;lt;b&gt;", "x" * 300,
]  # fmt: skip


def test_names_from_outside_are_shown_and_never_obeyed(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer(name, f"h{number}.example", contact=name, email="") for number, name in enumerate(HOSTILE)])
    client = cast.client("owner")
    pages = [client.get(LIST)]
    for name in HOSTILE:
        pages.append(client.get(f"{LIST}{stage.pending(name=name).pk}/"))
        pages.append(client.get(LIST, {"q": name}))
    for answer in pages:
        content = answer.content.decode()
        assert answer.status_code == 200
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert "\u202e" not in content.split("<main")[1].replace('value="a\u202egnp.exe"', "")
    assert sorted(names_in(pages[0])) == sorted(name.replace("\u202e", "\ufffd") for name in HOSTILE)


def test_what_another_marketplace_has_is_neither_listed_found_nor_counted(cast: Cast, world: Stage) -> None:
    client = cast.client("stranger")
    assert names_in(client.get(LIST)) == []
    assert names_in(client.get(LIST, {"q": "alpine"})) == []
    assert set(counts_in(client.get(LIST)).values()) == {"0"}
    assert "Austria" not in text_of(client.get(LIST))


def test_the_search_on_every_page_leads_to_the_list(cast: Cast, world: Stage) -> None:
    page = cast.client("owner").get("/").content.decode()
    assert '<form role="search" method="get" action="/companies/pending/"' in page
