"""``tenantry why``: the same rules at the terminal, and as JSON."""

import json

from django.utils import timezone
from tests.installed import tenantry
from tests.sync.stage import Clock, Sync, make_connection, make_marketplace
from tests.sync.world import World


def test_why_tells_each_rule_in_words_and_as_json(database: str) -> None:
    clock, world = Clock(timezone.now()), World()
    world.add(1)
    connection = make_connection("Partner Center", clock)
    northwind = make_marketplace("Northwind", clock, connection)
    make_marketplace("Contoso", clock)
    Sync(connection, world, clock).run(northwind)
    told = tenantry("why", "customer1.example", "--marketplace", "northwind")
    assert told.code == 0
    assert "Northwind: Customer 1 Ltd is in pending companies." in told.out
    assert "3. Is Company Sync on? Yes: tenants flow in. [goes on]" in told.out
    (here, there) = json.loads(tenantry("why", World.id_of(1), "--json").out)["tenants"]
    assert (here["tenant_id"], len(here["rules"]) >= 7) == (World.id_of(1), True)
    assert (there["marketplace"], there["tenant"], there["rules"]) == ("Contoso", "", [])
    wrong = tenantry("why", "no domain")
    assert (wrong.code, "neither a tenant ID nor a domain" in wrong.err) == (1, True)
