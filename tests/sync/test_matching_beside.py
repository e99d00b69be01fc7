"""Several workers match one marketplace beside each other; what changes is matched soon, and no change is missed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from tests.sync.deciding_stage import Desk
from tests.sync.stage import Clock, Sync, execute, rows
from tests.sync.world import World

from tenantry.core.matching import Certainty
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import CompanyMatchKey
from tenantry.sync.matching import refreshing
from tenantry.sync.matching.rebuilding import start_rebuild
from tenantry.sync.models import Match, PendingCompany, StaleMatching
from tenantry.sync.tasks import resume_decisions

ROWS = 40
_MATCH = "tenantry.sync.tasks.match"


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(*range(1, ROWS + 1))
    sync.run(northwind)
    return Desk(northwind, clock, sync)


def _in_a_thread(step: Callable[[], object]) -> object:
    try:
        return step()
    finally:
        connection.close()


def test_workers_share_the_work_and_miss_no_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "BATCH", 3)
    ids = [desk.company(f"Customer {number} GmbH", domains=(f"customer{number}.example",)) for number in range(1, 21)]
    with marketplace_scope(desk.marketplace_id):
        CompanyMatchKey.objects.filter(company_id=ids[0]).delete()
        start_rebuild()
    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(_in_a_thread, desk.match) for _ in range(3)]
        changes = [pool.submit(_in_a_thread, partial(desk.rename, pk, "Fabrikam Logistics")) for pk in ids[10:]]
        for each in [*workers, *changes]:
            each.result()
    desk.match()
    with marketplace_scope(desk.marketplace_id):
        assert not PendingCompany.objects.filter(matched_at=None).exists()
        assert not StaleMatching.objects.exists()
        assert Match.objects.count() == 20
    words = [desk.pending(number).certainty for number in range(1, ROWS + 1)]
    assert words == [Certainty.STRONG] * 10 + [Certainty.LIKELY] * 10 + [Certainty.NONE] * 20


def test_a_change_is_matched_at_once_and_within_a_minute_when_the_job_is_lost(desk: Desk, owner_url: str) -> None:
    waiting = f"select scheduled_at from procrastinate_jobs where status = 'todo' and task_name = '{_MATCH}'"  # noqa: S608
    company_id = desk.company("Customer 1 GmbH", domains=("customer1.example",))
    desk.match()
    for change in (
        partial(desk.rename, company_id, "Fabrikam"),
        partial(desk.reject, 1, company_id),
        partial(desk.company, "Customer 2"),
    ):
        execute(owner_url, "delete from procrastinate_jobs")
        change()
        assert rows(owner_url, waiting) == [(None,)]
        execute(owner_url, "delete from procrastinate_jobs")
        resume_decisions(timestamp=0)
        assert rows(owner_url, waiting) == [(None,)]
        desk.match()
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons["tenantry.sync.tasks.resume_decisions"] == "* * * * * 20,50"


def test_another_job_helps_while_there_is_much_to_match(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not refreshing.wants_help(desk.marketplace_id)
    monkeypatch.setattr(refreshing, "_MANY", ROWS - 1)
    assert refreshing.wants_help(desk.marketplace_id)
    desk.match()
    assert not refreshing.wants_help(desk.marketplace_id)
