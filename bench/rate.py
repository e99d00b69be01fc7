"""Reads details at the published limit, from two processes at once, and says how much of it was used.

Two connections of one partner tenant, each driven by a process of its own: the budget belongs to the partner,
so that both together must stay under its limit. Ends with 1 when less than 80 % of the limit was used, or
more than 1 % of the answers were refusals.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

if __package__ is None or __package__ == "":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.stage import (
    ROOT,
    control,
    django_environment,
    emulator,
    fresh_database,
    machine,
    postgres,
    scratch_folder,
    write_between,
)

LIMIT = 500
LEAST_SHARE = 0.80
MOST_REFUSED = 0.01
DATABASE = "rate"
CUSTOMERS = 4_000
_WARM_UP_SECONDS = 15.0
_ABOUT_ONE_CUSTOMER = "GET /v1/customers/{id}"


def main() -> None:
    """Run the measurement and print it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=180.0, help="How long to measure.")
    options.add_argument("--write", type=Path, help="A Markdown file with a place for the table.")
    options.add_argument("--drive", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.drive:
        drive(given.drive, given.seconds)
        return
    text, met = measure(given.seconds)
    print(text)
    if given.write:
        write_between(given.write, "rate", text)
    if not met:
        raise SystemExit("The rate was not met.")


def measure(seconds: float) -> tuple[str, bool]:
    """Let two processes read details for a while; return the table, and whether the aim was met."""
    conditions = machine()
    with (
        scratch_folder() as folder,
        emulator(folder, customers=CUSTOMERS, limit=LIMIT) as facts,
        postgres(folder) as server,
    ):
        fresh_database(server, DATABASE)
        environment = {**os.environ, **django_environment(server, DATABASE), "TENANTRY_LOG_LEVEL": "ERROR"}
        names = ("Partner Center A", "Partner Center B")
        _list_both(environment, facts, names)
        command = [sys.executable, "-m", "bench.rate", "--seconds", str(seconds + _WARM_UP_SECONDS + 10), "--drive"]
        drivers = [subprocess.Popen([*command, name], env=environment, cwd=ROOT) for name in names]
        try:
            time.sleep(_WARM_UP_SECONDS)
            before, started = control(facts, "/state"), time.monotonic()
            time.sleep(seconds)
            after, minutes = control(facts, "/state"), (time.monotonic() - started) / 60
        finally:
            for driver in drivers:
                driver.terminate()
                driver.wait(timeout=30)
    calls = _detail_calls(after) - _detail_calls(before)
    refused = after["throttled"] - before["throttled"]
    rate, share, refused_share = calls / minutes, (calls - refused) / minutes / LIMIT, refused / max(1, calls)
    text = "\n".join([
        f"Measured on {conditions}; two processes, {minutes * 60:.0f} s, limit {LIMIT} a minute.",
        "",
        "| calls a minute | of the limit used | answers that were 429 |",
        "|---|---|---|",
        f"| {rate:.0f} | {share:.1%} | {refused_share:.2%} |",
    ])  # fmt: skip
    return text, share >= LEAST_SHARE and refused_share <= MOST_REFUSED


def _detail_calls(state: dict[str, Any]) -> int:
    """Return how many calls were made that the limit counts: all that are about one customer."""
    return sum(count for path, count in state["paths"].items() if path.startswith(_ABOUT_ONE_CUSTOMER))


def _list_both(environment: dict[str, str], facts: dict[str, Any], names: tuple[str, ...]) -> None:
    os.environ.update(environment)
    from bench.ours import connect, marketplace_fed_by  # noqa: PLC0415  # Django is set up over the new database
    from django.db import connections  # noqa: PLC0415  # same
    from django.utils import timezone  # noqa: PLC0415  # same

    from tenantry.audit.events import SYSTEM  # noqa: PLC0415  # same
    from tenantry.isolation.scope import marketplace_scope  # noqa: PLC0415  # same
    from tenantry.sync.driving import drive_first_passes, drive_listing  # noqa: PLC0415  # same
    from tenantry.sync.feeds import add_feed  # noqa: PLC0415  # same
    from tenantry.sync.models import Trigger  # noqa: PLC0415  # same
    from tenantry.sync.requests import Asked, request_sync  # noqa: PLC0415  # same

    for name in names:
        connection = connect(facts, name)
        marketplace_id = marketplace_fed_by(connection)
        with marketplace_scope(marketplace_id):
            add_feed(connection=connection, countries=[], actor=SYSTEM, now=timezone.now())
        (run,) = request_sync(
            marketplace_id=marketplace_id, asked=Asked(SYSTEM, Trigger.COMMAND_LINE), now=timezone.now(),
            enqueue=False, connection_id=connection.pk,
        )  # fmt: skip
        drive_listing(run.observation_id or 0, clock=timezone.now, should_stop=lambda: False)
        drive_first_passes(connection.pk, clock=timezone.now, should_stop=lambda: False)
    connections.close_all()


def drive(name: str, seconds: float) -> None:
    """Read the details of one connection, as a worker does, for so many seconds."""
    from tenantry.cli.installation import set_up_django  # noqa: PLC0415  # only the measured processes need Django

    set_up_django()
    from django.utils import timezone  # noqa: PLC0415  # same

    from tenantry.connections.models import Connection  # noqa: PLC0415  # same
    from tenantry.sync.driving import drive_details  # noqa: PLC0415  # same

    until = time.monotonic() + seconds
    connection = Connection.objects.get(name=name)
    while time.monotonic() < until:
        drive_details(connection.pk, clock=timezone.now, should_stop=lambda: time.monotonic() >= until)
        time.sleep(0.5)


if __name__ == "__main__":
    main()
