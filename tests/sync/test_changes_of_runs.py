"""The changes of a run, page by page: each once and in order, whatever kinds there are."""

from tests.sync.stage import Sync
from tests.sync.world import World

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change
from tenantry.sync.runs.queries import kinds_of_changes, list_changes


def test_changes_of_several_kinds_stand_in_the_order_in_which_they_were_planned(
    sync: Sync, world: World, northwind: int
) -> None:
    world.add(1, 2, 3, 4, 5)
    run = sync.run(northwind)
    with marketplace_scope(northwind):
        planned = list(Change.objects.order_by("id").values_list("id", "kind"))
        assert kinds_of_changes(run) == sorted({kind for _, kind in planned}) == ["pending.add", "pending.update"]
        walked: list[int] = []
        after = ""
        while after or not walked:
            page = list_changes(run, after=after, size=3)
            walked += [change.pk for change in page.rows]
            after = page.after
        assert walked == [pk for pk, _ in planned]
        updates = [pk for pk, kind in planned if kind == "pending.update"]
        assert [change.pk for change in list_changes(run, kind="pending.update").rows] == updates


def test_a_run_without_changes_has_an_empty_page_of_them(sync: Sync, northwind: int) -> None:
    run = sync.run(northwind)
    with marketplace_scope(northwind):
        assert kinds_of_changes(run) == []
        assert list_changes(run).rows == []
