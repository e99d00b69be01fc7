"""The same tenant pending in two marketplaces: each decides alone, and decisions are offered only where they may be."""

import pytest
from tests.sync.deciding_stage import Desk
from tests.sync.stage import OPERATOR, Clock, Sync, make_marketplace
from tests.sync.world import World

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace
from tenantry.marketplace.services import give_role
from tenantry.marketplace.sharing import SharingRefused, create_sharing_group, remove_sharing_group, set_sharing
from tenantry.sync.sharing import Offer, offers_of


@pytest.fixture
def two(sync: Sync, world: World, clock: Clock, northwind: int) -> tuple[Desk, Desk]:
    """Northwind and Contoso on one Partner Center, the same two tenants pending in both."""
    contoso = make_marketplace("Contoso", clock, sync.connection)
    world.add(1, 2)
    sync.run(northwind)
    here, there = Desk(northwind, clock, sync), Desk(contoso, clock, sync)
    for desk in (here, there):
        desk.allow_links()
    return here, there


def account(clock: Clock, *places: tuple[Desk, Role], operator: bool = False) -> Account:
    made = create_account(
        email=f"p{Account.objects.count()}@people.example", name="P", password="correct-horse-battery",
        is_operator=operator, now=clock(),
    )  # fmt: skip
    for desk, role in places:
        with marketplace_scope(desk.marketplace_id):
            give_role(account_id=made.pk, account_name="P", role=role, actor=OPERATOR, now=clock())
    return made


def offered(desk: Desk, who: Account, number: int = 1) -> list[Offer]:
    pending = desk.pending(number)
    with marketplace_scope(desk.marketplace_id):
        return offers_of(pending, account_id=who.pk)


def share(clock: Clock, *desks: Desk) -> int:
    group = create_sharing_group(name="Sisters", actor=OPERATOR, now=clock())
    members = [desk.marketplace_id for desk in desks]
    assert set_sharing(group_id=group.pk, members=members, known=members, actor=OPERATOR, now=clock()) == len(members)
    return group.pk


def test_a_decision_in_one_marketplace_decides_nothing_in_the_other(two: tuple[Desk, Desk]) -> None:
    here, there = two
    there.create(1)
    here.ignore(1)
    assert (here.pending(1).state, there.pending(1).state) == ("ignored", "created")
    assert (here.pending(2).state, there.pending(2).state) == ("pending", "pending")


def test_nothing_crosses_to_those_who_do_not_manage_both(two: tuple[Desk, Desk], clock: Clock) -> None:
    here, there = two
    there.create(1)
    stranger = account(clock, (here, Role.MANAGER))
    half = account(clock, (here, Role.MANAGER), (there, Role.SALES_SUPPORT))
    support = account(clock, (here, Role.SALES_SUPPORT), (there, Role.MANAGER))
    operator = account(clock, operator=True)
    assert [offered(here, who) for who in (stranger, half, support, operator)] == [[], [], [], []]


def test_who_manages_both_is_offered_what_stands_there(two: tuple[Desk, Desk], clock: Clock) -> None:
    here, there = two
    both = account(clock, (here, Role.MANAGER), (there, Role.MANAGER))
    assert offered(here, both) == []
    company = there.company("Alpine Ski House", country="AT", number="FN 1")
    decided = there.link(1, company)
    (offer,) = offered(here, both)
    assert offer == Offer("Contoso", shared=False, kind="link", company_name="Alpine Ski House", country="AT",
                          registration_number="FN 1", decided_at=clock())  # fmt: skip
    assert offered(here, both, 2) == []
    assert offered(there, both) == []
    there.undo(decided.decision_id)
    assert offered(here, both) == []
    there.ignore(1)
    assert [(each.kind, each.company_name) for each in offered(here, both)] == [("ignore", "")]
    Account.objects.filter(pk=both.pk).update(is_active=False)
    assert offered(here, both) == []


def test_in_a_sharing_group_all_who_see_the_row_are_offered_it_until_the_group_ends(
    two: tuple[Desk, Desk], clock: Clock, sync: Sync
) -> None:
    here, there = two
    outside = Desk(make_marketplace("Fabrikam", clock, sync.connection), clock, sync)
    clock.pass_time(hours=1)
    sync.run(outside.marketplace_id)
    there.create(1)
    support = account(clock, (here, Role.SALES_SUPPORT))
    group = share(clock, here, there)
    (offer,) = offered(here, support)
    assert (offer.shared, offer.kind, offer.company_name) == (True, "create", "Customer 1 Ltd")
    assert offered(outside, account(clock, (outside, Role.MANAGER))) == []
    known = [here.marketplace_id, there.marketplace_id]
    remove_sharing_group(group_id=group, known=known, actor=OPERATOR, now=clock())
    assert offered(here, support) == []
    with marketplace_scope(here.marketplace_id):
        assert Marketplace.objects.get().sharing_group_id is None


def test_the_look_up_answers_for_the_open_marketplace_only(two: tuple[Desk, Desk], clock: Clock) -> None:
    here, there = two
    there.create(1)
    both = account(clock, (here, Role.MANAGER), (there, Role.MANAGER))
    from django.db import connection  # noqa: PLC0415  # beside its one use

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from offered_decisions(%s, %s)", [here.pending(1).tenant_id, both.pk])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("name", ["", "  ", "n" * 121, "Sisters"])
def test_a_group_needs_a_name_of_its_own(database: str, clock: Clock, name: str) -> None:
    create_sharing_group(name="Sisters", actor=OPERATOR, now=clock())
    with pytest.raises(SharingRefused):
        create_sharing_group(name=name, actor=OPERATOR, now=clock())
