"""`make crash`: kills parts of whole installations, judges each, and writes the table.

`python -m tests.faults.crashing [COUNT] [SEED] [PAGE]`. Ends with 1 when anything was lost, came twice or got stuck.
"""

import signal
import sys
import time
from pathlib import Path

from bench.stage import machine
from tests.faults.crashing.cases import CASES, Case, run_case
from tests.faults.crashing.report import announce, commit, report, write
from tests.faults.crashing.worlds import Outcome, Plan, run_world

_KILLS_IN_A_WORLD = 40


class Told:
    """What was found so far. It is written as it grows, so that a run that is stopped leaves what it found."""

    def __init__(self, asked: int, seed: int, page: Path | None) -> None:
        self.outcomes: list[Outcome] = []
        self.cases: list[Case] = []
        self._asked, self._seed, self._page = asked, seed, page
        self._began = time.monotonic()
        self._place = f"{machine()}, commit `{commit()}`"

    def text(self) -> str:
        """Return the tables."""
        seconds = time.monotonic() - self._began
        where = f"{self._place}, `make crash COUNT={self._asked} SEED={self._seed}`"
        return report(self.outcomes, self.cases, where=where, asked=self._asked, seconds=seconds)

    def keep(self) -> None:
        """Write the tables into the page, if there is one."""
        if self._page is not None:
            write(self.text(), self._page)

    @property
    def problems(self) -> bool:
        """Whether anything was lost, came twice or got stuck."""
        return any(each.problems for each in self.outcomes) or any(each.problems for each in self.cases)


def main() -> int:
    """Run worlds until there were enough kills, then the cases."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started ends with it
    count, seed = (int(word) for word in (sys.argv[1:3] + ["200", "1"][len(sys.argv[1:3]) :]))
    told = Told(count, seed, Path(sys.argv[3]) if len(sys.argv) > 3 else None)
    for number, before in enumerate(range(0, count, _KILLS_IN_A_WORLD)):
        kills = min(_KILLS_IN_A_WORLD, count - before)
        outcome = run_world(Plan(seed * 1_000 + number, kills, second_worker=number % 2 == 1), say=announce)
        told.outcomes.append(outcome)
        announce(f"world {outcome.seed}: {kills} kills, {outcome.seconds:.0f} s, {len(outcome.problems)} problems")
        for problem in outcome.problems:
            announce(f"  {problem}")
        told.keep()
    for name in CASES:
        told.cases.append(run_case(name, seed))
        announce(f"{told.cases[-1].name}: {told.cases[-1].result}")
        told.keep()
    print(told.text())  # noqa: T201  # a command
    return 1 if told.problems else 0


if __name__ == "__main__":
    sys.exit(main())
