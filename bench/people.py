"""Reading people: throughput beside a bare loop, an unchanged run, a very large tenant, and the use of a limit.

``python -m bench.people [--only throughput|crowd|rate] [--write FILE]``. Google is read, because there every tenant
takes the same two calls in both loops (those who are there, and those who were deleted), and its limit is published.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __package__ is None or __package__ == "":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from bench.stage import (
    ROOT,
    Measured,
    control,
    django_environment,
    drop_database,
    emulator,
    fresh_database,
    machine,
    measured,
    postgres,
    report,
    run_leg,
    scratch_folder,
    settle,
    write_between,
)

from tenantry.runtime.embedded import EmbeddedPostgres

# What a run writes about itself, whatever it finds.
BOOKKEEPING = {
    "sync_observation", "sync_observationpage", "sync_peoplereading", "sync_run", "sync_runtenant", "audit_event",
    "connections_callline", "django_session",
}  # fmt: skip
QUOTA = 2_400
LEAST_RATIO, MOST_MB, LEAST_SHARE, MOST_REFUSED = 0.5, 300, 0.80, 0.01
_WARM_UP_SECONDS = 20.0
_RATE_TENANTS = 2_000


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure. ``people`` in each of ``tenants``, ``crowd`` in the large one; ``times`` for a median."""

    tenants: int
    people: int
    crowd: int
    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """A database, an emulator's facts, and how legs get at both."""

    server: EmbeddedPostgres
    name: str
    facts: dict[str, Any]
    facts_file: Path

    def leg(self, name: str, *more: str) -> Measured:
        """Run a leg on the database, in a process of its own."""
        environment = django_environment(self.server, self.name)
        return run_leg(
            "--leg", name, "--facts", str(self.facts_file), *more, environment=environment, module="bench.people"
        )


@contextmanager
def place(
    folder: Path, server: EmbeddedPostgres, name: str, *, customers: int, people: int, quota: int = 0
) -> Iterator[Place]:
    """Give a database in which every tenant of an emulated Google is linked to a company."""
    more = {"google-customers": customers, "google-quota": quota, "people": people}
    with emulator(folder, customers=customers, limit=0, more=more, name=name) as facts:
        fresh_database(server, name)
        here = Place(server, name, facts, folder / f"{name}.json")
        here.leg("prepare", *(["--limited"] if quota else []))
        settle(server, name)
        yield here
        drop_database(server, name)


# What the legs do, each in a process of its own.


def prepare(facts: dict[str, Any], given: argparse.Namespace) -> Measured:
    """Connect, and link every tenant to a company of its own."""
    from bench.ours_people import link_everything  # noqa: PLC0415  # Django is set up there

    link_everything(facts, limited=given.limited)
    return Measured(0, 0, 0, 0, 0)


def run(facts: dict[str, Any], given: argparse.Namespace) -> Measured:
    """One run of User Sync over all tenants, or as long as it may take."""
    from bench.ours_people import sync_people  # noqa: PLC0415  # same

    until = time.monotonic() + given.seconds if given.limited else float("inf")
    return measured(facts, lambda: sync_people(facts, until=until))


def bare(facts: dict[str, Any], given: argparse.Namespace) -> Measured:
    """Fetch both listings of a part of the tenants and parse them: no records, no storing, one call after the other."""
    import httpx2  # noqa: PLC0415  # each leg pays for its own imports only
    from bench.ours_people import access_token, customer_ids  # noqa: PLC0415  # same

    ids, token = customer_ids(facts)[given.part :: given.times], access_token(facts)
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


LEGS = {"prepare": prepare, "bare": bare, "run": run}


# What is measured.


def throughput(folder: Path, server: EmbeddedPostgres, scale: Scale) -> tuple[str, bool]:
    """Compare unchanged runs with the bare loop, and look at what they write. The bare loop takes a part each time."""
    with place(folder, server, "people", customers=scale.tenants, people=scale.people) as here:
        control(here.facts, "/state")
        first = here.leg("run")
        settle(server, here.name)
        rows, ratios, plain_rates, wrote = [], [], [], 0
        for number in range(scale.times):
            plain = here.leg("bare", "--part", str(number), "--times", str(scale.times))
            before = _written(server, here.name)
            again = here.leg("run")
            after = _written(server, here.name)
            changed = sum(after[table] - before.get(table, 0) for table in after)
            wrote += changed
            plain_rates.append(plain.rows / plain.seconds)
            ratios.append(again.rows / again.seconds / plain_rates[-1])
            rows.append(f"| {number + 1} | {plain_rates[-1]:,.0f} | {again.rows / again.seconds:,.0f} | "
                        f"{ratios[-1]:.2f} | {again.peak_mb:.0f} | {changed} |")  # fmt: skip
    ratio = statistics.median(ratios)
    new = first.rows / first.seconds
    share = new / statistics.median(plain_rates)
    anew = f"The first run, with everybody new: {new:,.0f} people a second ({share:.2f}), {first.peak_mb:.0f} MB."
    lines = [
        f"{scale.tenants:,} tenants of {scale.people} people, no limits; people a second.", "",
        "| run | bare loop | unchanged run | ratio | peak MB | rows written besides bookkeeping |",
        "|---|---|---|---|---|---|", *rows, "",
        f"Median ratio {ratio:.2f} (aim at least {LEAST_RATIO}). {anew}",
    ]  # fmt: skip
    return "\n".join(lines), ratio >= LEAST_RATIO and wrote == 0


