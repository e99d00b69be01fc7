"""Licences by name: learnt while people are read, once for each SKU, and never unlearnt."""

from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from tests.sync.people.stage import PeopleStage

from tenantry.core.records import LicenceName as Told
from tenantry.emulator.google.representations import SKUS as GOOGLES
from tenantry.emulator.microsoft.people import SKUS
from tenantry.sync.models import DirectoryUser, LicenceName, PeopleReading, Tenant
from tenantry.sync.people.licence_names import Licence, keep_names, name_licences

NAMES_OF_GRAPH = "GET /graph/v1.0/subscribedSkus"


def names(provider: str) -> set[tuple[str, str]]:
    return set(LicenceName.objects.filter(provider=provider).values_list("name", "code"))


def held(stage: PeopleStage) -> list[list[Licence] | None]:
    rows = DirectoryUser.objects.exclude(licences=None).values_list("tenant__provider", "licences")
    with CaptureQueriesContext(database) as asked:
        found = name_licences(list(rows))
    assert len(asked) == 2, "the people, and their names at once"
    assert found, stage
    return found


def test_graph_tells_part_numbers_once_and_nobody_asks_again(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    assert names("microsoft") == {("", part) for part, _ in SKUS}
    assert stage.emulator.counters.paths[NAMES_OF_GRAPH] == 1
    stage.add(2)
    stage.next_day()
    assert stage.emulator.counters.paths[NAMES_OF_GRAPH] == 1
    assert {each.word for some in held(stage) for each in some or ()} <= {part for part, _ in SKUS}


def test_the_partner_center_tells_product_names_which_come_before_part_numbers(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    stage.settle(licensed_only=True)
    stage.add(2)
    stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(2), granted=False)
    stage.next_day()
    named = {name: code for name, code in names("microsoft") if name}
    assert named
    assert all((code, name) in SKUS for name, code in named.items())
    words = {each.word for some in held(stage) for each in some or ()}
    assert set(named) <= words
    before = list(LicenceName.objects.order_by("pk").values_list())
    stage.next_day()
    assert list(LicenceName.objects.order_by("pk").values_list()) == before, "the same again writes nothing"


def test_google_tells_names_with_the_licences(stage: PeopleStage) -> None:
    stage.settle("google", licensed_only=True)
    stage.add(1, google=True, company=stage.add(1))
    stage.run(connection=stage.google)
    assert names("google") <= {(name, "") for _, name in GOOGLES} | {
        ("Google Workspace Enterprise Plus - Archived User", "")
    }
    assert all(each.name for some in held(stage) for each in some or ())


def test_names_that_are_closed_cost_only_the_names_and_the_id_is_shown(stage: PeopleStage) -> None:
    stage.add(1)
    stage.emulator.faults.add("status", "/graph/v1.0/subscribedskus", status=403)
    run = stage.run()
    assert (run.state, stage.changes(run)["create applied"]) == ("done", 6)
    assert names("microsoft") == set()
    assert [each for each in PeopleReading.objects.get().missing if each.startswith("Names of licences: ")]
    assert all(each.word == each.sku_id for some in held(stage) for each in some or ())
    stage.emulator.faults.clear()
    stage.next_day()
    assert all(each.name for some in held(stage) for each in some or ())


def test_an_empty_or_odd_name_never_replaces_a_known_one(stage: PeopleStage) -> None:
    stage.add(1)
    tenant, now = Tenant.objects.get().pk, stage.clock()
    first = [Told("a", "Plan A"), Told("b", "", "B_CODE"), Told("c", "")]
    with transaction.atomic():
        keep_names([(tenant, each) for each in first], now=now)
    assert names("microsoft") == {("Plan A", ""), ("", "B_CODE")}
    odd = [Told("a", " "), Told("b", "Plan\x00B" + "x" * 300), Told("", "nobody's"), Told("y" * 101, "too long")]
    with transaction.atomic():
        keep_names([(tenant, each) for each in odd], now=now)
    found = dict(LicenceName.objects.values_list("sku_id", "name"))
    assert found == {"a": "Plan A", "b": ("Plan\N{REPLACEMENT CHARACTER}B" + "x" * 300)[:200]}
    assert LicenceName.objects.get(sku_id="b").code == "B_CODE"
    assert name_licences([("microsoft", ["a", "z"]), ("google", ["a"]), ("google", None), ("google", [])]) == [
        [Licence("a", "Plan A"), Licence("z")], [Licence("a")], None, [],
    ]  # fmt: skip
