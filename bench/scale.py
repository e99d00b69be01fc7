"""``make bench-scale``: does a row cost more among very many? A million tenants, two million people. See README.md.

What a row costs is CPU of our process and of PostgreSQL, and seconds by the clock, at the small size and at the large
one, in the same run.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/scale.py` must find its neighbours

import psycopg  # noqa: E402  # the path comes first
from bench.crowd import COMPANY_TABLES, copy_companies  # noqa: E402  # same
from bench.filling import without_indexes  # noqa: E402  # same
from bench.multiply import multiply  # noqa: E402  # same
from bench.pages import deep_place, measure, pages  # noqa: E402  # same
from bench.probes import peak_of_children  # noqa: E402  # same
from bench.scale_tables import NOT_OURS, Findings, history_table, judged, table  # noqa: E402  # same
from bench.stage import (  # noqa: E402  # same
    control,
    copy_database,
    django_environment,
    drop_database,
    emulator,
    fresh_database,
    machine,
    postgres,
    scratch_folder,
    settle,
    told_by,
    write_between,
)

from tenantry.emulator.world import World  # noqa: E402  # same
from tenantry.runtime.embedded import EmbeddedPostgres  # noqa: E402  # same

_ORIGINALS = 20_000  # people who are read for the database that is multiplied
_RUN = "/sync/history/1/"
HISTORY = (
    ("list of runs", "/sync/history/"), ("a run", _RUN), ("its changes", f"{_RUN}?tab=changes"),
    ("its changes, deep page", f"{_RUN}?tab=changes&deep=1"),
    ("its changes, a state", f"{_RUN}?tab=changes&state=applied"),
    ("its changes, a word of nobody", f"{_RUN}?tab=changes&q=zzyzx"), ("activity", "/audit/"),
    ("activity, deep page", "/audit/?deep=1"), ("activity, a kind", "/audit/?kind=sync.pending_add"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Where legs run."""

    folder: Path
    server: EmbeddedPostgres
    given: argparse.Namespace

    def leg(self, name: str, facts: Mapping[str, Any], database: str, *edges: int) -> dict[str, Any]:
        """Run a leg in a process of its own; return what it told."""
        file = self.folder / "facts.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(facts), encoding="utf-8")
        environment = django_environment(self.server, database)
        return told_by(name, str(file), *map(str, edges), environment=environment, module="bench.ours_scale")


# A million tenants.


def tenants(stage: Stage) -> tuple[str, list[str]]:
    """Sync lists of both sizes into an empty marketplace and once more, unchanged; then look at their history."""
    given, found = stage.given, Findings()
    history: dict[int, dict[str, float]] = {}
    for size, rounds in ((given.small, given.rounds), (given.large, given.large_rounds)):
        with emulator(stage.folder, customers=size, limit=0, name=f"emulator-{size}") as facts:
            control(facts, "/prerender", {"size": 500})
            for number in range(rounds):
                name = f"tenants_{size}_{number}"
                _whole_sync(stage, facts, name, size, found)
                if number == rounds - 1:
                    history[size] = _history(stage, name, found)
                drop_database(stage.server, name)
            found.remember(NOT_OURS, peak_of_children("tenantry.emulator"))
    sentences = judged(found)
    return "\n".join([*table(found), "", *history_table(history), "", *sentences]), sentences


def _whole_sync(stage: Stage, facts: Mapping[str, Any], name: str, size: int, found: Findings) -> None:
    fresh_database(stage.server, name)
    marketplace = stage.leg("prepare", facts, name)["marketplace"]
    companies = stage.given.companies * size // stage.given.large
    world = World(seed=7, customers=companies)
    with (
        psycopg.connect(stage.server.owner_dsn(name)) as owner,
        owner.cursor() as cursor,
        without_indexes(cursor, COMPANY_TABLES),
    ):
        copy_companies(cursor, world, start=0, count=companies, marketplace=marketplace)
    settle(stage.server, name)
    found.add(size, stage.leg("tenants", facts, name), prefix="first: ")
    settle(stage.server, name)
    found.add(size, stage.leg("tenants", facts, name), prefix="unchanged: ", only=("listing", "planning"))


