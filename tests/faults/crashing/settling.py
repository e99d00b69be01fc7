"""Lets a world come to rest after its kills: the provider stands still, a last sync of everything, then waiting."""

import json
import subprocess
import sys
import time
from typing import Any, LiteralString

import psycopg
from tests.faults.crashing.outside import Outside
from tests.faults.crashing.served import Served
from tests.faults.crashing.traffic import Traffic

LEASES = (
    "update marketplace_invitation set claimed_at = claimed_at - interval '6 minutes' "
    "where state = 'waiting' and claimed_at < now() - interval '15 seconds'"
)
"""A sender that was killed leaves its claim for five minutes. Nobody waits here: the claim is made older."""
STILL_TO_DO: dict[str, LiteralString] = {
    "runs that go on": "select count(*) from sync_run where ended_at is null",
    "readings that go on": "select count(*) from sync_observation where state in ('waiting', 'listing')",
    "invitations to be sent": "select count(*) from marketplace_invitation where state = 'waiting'",
    "webhooks to be delivered": "select count(*) from webhooks_delivery where state = 'waiting'",
    "rows to be matched": "select count(*) from sync_pendingcompany where matched_at is null and state = 'pending'",
    "changes to be made": "select count(*) from sync_change where state in ('planned', 'approved')",
    "jobs under way": (
        "select count(*) from procrastinate_jobs where status = 'doing' or status = 'todo' and "
        "coalesce(scheduled_at, now()) <= now() and queueing_lock is null"
    ),
}
"""What counts the work that is left, by name: all zero when an installation is at rest."""


def call_furnishing(served: Served, given: dict[str, Any]) -> dict[str, Any]:
    """Run the furnishing process over the installation's database; return its answer."""
    environment = {
        **served.environment, "DATABASE_URL": served.postgres.url(), "TENANTRY_HOME": str(served.home.path),
        "DJANGO_SETTINGS_MODULE": "tenantry.config.settings",
        "TENANTRY_URL": f"http://127.0.0.1:{served.port}",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.crashing.furnishing"], input=json.dumps(given), env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def left(served: Served) -> dict[str, int]:
    """Return what is still to be done, by name; nothing when the installation is at rest."""
    try:
        found = {name: int(served.rows(query)[0]["count"]) for name, query in STILL_TO_DO.items()}
    except psycopg.OperationalError:
        return {"the database is away": 1}
    return {name: count for name, count in found.items() if count}


def rest(served: Served, *, seconds: float) -> dict[str, int]:
    """Wait until nothing is left to do; return what is left when it took longer."""
    until = time.monotonic() + seconds
    while remaining := left(served):
        if time.monotonic() > until:
            return remaining
        served.keep_up()
        if "invitations to be sent" in remaining:
            served.one(LEASES)
        time.sleep(0.1)
    return {}


def settle(served: Served, outside: Outside, traffic: Traffic, *, seconds: float = 150.0) -> dict[str, int]:
    """Bring everything up to date and to rest; return what is left to do in spite of that.

    The list is read twice more, because a tenant counts as gone only after two complete lists without it.
    """
    traffic.finish()
    outside.emulator.faults.clear()
    remaining = rest(served, seconds=seconds)
    for _ in range(2):
        traffic.ask("POST", "/runs")
        remaining = rest(served, seconds=seconds)
        while not remaining and traffic.release():
            remaining = rest(served, seconds=seconds)
    for company in served.rows("select distinct company_id from sync_tenantlink where ended_at is null"):
        traffic.ask("POST", f"/companies/{company['company_id']}/user-sync")
    remaining = remaining or rest(served, seconds=seconds)
    call_furnishing(served, {})
    return remaining
