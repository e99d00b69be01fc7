"""Life after the decision: linked companies follow their tenants by the marketplace's rules, and survive their end."""

from datetime import timedelta

import pytest
from tests.sync.deciding_stage import KIM, Desk
from tests.sync.stage import PREVIEW, Clock, Sync, changes_of, make_connection, make_marketplace
from tests.sync.world import World

from tenantry.audit.models import Event
from tenantry.core.planning.linked import FIELDS, FieldRule
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Membership
from tenantry.sync.field_owners import effect_of_rules, read_rules, save_rules
from tenantry.sync.links import companies_without_relationship
from tenantry.sync.models import Feed


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1, 2)
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.allow_links()
    return desk


def company_of(desk: Desk, pk: int) -> Company:
    with marketplace_scope(desk.marketplace_id):
        return Company.objects.get(pk=pk)


def choose(desk: Desk, **rules: FieldRule) -> None:
    with marketplace_scope(desk.marketplace_id):
        save_rules(rules=rules, actor=KIM, now=desk.clock())


def sync_a_day_later(desk: Desk, clock: Clock) -> int:
    clock.pass_time(hours=27)
    return desk.sync.run(desk.marketplace_id).pk


def test_a_linked_company_s_blanks_are_filled_and_what_it_has_stays(desk: Desk, world: World, clock: Clock) -> None:
    pk = desk.company("Our name", country="")
    desk.link(1, pk)
    world.change(1, name="Their name")
    run_id = sync_a_day_later(desk, clock)
    company = company_of(desk, pk)
    assert (company.name, company.country, company.address) == ("Our name", "DE", {"city": "Here"})
    assert company.contact_email == "ada1@customer1.example"
    (change,) = [each for each in changes_of(desk.marketplace_id, run_id) if each.kind == "company.update"]
    assert (change.state, (change.before or {})["country"], (change.after or {})["country"]) == ("applied", None, "DE")
    with marketplace_scope(desk.marketplace_id):
        event = Event.objects.get(action="sync.company_update.applied")
    assert (event.target_kind, event.target_id, event.run_id) == ("company", str(pk), run_id)
    assert "contact_email" not in str(event.after)
    assert event.sealed is not None
    again = sync_a_day_later(desk, clock)
    assert [each for each in changes_of(desk.marketplace_id, again) if each.kind.startswith("company.")] == []


def test_where_the_provider_wins_the_next_sync_renames_the_company_and_search_finds_it(
    desk: Desk, world: World, clock: Clock
) -> None:
    pk = desk.company("Our name")
    desk.link(1, pk)
    with marketplace_scope(desk.marketplace_id):
        effect = effect_of_rules({**read_rules(), "name": FieldRule.PROVIDER})
    assert (effect.companies, effect.fields["name"]) == (1, 1)
    choose(desk, name=FieldRule.PROVIDER)
    desk.sync.run(desk.marketplace_id)  # nothing changed at the provider: the rule did
    company = company_of(desk, pk)
    assert (company.name, company.sort_name, company.version) == ("Customer 1 Ltd", "customer 1 ltd", 1)
    with marketplace_scope(desk.marketplace_id):
        from tenantry.marketplace.models import CompanyKey  # noqa: PLC0415  # beside its one use

        assert CompanyKey.objects.filter(company_id=pk, key="customer").exists()


def test_where_ours_win_nothing_follows(desk: Desk, world: World, clock: Clock) -> None:
    pk = desk.company("Our name", country="")
    desk.link(1, pk)
    choose(desk, **dict.fromkeys(FIELDS, FieldRule.OURS))
    world.change(1, name="New", contact=Contact("Bob", "New", "bob@new.example"))
    sync_a_day_later(desk, clock)
    company = company_of(desk, pk)
    assert (company.name, company.country, company.contact_email) == ("Our name", "", "")


def test_a_preview_plans_the_same_and_changes_nothing(desk: Desk, world: World, clock: Clock) -> None:
    pk = desk.company("Our name", country="")
    desk.link(1, pk)
    run = desk.sync.run(desk.marketplace_id, PREVIEW)
    kinds = [(each.kind, each.state) for each in changes_of(desk.marketplace_id, run.pk)]
    assert ("company.update", "planned") in kinds
    assert company_of(desk, pk).country == ""
    assert desk.sync.run(desk.marketplace_id).counters["changes_applied"] == 1
    assert company_of(desk, pk).country == "DE"


