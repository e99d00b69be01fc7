from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.database_content import table_hashes
from tests.sync.stage import PREVIEW, Clock, Sync, changes_of, execute, link, make_marketplace, states_of, switch
from tests.sync.world import World

from tenantry.connections.models import Connection
from tenantry.core.records import Contact, Relationship
from tenantry.sync.requests import SyncRefused

# All that a preview may write to: what was seen, the preview itself, and the record of it.
MAY_CHANGE = {
    "connections_callline",
    "sync_observation",
    "sync_observationpage",
    "sync_tenant",
    "sync_sighting",
    "sync_finding",
    "sync_run",
    "sync_change",
    "audit_event",
    "audit_chainlink",
    "audit_personkey",
}


def settle(sync: Sync, world: World, northwind: int) -> None:
    """A marketplace in the middle of its life."""
    world.add(*range(1, 8))
    sync.run(northwind)
    world.leave(5)
    sync.run(northwind)
    link(northwind, sync.connection, 7, sync.clock)
    sync.clock.pass_time(hours=26)


def stir(world: World) -> None:
    world.add(11, 12)
    world.rename(1, "Renamed")
    world.change_contact(2, Contact("Ben", "Cole", "ben@x.example"))
    world.change(3, relationship=Relationship.ADVISOR)


def shown(marketplace_id: int, run_id: int) -> dict[str, tuple[str, object, object]]:
    """What a run's changes do to each tenant in all: its kinds, from what, to what."""
    result: dict[str, tuple[str, object, object]] = {}
    for change in changes_of(marketplace_id, run_id):
        before = result[change.subject][1] if change.subject in result else change.before
        kind = "pending.add" if before is None else change.kind
        result[change.subject] = (kind, before, change.after)
    return result


def test_a_preview_writes_nothing_but_what_it_saw_and_itself(
    sync: Sync, world: World, northwind: int, owner_url: str
) -> None:
    settle(sync, world, northwind)
    stir(world)
    before = table_hashes(owner_url)
    preview = sync.run(northwind, PREVIEW)
    after = table_hashes(owner_url)
    assert {table for table in after if after[table] != before[table]} <= MAY_CHANGE
    assert (preview.state, preview.suspect) == ("previewed", "")
    assert preview.counters["changes"] == preview.counters["changes_planned"] > 5


def test_the_run_after_a_preview_does_exactly_what_was_previewed(sync: Sync, world: World, northwind: int) -> None:
    settle(sync, world, northwind)
    stir(world)
    preview = sync.run(northwind, PREVIEW)
    run = sync.run(northwind)
    previewed, done = changes_of(northwind, preview.pk), changes_of(northwind, run.pk)
    assert {change.state for change in previewed} == {"planned"}
    assert {change.state for change in done} == {"applied"}
    assert sorted((c.subject, c.kind, repr((c.before, c.after))) for c in previewed) == sorted(
        (c.subject, c.kind, repr((c.before, c.after))) for c in done
    )
    assert sorted(change.kind for change in done) == [
        "company.update", "pending.add", "pending.add", "pending.linked", "pending.update", "pending.update",
        "pending.withdraw", "pending.withdraw",
    ]  # fmt: skip


def test_a_preview_of_a_first_sync_shows_what_switching_on_would_bring(
    connection: Connection, sync: Sync, world: World, clock: Clock
) -> None:
    alpine = make_marketplace("Alpine", clock, connection, on=False, countries=["CH"])
    world.add(1, 2, country="CH")
    world.add(3)
    preview = sync.run(alpine, replace(PREVIEW, although_off=True))
    assert (preview.state, preview.counters["changes"], states_of(alpine)) == ("previewed", 2, {})
    switch(alpine, on=True)
    run = sync.run(alpine)
    assert shown(alpine, preview.pk) == shown(alpine, run.pk)


def test_a_preview_beside_a_run_plans_what_is_left(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2)
    preview = sync.request(northwind, PREVIEW)
    sync.run(northwind)
    assert changes_of(northwind, preview.pk) == []
    assert states_of(northwind) == {1: "pending", 2: "pending"}


def test_a_preview_alone_makes_no_run_for_anybody(
    connection: Connection, sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    make_marketplace("Other", clock, connection)
    world.add(1)
    sync.run(northwind, PREVIEW)
    assert states_of(northwind) == {}
    assert sync.observation().preview_only


@pytest.mark.parametrize("switch_off", [
    lambda url: execute(url, "update sync_entitlement set company_sync = false"),
    lambda url: execute(url, "delete from sync_feed"),
])  # fmt: skip
def test_without_the_operators_leave_or_a_feed_there_is_no_preview(
    sync: Sync, northwind: int, owner_url: str, switch_off: Callable[[str], int]
) -> None:
    switch_off(owner_url)
    with pytest.raises(SyncRefused, match="operator"):
        sync.request(northwind, PREVIEW)


def test_table_hashes_notice_every_change_of_content(sync: Sync, world: World, northwind: int, owner_url: str) -> None:
    before = table_hashes(owner_url)
    assert table_hashes(owner_url) == before
    execute(owner_url, "update sync_feed set countries = '{DE}'")
    changed = {table for table, digest in table_hashes(owner_url).items() if digest != before[table]}
    assert changed == {"sync_feed"}
    execute(owner_url, "update sync_feed set countries = '{}'")
    assert table_hashes(owner_url) == before
