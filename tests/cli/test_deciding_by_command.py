"""`tenantry pending` and `tenantry holds`: the same lists, decisions and refusals as on the pages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.commands import Ran, tenantry
from tests.web.cast import Cast, make_cast, stage_of
from tests.web.people import add_company
from tests.web.stage import Customer, Stage, customers

from tenantry.core.company_settings import CompanySettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.company_settings import save_company_settings
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.models import Hold
from tenantry.sync.switches import read_company_sync

NORTHWIND = ("--marketplace", "Northwind")


@pytest.fixture
def cast(database: str, settings: Settings) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_cast(timezone.now())


@pytest.fixture
def stage(cast: Cast) -> Stage:
    stage = stage_of(cast)
    stage.sync([*customers(3), Customer("Contoso France", "contoso.fr", "FR", contact="", email="")])
    return stage


def pending(*arguments: str) -> Ran:
    return tenantry("pending", *arguments, *NORTHWIND, "--json")


def test_the_list_filters_sorts_and_pages_and_refuses_what_it_does_not_know(stage: Stage) -> None:
    ran = pending("list", "--sort", "-name", "--limit", "10")
    assert (ran.code, [row["name"] for row in ran.json["pending"]][-1], ran.json["after"]) == (0, "Contoso France", "")
    [french] = pending("list", "--country", "FR").json["pending"]
    assert french["problems"] == ["contact_missing"]
    for bad in (("--match", "surely"), ("--tab", "lost"), ("--sort", "colour"), ("--age", "century")):
        refused = pending("list", *bad)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err
    assert "Number" in tenantry("pending", "list", *NORTHWIND).out
    several = tenantry("pending", "list")
    assert several.code == 1
    assert "Name one with --marketplace: Contoso, Northwind" in several.err or "Northwind" in several.err


def test_decisions_are_made_one_by_one_and_taken_back(stage: Stage, cast: Cast) -> None:
    first, second, third = (stage.pending(name=f"Customer 000{number}") for number in range(3))
    made = pending("create", str(first.pk), second.tenant.external_id, "999999", "--no-invite")
    assert made.code == 4
    assert [row["decision"] for row in made.json["done"]] == ["create", "create"]
    assert made.json["refused"] == [
        {"tenant": "999999", "why": "There is no such pending company in this marketplace."}
    ]
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.count() == 2
        set_entitlement(link_company=True, actor=cast.actor("operator"), now=timezone.now())
    assert pending("create", str(first.pk)).code == 1
    undone = pending("undo", str(first.pk))
    assert (undone.code, undone.json["done"][0]["decision"]) == (0, "undo")
    company = add_company(cast.northwind, "Customer")
    linked = pending("link", str(third.pk), str(company.pk))
    assert (linked.code, linked.json["done"][0]["company"]) == (0, company.pk)
    assert "no such company" in pending("link", str(first.pk), "987654").json["refused"][0]["why"]
    tomorrow = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    assert pending("snooze", str(first.pk), "--until", tomorrow).code == 0
    french = stage.pending(name="Contoso France")
    assert pending("ignore", str(french.pk), "--reason", "nonsense").code == 1
    assert pending("ignore", str(french.pk), "--reason", "test").code == 0
    assert [row["state"] for row in pending("list", "--tab", "done").json["pending"]] == ["created", "linked"]
    assert pending("undo", "31337").code == 1


def test_holds_are_listed_approved_as_they_were_seen_and_rejected(cast: Cast) -> None:
    stage = stage_of(cast)
    wanted = CompanySettings(company_sync=True, create_automatically=True, sales_support=True, customer_support=True)
    with marketplace_scope(cast.northwind.pk):
        save_company_settings(
            wanted=wanted, seen_version=read_company_sync().version, actor=cast.actor("owner"),
            now=timezone.now() - timedelta(minutes=5),
        )  # fmt: skip
    stage.sync([Customer(f"New {n}", f"new{n}.example", email=f"ada@new{n}.example") for n in range(4)])
    ran = tenantry("holds", "list", *NORTHWIND, "--json")
    assert ran.code == 3, ran.err
    [hold] = ran.json["holds"]
    assert hold["held"] == 4
    rows = tenantry("holds", "list", "--hold", str(hold["id"]), *NORTHWIND, "--json").json
    number = str(hold["id"])
    stale = tenantry("holds", "approve", number, "--content", "0" * 32, "--yes", *NORTHWIND)
    assert (stale.code, "not what you were shown" in stale.err) == (1, True)
    unasked = tenantry("holds", "approve", number, *NORTHWIND)
    assert unasked.code == 1, "nobody answers the question"
    one = tenantry("holds", "reject", number, "--row", str(rows["rows"][0]["id"]), "--yes", *NORTHWIND, "--json")
    assert one.json == {"hold": hold["id"], "rejected": 1}
    rows = tenantry("holds", "list", "--hold", number, *NORTHWIND, "--json").json
    released = tenantry("holds", "approve", number, "--content", rows["content"], "--yes", *NORTHWIND, "--json")
    assert released.json["released"] == 3
    assert tenantry("holds", "list", *NORTHWIND).code == 0
    assert tenantry("holds", "reject", number, "--yes", *NORTHWIND).code == 1
    assert "There is no hold 31337" in tenantry("holds", "reject", "31337", "--yes", *NORTHWIND).err
    with marketplace_scope(cast.northwind.pk):
        assert Hold.objects.get().state == "released"