def test_saving_rules_records_what_changed_and_the_same_again_nothing(desk: Desk) -> None:
    with marketplace_scope(desk.marketplace_id):
        assert save_rules(rules={"name": FieldRule.PROVIDER}, actor=KIM, now=desk.clock()) == ["name"]
        assert save_rules(rules={"name": FieldRule.PROVIDER}, actor=KIM, now=desk.clock()) == []
        assert read_rules()["name"] is FieldRule.PROVIDER
        (event,) = Event.objects.filter(action="marketplace.field_owners.changed")
        assert (event.before, event.after) == ({"name": "fill_blanks"}, {"name": "provider"})
        with pytest.raises(ValueError, match="No fields"):
            save_rules(rules={"status": FieldRule.PROVIDER}, actor=KIM, now=desk.clock())


def end_relationship(desk: Desk, world: World, clock: Clock, number: int) -> None:
    world.leave(number)
    for _ in range(2):
        clock.pass_time(hours=1)
        desk.sync.run(desk.marketplace_id)


def test_when_a_relationship_ends_the_company_says_so_nobody_is_deactivated_and_it_may_return(
    desk: Desk, world: World, clock: Clock
) -> None:
    pk = desk.create(1).company_id
    assert pk is not None
    world.leave(1)
    clock.pass_time(hours=1)
    desk.sync.run(desk.marketplace_id)
    assert company_of(desk, pk).relationship_ended_at is None  # one listing is no evidence
    clock.pass_time(hours=1)
    run = desk.sync.run(desk.marketplace_id)
    assert company_of(desk, pk).relationship_ended_at == clock()
    (change,) = [each for each in changes_of(desk.marketplace_id, run.pk) if each.kind == "company.relationship_ended"]
    assert (change.state, "Two complete listings" in change.reason) == ("applied", True)
    with marketplace_scope(desk.marketplace_id):
        assert [each.state for each in Membership.objects.all()] == ["active"]
        assert companies_without_relationship(limit=5) == ["Customer 1 Ltd"]
    world.come_back(1)
    clock.pass_time(hours=1)
    desk.sync.run(desk.marketplace_id)
    assert company_of(desk, pk).relationship_ended_at is None
    with marketplace_scope(desk.marketplace_id):
        assert companies_without_relationship(limit=5) == []


def test_a_relationship_goes_on_while_another_feeding_connection_sees_the_tenant(
    desk: Desk, world: World, clock: Clock
) -> None:
    pk = desk.create(1).company_id
    assert pk is not None
    other_world, other = World(), make_connection("Second Partner Center", clock)
    other_world.add(1)
    with marketplace_scope(desk.marketplace_id):
        Feed.objects.create(marketplace_id=desk.marketplace_id, connection=other, created_at=clock())
    Sync(other, other_world, clock).run(desk.marketplace_id)
    end_relationship(desk, world, clock, 1)
    assert company_of(desk, pk).relationship_ended_at is None
    other_world.leave(1)
    for _ in range(2):
        clock.pass_time(hours=1)
        Sync(other, other_world, clock).run(desk.marketplace_id)
    assert company_of(desk, pk).relationship_ended_at is not None


def test_a_company_with_two_tenants_ends_with_the_last_of_them(desk: Desk, world: World, clock: Clock) -> None:
    pk = desk.create(1).company_id
    assert pk is not None
    desk.link(2, pk)
    end_relationship(desk, world, clock, 2)
    assert company_of(desk, pk).relationship_ended_at is None
    end_relationship(desk, world, clock, 1)
    assert company_of(desk, pk).relationship_ended_at is not None


def test_a_marketplace_s_rules_touch_no_other(desk: Desk, sync: Sync, world: World, clock: Clock) -> None:
    contoso = make_marketplace("Contoso", clock, sync.connection)
    sync.run(contoso)
    other = Desk(contoso, clock, sync)
    other.allow_links()
    theirs, ours = other.company("Theirs"), desk.company("Ours")
    other.link(1, theirs)
    desk.link(1, ours)
    choose(desk, name=FieldRule.PROVIDER)
    clock.pass_time(hours=1)
    sync.run(desk.marketplace_id)
    assert company_of(desk, ours).name == "Customer 1 Ltd"
    assert company_of(other, theirs).name == "Theirs"
    assert clock() - sync.clock() == timedelta(0)
