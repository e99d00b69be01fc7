"""The legs of ``bench/scale.py``: the code that workers run, its steps measured apart.

``python -m bench.ours_scale LEG FACTS.json [FIRST LAST]``. The functions that the sync itself calls are measured where
it calls them, so that nothing is run in another way or order than it is by a worker.
"""

from typing import Any

from tenantry.cli.installation import set_up_django

set_up_django()  # as the worker does it

import json  # noqa: E402  # Django must be set up first
import sys  # noqa: E402  # same
from collections.abc import Callable, Sequence  # noqa: E402  # same
from dataclasses import astuple  # noqa: E402  # same
from pathlib import Path  # noqa: E402  # same

from bench.crowd import EMAIL, PASSWORD  # noqa: E402  # same
from bench.ours import BENCH, connect, end_sync, marketplace_fed_by, measure_sync  # noqa: E402  # same
from bench.ours_people import connection_to, link_some  # noqa: E402  # same
from bench.probes import Cost, Watch, in_parts, total  # noqa: E402  # same
from bench.stage import peak_mb  # noqa: E402  # same
from django.db import connection as database  # noqa: E402  # same
from django.utils import timezone  # noqa: E402  # same

from tenantry.accounts.services import create_account  # noqa: E402  # same
from tenantry.connections.directories import open_directories  # noqa: E402  # same
from tenantry.core.permissions import Role  # noqa: E402  # same
from tenantry.isolation.scope import marketplace_scope  # noqa: E402  # same
from tenantry.marketplace.queries import every_marketplace_id  # noqa: E402  # same
from tenantry.marketplace.services import give_role  # noqa: E402  # same
from tenantry.sync import driving  # noqa: E402  # same
from tenantry.sync.models import Run, Trigger  # noqa: E402  # same
from tenantry.sync.people import passes as people_passes  # noqa: E402  # same
from tenantry.sync.people.finishing import finish_people_run  # noqa: E402  # same
from tenantry.sync.people.reading import TenantReader  # noqa: E402  # same
from tenantry.sync.people.requests import request_people_sync  # noqa: E402  # same
from tenantry.sync.people.runs import Wish, begin_people_run, live_people_runs  # noqa: E402  # same
from tenantry.sync.people.views import SharedAddresses  # noqa: E402  # same
from tenantry.sync.runs import passes  # noqa: E402  # same

Facts = dict[str, Any]


def prepare(facts: Facts, _which: slice) -> dict[str, Any]:
    """Connect, and make the marketplace with its manager."""
    marketplace_id, now = marketplace_fed_by(connect(facts)), timezone.now()
    account = create_account(email=EMAIL, name="Max", password=PASSWORD, is_operator=False, now=now)
    with marketplace_scope(marketplace_id):
        give_role(account_id=account.pk, account_name="Max", role=Role.MANAGER, actor=BENCH, now=now)
    return {"marketplace": marketplace_id}


def tenants(facts: Facts, _which: slice) -> dict[str, Any]:
    """Read the list, plan and apply: the whole sync of one marketplace but for details."""
    watch = _watch()
    watch.on(driving, "read_next_page", "listing")
    watch.on(passes, "plan_next", "planning")
    watch.on(passes, "apply_next", "applying")
    rows = measure_sync(facts).rows
    told = _told(rows, dict(watch.calls))
    end_sync(facts)
    return told


def link(facts: Facts, which: slice) -> dict[str, Any]:
    """Link these customers, each to a company of its own, through a connection of their own."""
    link_some(connection_to(facts, _name(which)), which)
    return {}


def people(facts: Facts, which: slice) -> dict[str, Any]:
    """Read the people of these customers, all of them new, then plan and apply, then end the run."""
    connection, watch = connection_to(facts, _name(which)), _watch()
    [marketplace_id] = every_marketplace_id()
    wish = Wish(BENCH, Trigger.COMMAND_LINE)
    request_people_sync(
        marketplace_id=marketplace_id, wish=wish, now=timezone.now(), enqueue=False, connection_id=connection.pk
    )
    [run] = live_people_runs(connection.pk)
    begin_people_run(run)
    watch.on(people_passes, "apply_next", "applying")
    plan = watch.around("planning and applying", people_passes.plan_read)
    with open_directories(connection) as directories:
        reader = TenantReader(connection, directories, run, timezone.now, _never, _nothing)
        while watch.around("reading", reader.read_some)(enough=_never):
            pass
    while plan(run, clock=timezone.now, should_stop=_never, shared=SharedAddresses()):
        pass
    finish = watch.around("ending the run", finish_people_run)
    finish(run, clock=timezone.now, should_stop=_never)
    with marketplace_scope(marketplace_id):
        done = Run.objects.get(pk=run.run_id)
    if done.state != "done" or done.suspect or not done.counters.get("changes_applied"):
        raise SystemExit(f"The run did not end well: {done.state} {done.suspect} {done.failure} {done.counters}")
    applying = total(watch.calls["applying"])
    costs = {name: [total(calls)] for name, calls in watch.calls.items()}
    costs["planning"] = [total(costs.pop("planning and applying")) - applying]
    return _told(int(done.counters["people_seen"]), costs)


def _watch() -> Watch:
    with database.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return Watch(int(cursor.fetchone()[0]))


def _told(rows: int, calls: dict[str, list[Cost]]) -> dict[str, Any]:
    costs = {name: [astuple(part) for part in in_parts(each)] for name, each in calls.items()}
    return {"rows": rows, "costs": costs, "peak_mb": peak_mb()}


def _name(which: slice) -> str:
    return f"Google from {which.start}"


def _never() -> bool:
    return False


def _nothing(_tenant_ids: Sequence[int]) -> None:
    """After tenants were stored a worker plans them: here that is measured by itself, later."""


LEGS: dict[str, Callable[[Facts, slice], dict[str, Any]]] = {
    "prepare": prepare, "tenants": tenants, "link": link, "people": people,
}  # fmt: skip

if __name__ == "__main__":
    leg, facts_file, *edges = sys.argv[1:]
    given = json.loads(Path(facts_file).read_text(encoding="utf-8"))
    print(json.dumps(LEGS[leg](given, slice(*map(int, edges)) if edges else slice(None))))
