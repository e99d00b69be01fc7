"""The table of the fault matrix: what each reading said, how often it asked, what it kept. Written by `make faults`."""

import json
import os
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.causes import CAUSES, UNUSED, cells
from tests.faults.phases import PHASES, Phase

if TYPE_CHECKING:
    from tests.faults.matrix import Outcome  # the page is written without a database

_BEGIN, _END = "<!-- faults -->\n", "<!-- /faults -->"
_MANY = 20
_PLACES = (
    (r"https?://[\w.:]+(/[^\s:)]*)?", "…"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…"),
    (r"\bC[0-9a-z]{8}\b", "C…"),
    (r"\b\d{21}\b", "…"),
    (r"\s+", " "),
    (r"[|<>]", "/"),
)
Row = dict[str, Any]


def keep_outcome(file: Path, outcome: "Outcome") -> None:
    """Add what came of a cell to the file, a line of JSON: several processes may do so at once."""
    row = {
        "at": time.time(), "provider": outcome.cause.provider, "phase": outcome.phase.key, "cause": outcome.cause.name,
        "state": outcome.told.state, "said": _said(outcome), "asked": _asked(outcome), "kept": _kept(outcome),
        "wrong": outcome.wrong,
    }  # fmt: skip
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(row) + "\n")


def write_table(page: Path, file: Path) -> None:
    """Put the outcomes of the file between the page's marks, with date and size of the machine.

    Of a cell that was played again, after something was mended, the last outcome counts.
    """
    played: list[Row] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    known = {(provider, phase.key, cause.name) for provider in PHASES for cause, phase in cells(provider)}
    latest = {(row["provider"], row["phase"], row["cause"]): row for row in played}
    rows = [row for cell, row in latest.items() if cell in known]
    wrong = sum(bool(row["wrong"]) for row in rows)
    seconds = max(row["at"] for row in played) - min(row["at"] for row in played)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    total, again = len(known), len(played) - len(latest)
    day = datetime.now(tz=UTC)
    sums = (
        f"{len(rows):,} of {total:,} cells were played in {seconds:,.0f} s on {day.day} {day:%B %Y}, on "
        f"{os.cpu_count()} cores with {memory:.0f} GB. In {wrong} of them something was lost, badly said or not mended."
    )
    if again:
        sums += f" {again} cells were played again, after what they had found was mended."
    lines = [sums, ""]
    for provider, phases in PHASES.items():
        for phase in phases:
            found = [row for row in rows if (row["provider"], row["phase"]) == (provider, phase.key)]
            lines += [f"### {provider.capitalize()}: {phase.words}", "", *_phase(provider, phase, found)]
    lines += ["### Switches without a cell", "", *(f"* `{name}`: {why}" for name, why in sorted(UNUSED.items())), ""]
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    page.write_text(before + _BEGIN + "\n".join(lines) + _END + rest.partition(_END)[2], encoding="utf-8")


def _phase(provider: str, phase: Phase, found: list[Row]) -> Iterable[str]:
    rows: dict[tuple[str, ...], list[str]] = {}
    for each in found:
        rows.setdefault((each["state"], each["said"], each["asked"], each["kept"]), []).append(each["cause"])
    if rows:
        yield "| Faults | Ended | Said | Asked | Kept |"
        yield "|---|---|---|---|---|"
    for (ended, said, asked, stayed), causes in rows.items():
        yield f"| {', '.join(causes)} | {ended} | {said} | {asked} | {stayed} |"
    yield ""
    reasons: dict[str, list[str]] = {}
    for cause in CAUSES:
        if cause.provider == provider and cause.senseless(phase):
            reasons.setdefault(cause.senseless(phase), []).append(cause.name)
    for reason, names in reasons.items():
        yield f"Without a cell: {', '.join(names) if phase.path else 'all'}. *{reason}*"
        yield ""


def _said(outcome: "Outcome") -> str:
    told = outcome.told
    if told.failures:
        first = told.failures[0]
        return _plain(f"{first['kind']}: {first['what']} Fault: {first['fault']}. Next: {first['next']}")
    return _plain(told.sentences[0]) if told.sentences else "nothing: it was mended in place"


def _plain(text: str) -> str:
    for pattern, shown in _PLACES:
        text = re.sub(pattern, shown, text)
    return text.strip()


def _asked(outcome: "Outcome") -> str:
    if outcome.calls is None:
        return "switched"
    if outcome.calls == 1:
        return "once"
    return f"2 to {_MANY} times" if outcome.calls <= _MANY else f"more than {_MANY} times"


def _kept(outcome: "Outcome") -> str:
    if outcome.wrong:
        return f"**{_plain(outcome.wrong[0])}**"
    waits = f" {outcome.waits} held for a person." if outcome.waits else ""
    return f"everything; the next reading was whole.{waits}"


if __name__ == "__main__":
    write_table(Path(sys.argv[1]), Path(sys.argv[2]))