def _written(server: EmbeddedPostgres, name: str) -> dict[str, int]:
    """Return how many rows were written in each table so far, bookkeeping left out."""
    time.sleep(1.5)  # the statistics of a session that ended are counted then
    with psycopg.connect(server.owner_dsn(name)) as owner:
        rows = owner.execute("select relname::text, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables")
        found = {table: int(count) for table, count in rows}
    return {table: count for table, count in found.items() if table not in BOOKKEEPING and "procrastinate" not in table}


def crowd(folder: Path, server: EmbeddedPostgres, scale: Scale) -> tuple[str, bool]:
    """Read one tenant of very many people, twice."""
    with place(folder, server, "crowd", customers=1, people=scale.crowd) as here:
        legs = {name: here.leg("run") for name in ("everybody new", "unchanged")}
    lines = [
        f"One tenant of {scale.crowd:,} people (aim: less than {MOST_MB} MB).",
        "",
        "| run | seconds | peak MB |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {done.seconds:.0f} | {done.peak_mb:.0f} |" for name, done in legs.items()]
    return "\n".join(lines), all(done.peak_mb < MOST_MB for done in legs.values())


def rate(folder: Path, server: EmbeddedPostgres, scale: Scale) -> tuple[str, bool]:
    """Read people at Google's usual limit for a while."""
    with place(folder, server, "rate", customers=_RATE_TENANTS, people=scale.people, quota=QUOTA) as here:
        command = [sys.executable, "-m", "bench.people", "--leg", "run", "--facts", str(here.facts_file), "--limited"]
        command += ["--seconds", str(_WARM_UP_SECONDS + scale.seconds + 10)]
        environment = {**os.environ, **django_environment(server, here.name), "TENANTRY_LOG_LEVEL": "ERROR"}
        driver = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            time.sleep(_WARM_UP_SECONDS)
            before, started = control(here.facts, "/state"), time.monotonic()
            time.sleep(scale.seconds)
            after, minutes = control(here.facts, "/state"), (time.monotonic() - started) / 60
        finally:
            driver.terminate()
            driver.wait(timeout=30)
    calls, refused = _calls(after) - _calls(before), after["throttled"] - before["throttled"]
    share, refused_share = (calls - refused) / minutes / QUOTA, refused / max(1, calls)
    aim = f"at least {LEAST_SHARE:.0%} used, at most {MOST_REFUSED:.0%} refused"
    lines = [
        f"{minutes * 60:.0f} s of a first run, limit {QUOTA:,} calls a minute (aim: {aim}).", "",
        "| calls a minute | of the limit used | answers that were 429 or 403 |", "|---|---|---|",
        f"| {calls / minutes:,.0f} | {share:.1%} | {refused_share:.2%} |",
    ]  # fmt: skip
    return "\n".join(lines), share >= LEAST_SHARE and refused_share <= MOST_REFUSED


def _calls(state: dict[str, Any]) -> int:
    return sum(count for path, count in state["paths"].items() if "/admin/directory/" in path)


PARTS = {"throughput": throughput, "crowd": crowd, "rate": rate}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--crowd", type=int, default=200_000, help="people of the one large tenant")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to measure the rate")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="measure this part alone")
    parser.add_argument("--write", type=Path, help="a Markdown file with places for the tables")
    for hidden in ("--leg", "--facts"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--limited", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure what was asked for."""
    given = _asked()
    if given.leg:
        facts = json.loads(Path(given.facts).read_text(encoding="utf-8"))
        report(LEGS[given.leg](facts, given))
        return
    scale = Scale(given.tenants, given.people, given.crowd, given.times, given.seconds)
    missed = []
    for name in given.only or PARTS:
        conditions = machine()
        with scratch_folder() as folder, postgres(folder) as server:
            text, met = PARTS[name](folder, server, scale)
        text = f"{conditions}. {text}"
        print(text, "", sep="\n", flush=True)
        if given.write:
            write_between(given.write, f"people-{name}", text)
        if not met:
            missed.append(name)
    if missed:
        raise SystemExit(f"The aim was not met: {', '.join(missed)}.")


if __name__ == "__main__":
    main()
