"""Reading people: throughput against a bare fetch-and-parse loop, an unchanged second run, and one very large tenant.

``python -m bench.people [--tenants 10000] [--people 20] [--crowd 200000] [--times 3]``. Google is read, because there
every tenant takes the same two calls in both loops: those who are there, and those who were deleted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from bench.stage import (
    ROOT,
    Measured,
    control,
    django_environment,
    drop_database,
    fresh_database,
    machine,
    measured,
    postgres,
    report,
    scratch_folder,
)

from tenantry.runtime.embedded import EmbeddedPostgres

# What a run writes about itself, whatever it finds.
BOOKKEEPING = {
    "sync_observation", "sync_observationpage", "sync_peoplereading", "sync_run", "sync_runtenant", "audit_event",
    "connections_callline", "django_session",
}  # fmt: skip
_READY_SECONDS = 120.0


@contextmanager
def google(folder: Path, *, customers: int, people: int) -> Iterator[dict[str, Any]]:
    """Serve an emulated Google without limits, in a process of its own."""
    ready = folder / f"emulator-{customers}.json"
    command = [sys.executable, "-m", "tenantry.emulator", "--home", str(folder / "emulator"), "--limit", "0"]
    command += ["--customers", str(customers), "--google-customers", str(customers), "--google-quota", "0"]
    command += ["--people", str(people), "--ready-file", str(ready)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _READY_SECONDS
        while not ready.is_file():
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit("The emulator did not start; its message is above.")
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        server.terminate()
        server.wait(timeout=30)


def prepare(facts: dict[str, Any]) -> None:
    """Connect, and link every tenant to a company of its own."""
    from bench.ours_people import link_everything  # noqa: PLC0415  # Django is set up there

    link_everything(facts)


def run(facts: dict[str, Any]) -> Measured:
    """One run of User Sync over all tenants."""
    from bench.ours_people import sync_people  # noqa: PLC0415  # same

    return measured(facts, lambda: sync_people(facts))


def bare(facts: dict[str, Any]) -> Measured:
    """Fetch both listings of every tenant and parse them: no records, no storing, one call after the other."""
    import httpx2  # noqa: PLC0415  # each leg pays for its own imports only
    from bench.ours_people import access_token, customer_ids  # noqa: PLC0415  # same

    ids, token = customer_ids(facts), access_token(facts)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    url = f"{facts['google']['url']}/admin/directory/v1/users"

    def everything() -> int:
        count = 0
        with httpx2.Client(headers=headers, trust_env=False, timeout=120) as client:
            for customer in ids:
                count += _pages(client, url, {"customer": customer, "maxResults": "500", "orderBy": "email"})
                _pages(client, url, {"customer": customer, "maxResults": "500", "showDeleted": "true"})
        return count

    return measured(facts, everything)


def _pages(client: Any, url: str, params: Mapping[str, str]) -> int:
    count, token = 0, ""
    while True:
        page = json.loads(client.get(url, params={**params, **({"pageToken": token} if token else {})}).content)
        count += len(page.get("users", ()))
        token = page.get("nextPageToken", "")
        if not token:
            return count


LEGS = {"bare": bare, "run": run}


def _leg(name: str, facts_file: Path, environment: Mapping[str, str]) -> Measured:
    done = subprocess.run(
        [sys.executable, "-m", "bench.people", "--leg", name, "--facts", str(facts_file)],
        env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"The leg {name} failed; its message is above.")
    lines = done.stdout.splitlines()
    return Measured(**json.loads(lines[-1])) if lines else Measured(0, 0, 0, 0, 0)


def _written(server: EmbeddedPostgres, name: str) -> dict[str, int]:
    """Return how many rows were written in each table so far, bookkeeping left out."""
    time.sleep(1.5)  # the statistics of a session that ended are counted then
    with psycopg.connect(server.owner_dsn(name)) as owner:
        rows = owner.execute("select relname::text, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables")
        found = {table: int(count) for table, count in rows}
    return {table: count for table, count in found.items() if table not in BOOKKEEPING and "procrastinate" not in table}


def throughput(folder: Path, server: EmbeddedPostgres, *, tenants: int, people: int, times: int) -> None:
    """Compare runs with the bare loop, and look at what an unchanged run writes."""
    with google(folder, customers=tenants, people=people) as facts:
        facts_file = folder / f"emulator-{tenants}.json"
        control(facts, "/state")
        ratios, firsts, seconds_ = [], [], []
        for number in range(times):
            name = f"people_{number}"
            fresh_database(server, name)
            environment = django_environment(server, name)
            _leg("prepare", facts_file, environment)
            plain = _leg("bare", facts_file, environment)
            first = _leg("run", facts_file, environment)
            before = _written(server, name)
            second = _leg("run", facts_file, environment)
            after = _written(server, name)
            changed = {table: after[table] - before.get(table, 0) for table in after}
            written = {table: count for table, count in changed.items() if count}
            print(
                f"  run {number + 1}: bare {plain.seconds:.1f} s ({plain.rows:,} people), first {first.seconds:.1f} s, "
                f"unchanged {second.seconds:.1f} s, peak {first.peak_mb:.0f} MB; written by the unchanged one: "
                f"{written or 0}"
            )
            ratios.append(plain.seconds / second.seconds)
            firsts.append(plain.seconds / first.seconds)
            seconds_.append(second.rows / second.seconds)
            drop_database(server, name)
    print(
        f"Throughput as a ratio to the bare loop: {statistics.median(ratios):.2f} unchanged, "
        f"{statistics.median(firsts):.2f} when everybody is new; {statistics.median(seconds_):,.0f} people a second"
    )


def crowd(folder: Path, server: EmbeddedPostgres, *, people: int) -> None:
    """Read one tenant of this many people, twice."""
    with google(folder, customers=1, people=people):
        fresh_database(server, "crowd")
        environment = django_environment(server, "crowd")
        facts_file = folder / "emulator-1.json"
        _leg("prepare", facts_file, environment)
        for name in ("new", "unchanged"):
            done = _leg("run", facts_file, environment)
            print(f"One tenant of {people:,} people, {name}: {done.seconds:.0f} s, peak {done.peak_mb:.0f} MB "
                  f"({done.rows:,} seen)")  # fmt: skip
        drop_database(server, "crowd")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--crowd", type=int, default=200_000, help="people of the one large tenant; 0: leave it out")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--leg", default="")
    parser.add_argument("--facts", type=Path)
    given = parser.parse_args()
    if given.leg:
        facts = json.loads(given.facts.read_text(encoding="utf-8"))
        if given.leg == "prepare":
            prepare(facts)
        else:
            report(LEGS[given.leg](facts))
        return
    print(machine())
    with scratch_folder() as folder, postgres(folder) as server:
        if given.tenants:
            throughput(folder, server, tenants=given.tenants, people=given.people, times=given.times)
        if given.crowd:
            crowd(folder, server, people=given.crowd)


if __name__ == "__main__":
    main()
