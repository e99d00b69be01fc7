"""The limit of 500 reads of a customer a minute, here made small."""

import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner

from tenantry.emulator.clock import Clock
from tenantry.emulator.limits import Limit
from tenantry.emulator.microsoft.graph_refusals import GraphRefusal
from tenantry.emulator.microsoft.graph_units import Units, cost_of
from tenantry.emulator.server import EmulatorOptions


def statuses(partner: Partner, count: int, path: str = "") -> list[int]:
    address = path or f"/v1/customers/{partner.emulator.world.tenant_id(0)}"
    return [partner.get(address).status_code for _ in range(count)]


def test_the_published_limit_is_the_usual_one(start: Starting) -> None:
    partner = start()
    options = EmulatorOptions(home=partner.emulator.options.home)
    assert (options.limit, options.window) == (500, 60.0)


def test_too_many_reads_are_refused_by_the_gateway_with_retry_after(start: Starting) -> None:
    partner = start(limit=5)
    assert statuses(partner, 5) == [200] * 5
    answer = partner.get(f"/v1/customers/{partner.emulator.world.tenant_id(0)}")
    wait = int(answer.headers["retry-after"])
    assert 55 <= wait <= 60
    assert answer.status_code == 429
    assert answer.json() == {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {wait} seconds."}
    assert partner.emulator.counters.throttled == 1


def test_parts_of_a_customer_count_and_listings_do_not(start: Starting) -> None:
    partner = start(limit=4)
    tenant = partner.emulator.world.tenant_id(0)
    assert statuses(partner, 20, "/v1/customers?size=1") == [200] * 20
    assert statuses(partner, 2, f"/v1/customers/{tenant}/profiles/billing") == [200] * 2
    assert statuses(partner, 3) == [200, 200, 429]


def test_waiting_as_told_is_enough(start: Starting) -> None:
    partner = start(limit=3)
    assert statuses(partner, 4) == [200, 200, 200, 429]
    answer = partner.get(f"/v1/customers/{partner.emulator.world.tenant_id(0)}")
    partner.emulator.clock.advance(int(answer.headers["retry-after"]))
    assert statuses(partner, 1) == [200]


def test_the_window_slides() -> None:
    clock = Clock()
    limit = Limit(clock, 3)
    assert [limit.refuse_for() for _ in range(2)] == [0, 0]
    clock.advance(30)
    assert limit.refuse_for() == 0
    assert limit.refuse_for() == 30
    clock.advance(30)
    assert [limit.refuse_for() for _ in range(2)] == [0, 0]
    assert limit.refuse_for() == 30


def test_retrying_early_counts_against_the_quota() -> None:
    clock = Clock()
    limit = Limit(clock, 3)
    assert [limit.refuse_for() for _ in range(3)] == [0, 0, 0]
    clock.advance(30)
    assert limit.refuse_for() == 30
    assert [limit.refuse_for() for _ in range(3)] == [30, 30, 60]
    clock.advance(30)
    assert limit.refuse_for() > 0
    clock.advance(61)
    assert limit.refuse_for() == 0


def test_the_limit_can_be_changed_and_switched_off(start: Starting) -> None:
    partner = start(limit=1)
    assert statuses(partner, 2) == [200, 429]
    partner.control("POST", "/limits", {"limit": 2, "window": 30})
    assert statuses(partner, 3) == [200, 200, 429]
    partner.control("POST", "/limits", {"limit": 0})
    assert statuses(partner, 30) == [200] * 30


def test_graph_counts_units_by_tenant_and_refuses_with_retry_after() -> None:
    clock = Clock()
    units = Units(clock, limit=5)
    for _ in range(5):
        units.spend("a", "/v1.0/users/delta", {"$select": "id"})
    with pytest.raises(GraphRefusal) as refused:
        units.spend("a", "/v1.0/users/delta", {"$select": "id"})
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (429, "TooManyRequests", 10)
    units.spend("b", "/v1.0/directoryroles", {})
    clock.advance(10)
    units.spend("a", "/v1.0/users", {"$top": "999"})
    assert (cost_of("/v1.0/users", {"$top": "999"}), cost_of("/v1.0/users", {"$select": "id", "$top": "1"})) == (3, 1)