def _history(stage: Stage, name: str, found: Findings) -> dict[str, float]:
    """Return the 95th percentile of each page of the history, in milliseconds."""
    settle(stage.server, name)
    with pages(django_environment(stage.server, name)) as browser:
        timed = [
            measure(browser, label, deep_place(browser, path) if "deep=1" in path else path, stage.given.times)
            for label, path in HISTORY
        ]
        found.remember("the web server", peak_of_children("granian"))
    return {each.label: each.p95 for each in timed}


# Two million people.


def people(stage: Stage) -> tuple[str, list[str]]:
    """Read, plan and apply a slice of new people where there are few already, and where there are very many."""
    given, found = stage.given, Findings()
    originals, slices = _ORIGINALS // given.each, given.slice // given.each
    sizes = {"google-customers": originals + slices * given.rounds, "google-quota": 0, "people": given.each}
    with emulator(stage.folder, customers=1, limit=0, more=sizes) as facts:
        fresh_database(stage.server, "originals")
        stage.leg("link", facts, "originals", 0, originals)
        settle(stage.server, "originals")
        stage.leg("people", facts, "originals", 0, originals)
        for size in (given.people_small, given.people_large):
            _grown(stage, size)
            for number in range(given.rounds):
                start = originals + number * slices
                # From few, each round begins anew; among very many a slice more or less tells nothing.
                name = f"round_{number}" if size == given.people_small else "grown"
                if name != "grown":
                    copy_database(stage.server, name, "grown")
                stage.leg("link", facts, name, start, start + slices)
                found.add(size, stage.leg("people", facts, name, start, start + slices))
                if name != "grown":
                    drop_database(stage.server, name)
            drop_database(stage.server, "grown")
    sentences = judged(found)
    what = f"A slice of {given.slice:,} new people among those who are there, {given.each} in each tenant."
    return "\n".join([what, "", *table(found), "", *sentences]), sentences


def _grown(stage: Stage, size: int) -> None:
    begun = time.perf_counter()
    copy_database(stage.server, "grown", "originals")
    with psycopg.connect(stage.server.owner_dsn("grown")) as owner, owner.cursor() as cursor:
        multiply(cursor, size // _ORIGINALS - 1)
    settle(stage.server, "grown")
    print(f"  grown to {size:,} people in {time.perf_counter() - begun:.0f} s", flush=True)


PARTS = {"tenants": tenants, "people": people}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=100_000, help="tenants")
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=200_000, help="at the large size; fewer at the small one")
    parser.add_argument("--people-small", type=int, default=100_000)
    parser.add_argument("--people-large", type=int, default=2_000_000)
    parser.add_argument("--slice", type=int, default=20_000, help="new people of one round")
    parser.add_argument("--each", type=int, default=10, help="people of each tenant")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large-rounds", type=int, default=1, help="of tenants at the large size")
    parser.add_argument("--times", type=int, default=40, help="how often each page is asked for")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="measure this part alone")
    parser.add_argument("--write", type=Path, help="a Markdown file with places for the tables")
    return parser.parse_args()


def main() -> None:
    """Measure what was asked for."""
    given, missed = _asked(), []
    for name in given.only or PARTS:
        conditions, begun = machine(), time.perf_counter()
        with scratch_folder() as folder, postgres(folder) as server:
            text, sentences = PARTS[name](Stage(folder, server, given))
        minutes = (time.perf_counter() - begun) / 60
        text = f"{conditions}; it took {minutes:.0f} minutes.\n\n{text}"
        print(text, "", sep="\n", flush=True)
        if given.write:
            write_between(given.write, f"scale-{name}", text)
        missed += [sentence for sentence in sentences if not sentence.startswith("- met")]
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
