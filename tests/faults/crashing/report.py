"""Prints what a run of the harness came to, and writes it into the document."""

import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import write_between
from tests.faults.crashing.cases import Case
from tests.faults.crashing.killing import AREAS, NOTHING, Killed, Victim
from tests.faults.crashing.worlds import Outcome

_AMOUNTS = (
    "tenants", "companies", "links", "people of directories", "memberships", "runs", "changes", "changes applied",
    "invitations", "letters", "letters that came again", "webhooks", "webhooks that came again", "events verified",
    "API calls sent again", "API calls refused", "jobs given up",
)  # fmt: skip


def report(outcomes: Sequence[Outcome], cases: Sequence[Case], *, where: str, asked: int, seconds: float) -> str:
    """Return the tables of a run in Markdown. ``where``: on which machine, of which commit, called how."""
    kills = [killed for outcome in outcomes for killed in outcome.kills]
    killed = [each for each in kills if each.victim is not Victim.CUT]
    problems = [(f"world {outcome.seed}", problem) for outcome in outcomes for problem in outcome.problems]
    problems += [(case.name, problem) for case in cases for problem in case.problems]
    counted: Counter[str] = sum((outcome.counted for outcome in outcomes), Counter())
    back = sorted(each.seconds for each in kills) or [0.0]
    worlds = f"{len(outcomes)} world{'s' if len(outcomes) != 1 else ''}"
    usual, longest = back[len(back) // 2], back[-1]
    summary = (
        f"**{len(killed)} kills** and {len(kills) - len(killed)} cuts of all connections in {worlds}, {seconds:.0f} s "
        f"in all. **{len(problems)} problems.** Until all was back and work went on: median {usual:.1f} s, "
        f"longest {longest:.1f} s."
    )
    columns = (
        "The columns say what was under way, by the jobs that were running. A kill may hit several of them, so the "
        "columns add up to more than the kills."
    )
    cut_short = "" if len(killed) >= asked else f", stopped after {len(killed)} kills"
    lines = [
        f"{where}{cut_short}.",
        *("", summary, "", *_kill_table(kills), "", columns, ""),
        *("| In the end | |", "|---|---:|", *(f"| {name} | {counted[name]:,} |" for name in _AMOUNTS), ""),
        *_case_table(cases),
        *_problem_lines(problems),
    ]
    return "\n".join(lines)


def _kill_table(kills: Sequence[Killed]) -> list[str]:
    areas = [*AREAS.values(), NOTHING]
    lines = [f"| Killed | Kills | {' | '.join(areas)} |", "|---|---:|" + "---:|" * len(areas)]
    for victim in Victim:
        own = [each for each in kills if each.victim is victim]
        cells = [sum(area in each.running for each in own) for area in areas]
        lines.append(f"| {victim.value} | {len(own)} | {' | '.join(map(str, cells))} |")
    return lines


def _case_table(cases: Sequence[Case]) -> list[str]:
    if not cases:
        return []
    lines = ["| Besides | What came of it | Seconds |", "|---|---|---:|"]
    return lines + [f"| {case.name} | {case.result} | {case.seconds:.0f} |" for case in cases] + [""]


def _problem_lines(problems: Sequence[tuple[str, str]]) -> list[str]:
    if not problems:
        return ["No problem was found."]
    return ["Problems found:", "", *(f"* {where}: {problem}" for where, problem in problems)]


def commit() -> str:
    """Return the commit that is tried out, with a plus when the program was changed since."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain", "src"], capture_output=True, text=True, check=False)
    return (done.stdout.strip() or "unknown") + ("+" if changed.stdout.strip() else "")


def write(text: str, page: Path) -> None:
    """Put the tables into the page."""
    write_between(page, "crashes", text)


def announce(text: str) -> None:
    """Say a line at once, with the time of day and the machine's load."""
    print(f"{datetime.now(tz=UTC):%H:%M:%S} load {os.getloadavg()[0]:.1f}  {text}", flush=True)  # noqa: T201  # a command
