"""How much faster several workers are than one: the same first syncs, on a database of their own each time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.crashing.outside import Letters
from tests.faults.machines.counting import Counted, count
from tests.faults.machines.cpu import machine_seconds, seconds_of
from tests.faults.machines.fleet import Fleet
from tests.faults.machines.markets import Caller, Partner, furnish, timed, wish
from tests.faults.machines.resting import ALL_SYNCED, rest

_LONGEST = 600.0


@dataclass
class Timed:
    """One measurement with so many workers.

    Seconds by the clock. CPU seconds by whose they are; all cores together ``worked`` so many of those they ``had``.
    ``sessions``: the most on the server at any time, of these workers and one web process.
    """

    workers: int
    sync: float = 0.0
    creation: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    worked: float = 0.0
    had: float = 0.0
    sessions: int = 0
    counted: Counted = field(default_factory=Counted)

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.sync + self.creation


def measure(fleet: Fleet, partners: Sequence[Partner], letters: Letters, *, workers: int) -> Timed:
    """Sync the customers of each partner into a marketplace of its own, and create their companies by rule.

    The clock runs from *Sync now* until the last run is done and all is matched, then from the release of what the rule
    holds the first time until all companies are made and all letters sent, a second sync included.
    """
    markets = furnish(fleet, [wish(f"Market {number + 1}", partner) for number, partner in enumerate(partners)])
    fleet.add("web", 1)
    fleet.add("worker", workers)
    callers = [Caller(fleet, market) for market in markets]
    before, first_letter, done = sum(partner.reads() for partner in partners), len(letters.kept), Timed(workers)
    cpu, machine = _cpu(fleet, partners), machine_seconds()
    with fleet.watching_sessions() as seen:
        done.sync = timed(lambda: sync_all(fleet, callers))
        done.creation = timed(lambda: create_all(fleet, callers))
    done.sessions = max(seen)
    done.cpu = {name: seconds - cpu[name] for name, seconds in _cpu(fleet, partners).items()}
    done.worked, done.had = (now - then for now, then in zip(machine_seconds(), machine, strict=True))
    reads = sum(partner.reads() for partner in partners) - before
    done.counted = count(fleet, partners, letters.read()[first_letter:], reads=reads)
    return done


def sync_all(fleet: Fleet, callers: Sequence[Caller]) -> None:
    """Sync every marketplace, and wait until all is read, applied and matched."""
    for caller in callers:
        caller.sync()
    fleet.wait(ALL_SYNCED, seconds=_LONGEST, what="the end of all runs")


def create_all(fleet: Fleet, callers: Sequence[Caller]) -> None:
    """Release what the rule holds, and sync once more for what was not yet compared, until nothing is left to make."""
    while sum(caller.release() for caller in callers):
        rest(fleet, seconds=_LONGEST)
        sync_all(fleet, callers)
    rest(fleet, seconds=_LONGEST)


def _cpu(fleet: Fleet, partners: Sequence[Partner]) -> dict[str, float]:
    return {
        "workers": fleet.cpu("worker"),
        "pages": fleet.cpu("web"),
        "PostgreSQL": seconds_of(fleet.server.pid),
        "the emulated partners": sum(seconds_of(int(partner.facts["pid"])) for partner in partners),
    }
