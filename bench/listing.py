"""``make bench``: reads the list of 100,000 customers, against dlt and against a bare loop. See README.md here."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/listing.py` must find its neighbours

from bench.stage import (  # noqa: E402  # the path comes first
    OWNER,
    Measured,
    control,
    django_environment,
    drop_database,
    emulator,
    fresh_database,
    machine,
    postgres,
    run_leg,
    scratch_folder,
    settle,
    write_between,
)

from tenantry.runtime.embedded import EmbeddedPostgres  # noqa: E402  # same

INITIAL_AT_MOST_OF_DLT = 0.5
UNCHANGED_AT_MOST_OF_BARE = 1.5
MOST_MEMORY_MB = 300
LABELS = {
    "bare": "bare fetch-and-parse loop",
    "dlt initial": "dlt into SQLite, initial",
    "dlt again": "dlt into SQLite, again, unchanged",
    "dlt-few initial": "dlt, four fields only, initial",
    "dlt-few again": "dlt, four fields only, again, unchanged",
    "dlt-postgres initial": "dlt into PostgreSQL, initial",
    "dlt-postgres again": "dlt into PostgreSQL, again, unchanged",
    "observe initial": "**Tenantry: listing, initial**",
    "observe again": "**Tenantry: listing, unchanged**",
    "sync initial": "Tenantry: listing, plan and apply, initial",
    "sync again": "Tenantry: listing, plan and apply, unchanged",
}
Results = dict[str, list[Measured]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where legs run."""

    folder: Path
    facts_file: Path
    server: EmbeddedPostgres
    customers: int


def run_rounds(place: Place, rounds: int) -> Results:
    """Run every chain of legs ``rounds`` times, in an order that turns each time."""
    chains = [_bare, _dlt("dlt"), _dlt("dlt-few"), _dlt("dlt-postgres"), _ours("observe"), _ours("sync")]
    results: Results = defaultdict(list)
    for number in range(rounds):
        for chain in chains[number % len(chains) :] + chains[: number % len(chains)]:
            for name, result in chain(place, number).items():
                print(f"  round {number + 1}: {name:<16} {result.seconds:7.2f} s {result.peak_mb:5.0f} MB", flush=True)
                if result.rows != place.customers:
                    raise SystemExit(f"{name} handled {result.rows:,} rows instead of {place.customers:,}.")
                results[name].append(result)
    return results


Chain = Callable[[Place, int], dict[str, Measured]]


def _bare(place: Place, _number: int) -> dict[str, Measured]:
    return {"bare": run_leg("bare", str(place.facts_file), str(place.folder))}


def _dlt(name: str) -> Chain:
    def chain(place: Place, number: int) -> dict[str, Measured]:
        folder, database = place.folder / f"{name}-{number}", f"dlt_{number}"
        folder.mkdir()
        fresh_database(place.server, database)  # only one of them looks at it
        environment = django_environment(place.server, database, role=OWNER)
        found = {
            f"{name} {step}": run_leg(name, str(place.facts_file), str(folder), environment=environment)
            for step in ("initial", "again")
        }
        drop_database(place.server, database)
        return found

    return chain


def _ours(name: str) -> Chain:
    def chain(place: Place, number: int) -> dict[str, Measured]:
        database = f"{name}_{number}"
        fresh_database(place.server, database)
        environment = django_environment(place.server, database)
        found = {}
        for step in ("initial", "again"):
            found[f"{name} {step}"] = run_leg(name, str(place.facts_file), str(place.folder), environment=environment)
            settle(place.server, database)
        drop_database(place.server, database)
        return found

    return chain


def table_of(results: Results) -> str:
    """Return the results as a Markdown table: medians by the clock."""
    chosen = {name: sorted(runs, key=lambda run: run.seconds)[len(runs) // 2] for name, runs in results.items()}
    lines = [
        "| | seconds | range | rows/s | of dlt | of the bare loop | own CPU s | emulator's CPU | peak memory |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, label in LABELS.items():
        run = chosen[name]
        seconds = sorted(each.seconds for each in results[name])
        peer = chosen["dlt again" if name.endswith("again") else "dlt initial"].seconds
        lines.append(
            f"| {label} | {run.seconds:.2f} | {seconds[0]:.2f}–{seconds[-1]:.2f} | {run.rows / run.seconds:,.0f} "  # noqa: RUF001  # a range
            f"| {run.seconds / peer:.2f} | {run.seconds / chosen['bare'].seconds:.2f} | {run.cpu:.1f} "
            f"| {100 * run.emulator_cpu / run.seconds:.0f} % | {max(each.peak_mb for each in results[name]):.0f} MB |"
        )
    return "\n".join(lines)


def judge(results: Results) -> list[str]:
    """Return a sentence about each aim, and whether it is met."""
    seconds = {name: median(run.seconds for run in runs) for name, runs in results.items()}
    memory = max(run.peak_mb for name, runs in results.items() if name.startswith(("observe", "sync")) for run in runs)
    initial = seconds["observe initial"] / seconds["dlt initial"]
    unchanged = seconds["observe again"] / seconds["bare"]
    return [
        _verdict(f"initial listing takes {initial:.2f} of dlt's time", initial, INITIAL_AT_MOST_OF_DLT),
        _verdict(f"unchanged listing takes {unchanged:.2f} of the bare loop's", unchanged, UNCHANGED_AT_MOST_OF_BARE),
        _verdict(f"peak memory besides PostgreSQL is {memory:.0f} MB", memory, MOST_MEMORY_MB),
    ]


def _verdict(sentence: str, value: float, limit: float) -> str:
    return f"- {'met' if value <= limit else '**not met**'}: {sentence} (aim: at most {limit:g})"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="a Markdown file to put the table into, between its markers")
    given = parser.parse_args()
    where = machine()
    with (
        scratch_folder() as folder,
        emulator(folder, customers=given.customers, limit=0) as facts,
        postgres(folder) as server,
    ):
        pages: dict[str, Any] = control(facts, "/prerender", {"size": 500})
        listed = int(control(facts, "/state")["world"]["listed"])
        print(f"{listed:,} customers on {pages['pages']} pages. {where}.", flush=True)
        facts_file = folder / "facts.json"
        facts_file.write_text(json.dumps(facts), encoding="utf-8")
        facts_file.chmod(0o600)
        results = run_rounds(Place(folder, facts_file, server, listed), given.rounds)
    text = "\n".join([
        f"{listed:,} customers, pages of 500, median of {given.rounds}. {where}.", "",
        table_of(results), "", *judge(results),
    ])  # fmt: skip
    print(text)
    if given.write:
        write_between(given.write, "listing", text)


if __name__ == "__main__":
    main()
