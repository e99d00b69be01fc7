"""What happens to customers: exactly what the movements say, nothing else, and the same every time."""

import pytest

from tenantry.core.records import Relationship
from tenantry.emulator.customers import Person
from tenantry.emulator.movements import Movement, MovementKind
from tenantry.emulator.world import World


def names(world: World) -> dict[str, str]:
    return {row.tenant_id: row.name for row in world.rows(0)}


def contacts(world: World) -> dict[str, Person]:
    return {tenant_id: world.customer(tenant_id).contact for tenant_id in world.tenant_ids(None)}


def of(movements: list[Movement], kind: MovementKind) -> set[str]:
    return {movement.tenant_id for movement in movements if movement.kind is kind}


def test_movements_are_exact() -> None:
    world = World(seed=5, customers=3000)
    for _ in range(4):
        before, contacts_before = names(world), contacts(world)
        moved = world.advance()
        after, contacts_after = names(world), contacts(world)
        assert after.keys() - before.keys() == of(moved, MovementKind.ADDED) | of(moved, MovementKind.RETURNED)
        assert before.keys() - after.keys() == of(moved, MovementKind.LEFT)
        stayed = before.keys() & after.keys()
        assert {one for one in stayed if before[one] != after[one]} == of(moved, MovementKind.RENAMED)
        changed = {one for one in stayed if contacts_before[one] != contacts_after[one]}
        assert changed == of(moved, MovementKind.CONTACT_CHANGED)
        assert len({movement.tenant_id for movement in moved}) == len(moved)


def test_every_kind_happens_within_ten_steps_and_only_to_reseller_customers() -> None:
    world = World(seed=5, customers=300)
    moved = world.advance(10)
    assert {movement.kind for movement in moved} == set(MovementKind)
    assert all(world.customer(one.tenant_id).relationship is Relationship.RESELLER for one in moved)
    assert world.movements == moved


def test_time_passes_the_same_way_for_the_same_seed() -> None:
    one, same = World(seed=9, customers=200), World(seed=9, customers=200)
    assert one.advance(5) == same.advance(2) + same.advance(3)


def test_small_and_empty_worlds_move_as_far_as_they_can() -> None:
    assert [one.kind for one in World(seed=1, customers=0).advance()] == [MovementKind.ADDED]
    assert World(seed=1, customers=2).advance(20)


def test_targeted_changes_do_what_they_say() -> None:
    world = World(seed=2, customers=20)
    tenant_id = world.tenant_id(3)
    assert world.rename(tenant_id, "Nordwind GmbH").after == "Nordwind GmbH"
    assert world.customer(tenant_id).name == "Nordwind GmbH"
    assert world.rename(tenant_id).after not in {"Nordwind GmbH", ""}
    world.change_contact(tenant_id, Person(first="Eva", last="Muster", email="eva@nordwind.example"))
    assert world.customer(tenant_id).contact.email == "eva@nordwind.example"
    etag = world.customer(tenant_id).etag
    world.change_contact(tenant_id)
    assert world.customer(tenant_id).etag != etag
    world.leave(tenant_id)
    assert world.has_left(tenant_id)
    assert tenant_id not in set(world.tenant_ids())
    with pytest.raises(ValueError, match="already left"):
        world.leave(tenant_id)
    world.come_back(tenant_id)
    assert tenant_id in set(world.tenant_ids())
    with pytest.raises(ValueError, match="never left"):
        world.come_back(tenant_id)


def test_an_added_customer_comes_last_and_is_as_asked_for() -> None:
    world = World(seed=2, customers=20)
    added = world.add("Neue Firma AG", contact=Person(email="x@neu.example"), relationship=Relationship.ADVISOR)
    assert [row.tenant_id for row in world.rows(0)][-1] == added.tenant_id
    customer = world.customer(added.tenant_id)
    assert (customer.name, customer.contact.email) == ("Neue Firma AG", "x@neu.example")
    assert customer.relationship is Relationship.ADVISOR
    assert world.customer(world.add().tenant_id).relationship is Relationship.RESELLER
