from tests.sync.stage import Sync, states_of
from tests.sync.world import World


def test_a_first_run_brings_every_customer_in(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2, 3, 4, 5)
    run = sync.run(northwind)
    assert (run.state, run.complete, run.suspect) == ("done", True, "")
    assert states_of(northwind) == dict.fromkeys(range(1, 6), "pending")
