"""What else happens to a machine: its disk is full for a while, its clock jumps. Each in a world of its own."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.crashing.judging import judge
from tests.faults.crashing.killing import Killer, Victim
from tests.faults.crashing.outside import Outside, around
from tests.faults.crashing.served import Served, reachable_folder, wait_for
from tests.faults.crashing.settling import call_furnishing, settle
from tests.faults.crashing.traffic import Traffic

_DISK_MB = 420
_FULL_SECONDS = 12.0
_CLOCK = Path(__file__).parent / "clock"
_JUMPS = (3 * 3600.0, -3600.0, 45.0, -3 * 3600.0, 0.0)


@dataclass
class Case:
    """One case: its name, what came of it in a sentence, and its problems."""

    name: str
    result: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Stage:
    """A world with traffic in it."""

    served: Served
    outside: Outside
    traffic: Traffic

    def judged(self, kills: int) -> list[str]:
        """Let it settle and judge it."""
        left = settle(self.served, self.outside, self.traffic)
        problems, _ = judge(self.served, self.outside, self.traffic.asked, kills)
        return [f"{name} after everything: {count}" for name, count in left.items()] + problems


@contextmanager
def _world(seed: int, environment: dict[str, str], parent: Path | None = None) -> Iterator[Stage]:
    outside_of = around(customers=40, people=4, seed=seed)
    with reachable_folder(str(parent) if parent else None) as folder, outside_of as outside:
        served = Served(folder, {**outside.environment, **environment})
        try:
            served.start()
            made = call_furnishing(served, {"facts": outside.facts, "webhook_url": f"{outside.hooks.url}/hooks"})
            traffic = Traffic(served, outside, made["token"], seed)
            traffic.start()
            yield Stage(served, outside, traffic)
        finally:
            served.stop()


def disk_full(seed: int) -> Case:
    """Fill the disk that the installation lies on, while it works; then make room again."""
    case = Case("The disk is full for a while")
    if os.geteuid() != 0 or not Path("/bin/mount").exists():
        case.result = "Skipped: a small disk can be made by root only."
        return case
    with reachable_folder() as folder:
        disk = folder / "disk"
        disk.mkdir()
        options = f"size={_DISK_MB}m,mode=0711"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=False)
        if mounted.returncode:
            case.result = "Skipped: this machine lets nobody make a small disk."
            return case
        try:
            _fill_and_empty(disk, seed, case)
        finally:
            subprocess.run(["umount", "--lazy", disk], check=False)
    return case


def _fill_and_empty(disk: Path, seed: int, case: Case) -> None:
    with _world(seed, {}, disk) as stage:
        served = stage.served
        wait_for(lambda: (served.one("select count(*) from sync_pendingcompany") or 0) > 20, 120, "the first tenants")
        ballast = disk / "ballast"
        tries = _fill(ballast)
        until = time.monotonic() + _FULL_SECONDS
        while time.monotonic() < until:
            tries += _fill(ballast)  # what was given back is taken again
            time.sleep(0.1)
        ended = served.process is not None and served.process.poll() is not None
        said = "disk" in served.log.read_text(errors="replace").lower() or _says_no_space(served)
        ballast.unlink()
        _wait_until_works(served)
        case.problems = stage.judged(kills=5)
        how = "`tenantry serve` ended with a sentence and was started again" if ended else "it went on by itself"
        case.result = (
            f"{_FULL_SECONDS:.0f} s without room, the database {'said so' if said else 'did not notice'}; {how}; "
            f"{_verdict(case)}"
        )


def _fill(ballast: Path) -> int:
    written = 0
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    written += file.write(b"\0" * size) // size
            except OSError:
                continue
    return written


def _says_no_space(served: Served) -> bool:
    log = served.home.logs / "postgres.log"
    return log.is_file() and "No space left" in log.read_text(errors="replace")


def _wait_until_works(served: Served) -> None:
    def works() -> bool:
        served.keep_up()
        return served.postgres.is_running() and served.answers() and served.worker() is not None

    wait_for(works, 120, "all parts being back")


def clock_jumps(seed: int) -> Case:
    """Let the clock of pages and worker jump ahead and back while they work; the database's stays."""
    case = Case("The clock jumps")
    with reachable_folder() as folder:
        file = folder / "clock"
        file.write_text("0")
        places = [str(_CLOCK), os.environ.get("PYTHONPATH") or "."]
        environment = {"PYTHONPATH": os.pathsep.join(places), "CRASH_CLOCK": str(file)}
        with _world(seed, environment) as stage:
            killer = Killer(stage.served, random.Random(seed))  # noqa: S311  # chooses moments, keeps no secret
            for jump in _JUMPS:
                file.write_text(str(jump))
                time.sleep(1.0)
                killed = killer.kill(Victim.WORKER)
                case.problems += [f"{killed.stuck}, clock at {jump:+.0f} s"] if killed.stuck else []
            case.problems += stage.judged(kills=len(_JUMPS))
            hours = ", ".join(f"{jump / 3600:+.2f} h" for jump in _JUMPS)
            case.result = f"Jumped to {hours}, a worker killed after each; {_verdict(case)}"
    return case


def _verdict(case: Case) -> str:
    return "nothing lost, nothing twice." if not case.problems else f"**{len(case.problems)} problems**, see below."


CASES: dict[str, Callable[[int], Any]] = {"disk": disk_full, "clock": clock_jumps}


def run_case(name: str, seed: int) -> Case:
    """Run a case by its name, and time it."""
    began = time.monotonic()
    case: Case = CASES[name](seed)
    case.seconds = time.monotonic() - began
    return case
