"""``make bench-matching-database``: matching and link search in PostgreSQL among very many companies. See README.md."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import quantiles

import psycopg

from tenantry.runtime.collecting import settle_collector
from tenantry.runtime.embedded import EmbeddedPostgres

sys.path[0] = str(
    Path(__file__).resolve().parent.parent
)  # `python bench/matching_database.py` must find its neighbours

from bench.matching_crowd import Crowd, fill  # noqa: E402  # the path comes first
from bench.stage import (  # noqa: E402  # same
    OWNER,
    ROOT,
    django_environment,
    fresh_database,
    machine,
    peak_mb,
    postgres,
    scratch_folder,
    write_between,
)

SIDES = 100_000  # of the run that matches everything
WORKERS = 2  # that match everything, as two of `tenantry worker` do
WHOLE_TABLES = "queries that read a whole table"
_PLANS_HEADING = (
    "Plans of the queries among all those companies, taken with EXPLAIN as the application's role, whom row-level "
    "security binds.\nThe command fails if one of them reads a whole table."
)
_WARMING = 50
_KEYED = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. ``aim`` is the most, or with ``least`` the least, that ``value`` should be."""

    what: str
    value: float
    unit: str
    aim: float
    least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.value >= self.aim if self.least else self.value <= self.aim


def main() -> None:
    """Fill two databases, measure in processes of their own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=1_000_000)
    parser.add_argument("--sides", type=int, default=SIDES)
    parser.add_argument("--asked", type=int, default=1_000)
    parser.add_argument("--leg", choices=["one", "all"])
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    if asked.leg:
        sizes = (asked.companies, asked.asked) if asked.leg == "one" else (asked.sides, asked.sides)
        print(json.dumps([asdict(result) for result in LEGS[asked.leg](Crowd(*sizes))]))
        return
    results, plans = _measured(asked)
    text = table(results, f"{asked.companies:,} companies; {asked.sides:,} on both sides. {machine()}.")
    text += "\n\n" + _PLANS_HEADING + "\n\n" + plans
    print(text)
    if asked.write:
        write_between(ROOT / asked.write, "matching-database", text)
    if not next(each for each in results if each.what == WHOLE_TABLES).met:
        raise SystemExit("A query reads a whole table; its plan is above.")


def _measured(asked: argparse.Namespace) -> tuple[list[Result], str]:
    found, plans = [], ""
    with scratch_folder() as folder, postgres(folder) as server:
        for leg, crowd in (("one", Crowd(asked.companies, asked.asked)), ("all", Crowd(asked.sides, asked.sides))):
            begun, name = time.perf_counter(), f"bench_matching_{leg}"
            fresh_database(server, name)
            owner = {**os.environ, **django_environment(server, name, role=OWNER)}
            fill(server.owner_dsn(name), crowd, environment=owner)
            print(f"  {leg}: filled in {time.perf_counter() - begun:.0f} s", flush=True)
            command = [sys.executable, __file__, "--leg", leg, "--companies", str(asked.companies)]
            command += ["--sides", str(asked.sides), "--asked", str(asked.asked)]
            environment = {**os.environ, **django_environment(server, name)}
            if leg == "one":
                (results,) = _run(command, environment, 1)
                *results, looked_at = results
                plans, looked_at = looked_at.detail, replace(looked_at, detail="as the application, see below")
                found += [*results, looked_at, _size(server.owner_dsn(name), asked.companies)]
            else:
                before = _server_seconds(server)
                legs = _run(command, environment, WORKERS)
                found += _together(legs, _server_seconds(server) - before, asked.sides)
    return found, plans


def _run(command: list[str], environment: dict[str, str], times: int) -> list[list[Result]]:
    """Run a leg in so many processes at once; return what each measured."""
    begun = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(times)
    ]
    said = [process.communicate()[0] for process in begun]
    if any(process.returncode for process in begun):
        raise SystemExit("A leg failed; its message is above.")
    return [[Result(**line) for line in json.loads(text.splitlines()[-1])] for text in said]


def _together(legs: list[list[Result]], server_seconds: float, sides: int) -> list[Result]:
    """Return what several workers took: the longest by the clock, the sum of CPU seconds, the most memory."""
    seconds, cpu, memory = (
        [leg[at] for leg in legs] for at in range(3)
    )  # fmt: skip
    clock, used = max(each.value for each in seconds), sum(each.value for each in cpu)
    detail = f"{len(legs)} workers; CPU: {used:.0f} s of theirs, {server_seconds:.0f} s of PostgreSQL's"
    detail += f", {(used + server_seconds) / sides * 1000:.2f} ms each"
    return [replace(seconds[0], value=clock, detail=detail), max(memory, key=lambda each: each.value)]


def _server_seconds(server: EmbeddedPostgres) -> float:
    """Return the CPU seconds of PostgreSQL's processes, those that have ended included."""
    parent, ticks = server.server_pid, 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended just now
            continue
        if int(stat.parent.name) == parent:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == parent:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _size(dsn: str, companies: int) -> Result:
    with psycopg.connect(dsn) as owner:
        row = owner.execute(
            "select pg_total_relation_size('marketplace_companymatchkey'), count(*) from marketplace_companymatchkey"
        ).fetchone()
    size, rows = row or (0, 0)
    what = "size of the table of match keys, bytes for each company"
    return Result(what, size / companies, "B", 3_000, detail=f"{size / 1e9:.2f} GB, {rows / companies:.1f} rows each")


