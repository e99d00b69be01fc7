"""What was measured, as the tables of docs/reference/machines.md."""

import os

from tests.faults.machines.fairness import SMALL, Met
from tests.faults.machines.measuring import Found
from tests.faults.machines.restart import Rolled
from tests.faults.machines.throughput import Timed

_AMOUNTS = (
    "customers", "reads of a customer", "pending companies", "arrivals recorded", "companies", "links", "changes",
    "changes applied", "changes that somebody made before", "invitations", "letters", "letters that came again",
    "jobs given up",
)  # fmt: skip


def report(found: Found, *, where: str) -> str:
    """Return the tables in Markdown. ``where``: when, on which machine, of which commit, called how."""
    lines = [f"{where}.", ""]
    if found.times:
        lines += [*_throughput(found), ""]
    if found.met is not None:
        lines += [*_fairness(found.met, found.sizes.workers), ""]
    if found.rolled is not None:
        lines += [*_restart(found.rolled), ""]
    lines += [*_amounts(found), ""]
    problems = found.problems
    lines += ["Problems found:", "", *(f"* {each}" for each in problems)] if problems else ["No problem was found."]
    return "\n".join(lines)


_COLUMNS = (
    "Workers | sync s | creation s | both s | customers/s | workers' CPU s | pages' | PostgreSQL's | partners' | busy "
    "| sessions"
)


def _throughput(found: Found) -> list[str]:
    sizes, first, last = found.sizes, found.times[0], found.times[-1]
    lines = [
        f"**Throughput.** {sizes.markets} marketplaces, each with a partner of {sizes.customers:,} customers.",
        "",
        f"| {_COLUMNS} |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(_timed_row(timed, sizes.markets * sizes.customers) for timed in found.times),
    ]
    if last is first:
        return lines
    verdict = (
        f"{last.workers} workers are **{first.seconds / last.seconds:.2f} times** as fast as one. One worker kept "
        f"{first.worked / first.had:.0%} of {os.cpu_count()} cores busy, partners and database included: "
        f"{first.had / first.worked:.2f} times is the most that more workers can bring on this machine."
    )
    return [*lines, "", verdict]


def _timed_row(timed: Timed, customers: int) -> str:
    cpu = " | ".join(f"{timed.cpu[name]:.1f}" for name in ("workers", "pages", "PostgreSQL", "the emulated partners"))
    return (
        f"| {timed.workers} | {timed.sync:.1f} | {timed.creation:.1f} | {timed.seconds:.1f} | "
        f"{customers / timed.seconds:.0f} | {cpu} | {timed.worked / timed.had:.0%} | "
        f"{timed.sessions} |"
    )


def _fairness(met: Met, workers: int) -> list[str]:
    about = (
        f"**Fairness.** A marketplace with {SMALL} customers begins its first sync 5 s after one with "
        f"{met.customers:,}, {workers} workers. The large one took {met.seconds:.1f} s in all."
    )
    return [
        *(about, ""),
        "| The small one's first sync | alone s | beside s | times | customers of the large one read by then |",
        "|---|---:|---:|---:|---:|",
        *(f"| {way.name} | {way.alone:.1f} | {way.beside:.1f} | {way.ratio:.1f} | {way.read:,} |" for way in met.ways),
    ]


def _restart(rolled: Rolled) -> list[str]:
    refused = rolled.requests["connection refused, sent to the other"]
    stops = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in rolled.stops.items())
    told = (
        f"**Rolling restart.** {len(rolled.stops)} processes were stopped and started one after the other, a run was "
        f"under way at {rolled.live} of the stops. {rolled.requests['answered']:,} requests were answered, "
        f"**{len(rolled.failed)} failed**; {refused} met the pages that were just down and went to the others. "
        f"{len(rolled.lost)} answered changes were lost. All took {rolled.seconds:.0f} s. "
        f"Until a process had ended: {stops}."
    )
    return [told]


def _amounts(found: Found) -> list[str]:
    counted = [(f"{timed.workers} worker{'s' * (timed.workers > 1)}", timed.counted) for timed in found.times]
    counted += [("restart", found.rolled.counted)] if found.rolled is not None else []
    if not counted:
        return []
    rows = [(name, [f"{each.amounts[name]:,}" for _, each in counted]) for name in _AMOUNTS]
    rows.append(("fingerprint of all results", [f"`{each.result}`" for _, each in counted]))
    return [
        f"| In the end | {' | '.join(name for name, _ in counted)} |",
        "|---|" + "---:|" * len(counted),
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows),
    ]
