"""Whatever people decide, undo and sync, in whatever order: one live link per tenant, and nothing decided twice."""

import uuid
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sync.deciding_stage import ALEX, Desk
from tests.sync.stage import Clock, Sync, make_connection, make_marketplace, switch
from tests.sync.world import World

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import wake_snoozed
from tenantry.sync.models import Decision, PendingCompany, TenantLink
from tenantry.sync.switches import read_company_sync

_TENANTS = (1, 2)
_STEPS = (
    "create", "link", "ignore", "snooze", "reopen", "reject", "undo", "sync", "rename", "leave", "off", "on", "wake",
)  # fmt: skip
_step = st.tuples(st.sampled_from(_STEPS), st.sampled_from(_TENANTS))


def _undo_last(desk: Desk, number: int) -> None:
    pending = desk.pending(number)
    with marketplace_scope(desk.marketplace_id):
        last = Decision.objects.filter(pending=pending).order_by("-pk").first()
    if last is not None:
        desk.undo(last.pk, actor=ALEX)


def _do(desk: Desk, world: World, company_id: int, step: str, number: int) -> None:
    steps: dict[str, Callable[[], object]] = {
        "create": lambda: desk.create(number),
        "link": lambda: desk.link(number, company_id, fill_blanks=True, add_contact=True),
        "ignore": lambda: desk.ignore(number),
        "snooze": lambda: desk.snooze(number),
        "reopen": lambda: desk.reopen(number),
        "reject": lambda: desk.reject(number, company_id),
        "undo": lambda: _undo_last(desk, number),
        "sync": lambda: desk.sync.run(desk.marketplace_id),
        "rename": lambda: world.rename(number, f"Name {desk.clock.now:%d}"),
        "leave": lambda: world.leave(number),
        "off": lambda: switch(desk.marketplace_id, on=False),
        "on": lambda: switch(desk.marketplace_id, on=True),
        "wake": lambda: wake_snoozed(marketplace_id=desk.marketplace_id, now=desk.clock()),
    }
    try:
        steps[step]()
    except (AlreadyDecided, DecisionRefused):
        return


def _check(desk: Desk) -> None:
    """Each row's state, its live link and its last decision tell the same."""
    with marketplace_scope(desk.marketplace_id):
        linked = list(TenantLink.objects.filter(ended_at=None).values_list("tenant_id", flat=True))
        assert len(linked) == len(set(linked))
        for pending in PendingCompany.objects.all():
            assert (pending.state in {"created", "linked"}) == (pending.tenant_id in linked)
            assert (pending.company_id is not None) == (pending.tenant_id in linked)
            assert (pending.snoozed_until is not None) == (pending.state == "snoozed")


@pytest.mark.timeout(300)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plays=st.lists(_step, min_size=3, max_size=9))
def test_no_order_of_decisions_undos_and_syncs_links_a_tenant_twice(
    plays: list[tuple[str, int]], database: str, clock: Clock
) -> None:
    world = World()
    world.add(*_TENANTS)
    connection = make_connection(f"Partner {uuid.uuid4()}", clock)
    desk = Desk(make_marketplace("Northwind", clock, connection), clock, Sync(connection, world, clock))
    desk.sync.run(desk.marketplace_id)
    desk.allow_links()
    company_id = desk.company("Customer 1", domains=("customer1.example",))
    for step, number in plays:
        clock.pass_time(hours=2)
        switched_off = step == "sync" and not _is_on(desk)
        if not switched_off:
            _do(desk, world, company_id, step, number)
        _check(desk)


def _is_on(desk: Desk) -> bool:
    with marketplace_scope(desk.marketplace_id):
        return read_company_sync().on