def one_by_one(crowd: Crowd) -> Iterator[Result]:
    """Match tenants one at a time, and search. Runs as the application, in a process of its own."""
    import django  # noqa: PLC0415  # settings read the environment that the caller gave

    django.setup()
    from tenantry.core.matching import keys_of  # noqa: PLC0415  # after django.setup
    from tenantry.core.matching.profiles import profile_of  # noqa: PLC0415  # same
    from tenantry.isolation.scope import marketplace_scope  # noqa: PLC0415  # same
    from tenantry.sync.matching.finding import find_matches  # noqa: PLC0415  # same
    from tenantry.sync.matching.searching import find_companies  # noqa: PLC0415  # same

    companies = [crowd.company(number) for number in range(min(crowd.companies, _KEYED))]
    begun = time.process_time()
    for company in companies:
        keys_of(company)
    yield Result("keys of companies", len(companies) / (time.process_time() - begun), "/s", 10_000, least=True)
    settle_collector()  # as every command does
    with marketplace_scope(1):
        tenants = [crowd.tenant(number) for number in range(crowd.tenants)]
        named = [0]

        def match(number: int) -> None:
            found = find_matches({0: profile_of(tenants[number])}, without={})[0]
            named[0] += bool(found) and number % 2 == 0

        detail = _times(match, len(tenants))
        share = f"{named[0] / (len(tenants) / 2):.1%} of those that are there have a match"
        yield Result("a tenant matched", detail[0], "ms at the 95th percentile", 10, detail=f"{detail[1]}; {share}")
        for kind, texts in _searches(crowd).items():
            detail = _times(partial(_search, find_companies, texts), len(texts))
            yield Result(f"search: {kind}", detail[0], "ms at the 95th percentile", 50, detail=detail[1])
        yield Result("memory of the process", peak_mb(), "MB", 300)
        yield _plans(crowd)


def _plans(crowd: Crowd) -> Result:
    """Count the queries that do not follow indexes, as the application's role under row-level security; the table."""
    from bench.matching_plans import asking_steps, planned, plans_table  # noqa: PLC0415  # needs Django set up

    from tenantry.core.drafts import CompanyDraft, DomainDraft  # noqa: PLC0415  # same

    searches = {kind: texts[0] for kind, texts in _searches(crowd).items()}
    like = crowd.tenant(0)
    draft = CompanyDraft(like.name, domains=(DomainDraft(like.default_domain),))
    found = planned(asking_steps(like, draft, searches))
    whole = [each for each in found if not each.follows_indexes]
    for each in whole:
        print(each.step, each.plan, sep="\n", file=sys.stderr)
    return Result(WHOLE_TABLES, len(whole), f"of {len(found)}", 0, detail=plans_table(found))


def _search(find: Callable[[str], object], texts: list[str], number: int) -> None:
    find(texts[number])


def _times(step: Callable[[int], None], count: int) -> tuple[float, str]:
    """Return the 95th percentile in ms, and the rest in words. CPU is this process's, without PostgreSQL's."""
    taken, used = [], []
    for number in range(count):
        begun, cpu = time.perf_counter(), time.process_time()
        step(number)
        if number >= min(_WARMING, count // 4):
            taken.append((time.perf_counter() - begun) * 1000)
            used.append((time.process_time() - cpu) * 1000)
    cuts = quantiles(taken, n=20)
    return cuts[18], f"median {cuts[9]:.1f}, most {max(taken):.1f} ms; own CPU {quantiles(used, n=20)[18]:.1f} ms"


def _searches(crowd: Crowd) -> dict[str, list[str]]:
    known = [crowd.company(number * 104_729 % crowd.companies) for number in range(200)]
    names = [company.name for company in known]
    return {
        "the whole name": names,
        "beginnings of two words": [" ".join(word[:4] for word in name.split()[:2]) for name in names],
        "one word": [name.split()[0] for name in names],
        "one letter": [name[0] for name in names],
        "a letter left out": [name[:2] + name[3:] for name in names],
        "a domain": [company.domains[0] for company in known],
        "a registration number": [company.registration_number for company in known],
        "words that many have": ["GmbH", "group", "international trading", "sons ltd", "S.A."] * 10,
    }


def everything(crowd: Crowd) -> Iterator[Result]:
    """Match all pending companies as a worker does. Runs as the application, in a process of its own."""
    import django  # noqa: PLC0415  # settings read the environment that the caller gave

    django.setup()
    from django.utils import timezone  # noqa: PLC0415  # after django.setup

    from tenantry.sync.matching.refreshing import match_all  # noqa: PLC0415  # same

    settle_collector()  # as every command does
    begun, cpu = time.perf_counter(), time.process_time()
    match_all(marketplace_id=1, clock=timezone.now, should_stop=lambda: False)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    yield Result(f"{crowd.tenants:,} tenants against {crowd.companies:,} companies", seconds, "s", 60)
    yield Result("CPU", cpu, "s", 60)
    yield Result("memory of a worker", peak_mb(), "MB", 300)


LEGS: dict[str, Callable[[Crowd], Iterator[Result]]] = {"one": one_by_one, "all": everything}


def table(results: list[Result], heading: str) -> str:
    """Return the results as Markdown."""
    lines = [heading, "", "| what | reached | aim | |", "|---|---:|---:|---|"]
    for each in results:
        aim = f"at {'least' if each.least else 'most'} {each.aim:,.0f}"
        value = f"{each.value:,.1f} {each.unit}"
        lines.append(f"| {each.what} | {value if each.met else f'**{value}**'} | {aim} | {each.detail} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
