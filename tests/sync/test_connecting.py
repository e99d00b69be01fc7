"""Connect tenant: a company waits for a tenant by domain or id, and it is linked when it shows up."""

import pytest
from tests.sync.deciding_stage import ALEX, KIM, Desk
from tests.sync.stage import Clock, Sync, make_marketplace, switch
from tests.sync.world import World

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.completing import complete_requests
from tenantry.sync.connecting import ConnectRefused, cancel_connect, request_connect
from tenantry.sync.models import CompanySyncSettings, ConnectRequest, Decision, Entitlement, TenantLink


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1)
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.allow_links()
    return desk


def ask(desk: Desk, company_id: int, given: str) -> ConnectRequest:
    with marketplace_scope(desk.marketplace_id):
        return request_connect(company_id=company_id, given=given, actor=KIM, now=desk.clock())


def again(desk: Desk, row: ConnectRequest) -> ConnectRequest:
    with marketplace_scope(desk.marketplace_id):
        return ConnectRequest.objects.select_related("tenant").get(pk=row.pk)


@pytest.mark.parametrize("given", ["customer7.onmicrosoft.com", " Customer7.EXAMPLE ", World.id_of(7).upper()])
def test_a_tenant_that_shows_up_is_linked_as_the_decision_of_whoever_asked(
    desk: Desk, world: World, clock: Clock, given: str
) -> None:
    pk = desk.company("Waiting Ltd")
    row = ask(desk, pk, given)
    assert (row.state, ask(desk, pk, given).pk) == ("pending", row.pk)
    with marketplace_scope(desk.marketplace_id):
        CompanySyncSettings.objects.update(create_automatically=True)  # the one exception to "not while this is on"
    world.add(7)
    clock.pass_time(hours=1)
    desk.sync.run(desk.marketplace_id)
    row = again(desk, row)
    assert (row.state, row.problem, row.tenant.external_id if row.tenant else "") == ("complete", "", World.id_of(7))
    with marketplace_scope(desk.marketplace_id):
        decision = Decision.objects.get()
        assert (decision.kind, decision.actor_name, decision.actor_id, decision.company_id) == (
            "link", KIM.name, KIM.id, pk,
        )  # fmt: skip
        assert Company.objects.get(pk=pk).name == "Waiting Ltd"
        assert TenantLink.objects.get(ended_at=None).company_id == pk
    assert desk.pending(7).state == "linked"


def test_a_tenant_that_is_here_already_is_linked_at_once(desk: Desk) -> None:
    row = ask(desk, desk.company("Waiting Ltd"), World.id_of(1))
    with marketplace_scope(desk.marketplace_id):
        assert complete_requests(now=desk.clock(), request=row.pk) == 1
        assert complete_requests(now=desk.clock()) == 0
    assert (again(desk, row).state, desk.pending(1).state) == ("complete", "linked")


def test_whoever_asks_for_a_tenant_that_was_ignored_before_decides_anew(desk: Desk) -> None:
    desk.ignore(1)
    desk.clock.pass_time(hours=1)
    pk = desk.company("Waiting Ltd")
    row = ask(desk, pk, World.id_of(1))
    with marketplace_scope(desk.marketplace_id):
        assert complete_requests(now=desk.clock()) == 1
        decision = Decision.objects.latest("pk")
    assert (decision.kind, decision.actor_name, decision.company_id) == ("link", KIM.name, pk)
    assert (again(desk, row).state, desk.pending(1).state) == ("complete", "linked")
    desk.undo(decision.pk)
    assert desk.pending(1).state == "ignored", "taken back, it is what it was"


def test_what_stands_in_the_way_is_kept_and_the_request_goes_on_waiting(desk: Desk) -> None:
    row = ask(desk, desk.company("Waiting Ltd"), World.id_of(1))
    desk.clock.pass_time(hours=1)
    desk.ignore(1, actor=ALEX)
    with marketplace_scope(desk.marketplace_id):
        assert complete_requests(now=desk.clock()) == 0
    row = again(desk, row)
    assert row.state == "pending"
    assert row.problem == f"{ALEX.name} ignored this tenant after it was asked for. Reopen it, or cancel this."
    desk.reopen(1)
    with marketplace_scope(desk.marketplace_id):
        assert complete_requests(now=desk.clock()) == 1
    assert again(desk, row).state == "complete"


def test_it_needs_link_company_and_company_sync(desk: Desk) -> None:
    pk = desk.company("Waiting Ltd")
    row = ask(desk, pk, World.id_of(1))
    switch(desk.marketplace_id, on=False)
    with pytest.raises(ConnectRefused, match="Company Sync is off"):
        ask(desk, pk, "contoso.com")
    with marketplace_scope(desk.marketplace_id):
        assert complete_requests(now=desk.clock()) == 0
        Entitlement.objects.update(link_company=False)
    with pytest.raises(ConnectRefused, match="Ask your operator"):
        ask(desk, pk, "contoso.com")
    assert again(desk, row).state == "pending"


@pytest.mark.parametrize("given", ["", "contoso", "http://contoso.com", "x" * 300, "<script>.com", "1234"])
def test_what_is_neither_domain_nor_id_is_refused(desk: Desk, given: str) -> None:
    with pytest.raises(ConnectRefused, match="neither a domain nor a tenant ID"):
        ask(desk, desk.company("Waiting Ltd"), given)


def test_one_tenant_is_waited_for_by_one_company(desk: Desk) -> None:
    first = ask(desk, desk.company("First"), "contoso.com")
    second = desk.company("Second")
    with pytest.raises(ConnectRefused, match=r"First waits for contoso\.com already, asked by Kim Manager"):
        ask(desk, second, "CONTOSO.com")
    with marketplace_scope(desk.marketplace_id):
        assert cancel_connect(pk=first.pk, actor=ALEX, now=desk.clock()).state == "cancelled"
        assert cancel_connect(pk=first.pk, actor=ALEX, now=desk.clock()).state == "cancelled"
    assert ask(desk, second, "contoso.com").state == "pending"


def test_a_linked_tenant_can_t_be_waited_for_and_a_complete_request_not_be_cancelled(desk: Desk) -> None:
    row = ask(desk, desk.company("Waiting Ltd"), World.id_of(1))
    with marketplace_scope(desk.marketplace_id):
        complete_requests(now=desk.clock())
        with pytest.raises(ConnectRefused, match="linked already"):
            cancel_connect(pk=row.pk, actor=KIM, now=desk.clock())
    with pytest.raises(ConnectRefused, match="is linked to Waiting Ltd already"):
        ask(desk, desk.company("Other"), World.id_of(1))


def test_another_marketplace_s_requests_and_companies_are_not_there(desk: Desk, sync: Sync, clock: Clock) -> None:
    row = ask(desk, desk.company("Waiting Ltd"), "contoso.com")
    contoso = make_marketplace("Contoso", clock, sync.connection)
    other = Desk(contoso, clock, sync)
    other.allow_links()
    with pytest.raises(Company.DoesNotExist):
        ask(other, row.company_id, "contoso.com")
    assert ask(other, other.company("Theirs"), "contoso.com").pk != row.pk
    with marketplace_scope(contoso), pytest.raises(ConnectRequest.DoesNotExist):
        cancel_connect(pk=row.pk, actor=ALEX, now=clock())
