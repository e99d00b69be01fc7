"""All measurements of a fleet, one after the other, each on a database of its own on one server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crashing.outside import Letters
from tests.faults.machines import fairness, restart, throughput
from tests.faults.machines.fleet import Fleet
from tests.faults.machines.markets import UNLIMITED, partners
from tests.faults.machines.own_server import OwnServer, own_server

from tenantry.runtime.home import Home
from tenantry.sealing import create_key_ring

PARTS = ("throughput", "fairness", "restart")


@dataclass(frozen=True)
class Sizes:
    """How large everything is.

    Reads of a customer a minute: ``rate`` during the restart, ``large_rate`` at the large partner.
    """

    markets: int = 4
    customers: int = 250
    large: int = 2_000
    webs: int = 2
    workers: int = 4
    rate: int = 900
    large_rate: int = UNLIMITED
    only: tuple[str, ...] = PARTS


@dataclass
class Found:
    """What was measured so far; what was left out is empty."""

    sizes: Sizes
    times: list[throughput.Timed] = field(default_factory=list)
    met: fairness.Met | None = None
    rolled: restart.Rolled | None = None

    @property
    def problems(self) -> list[str]:
        """What must not be, in sentences: lost or doubled work, failed requests, different results."""
        counted = [(f"{timed.workers} workers", timed.counted) for timed in self.times]
        if self.rolled is not None:
            counted.append(("restart", self.rolled.counted))
        found = [f"{name}: {problem}" for name, each in counted for problem in each.problems]
        if len({each.result for _, each in counted}) > 1:
            found.append("the results differ: " + ", ".join(f"{name} {each.result}" for name, each in counted))
        if self.rolled is not None:
            found += [f"a request failed: {each}" for each in self.rolled.failed]
            found += [f"an answered company is not there once: {each}" for each in self.rolled.lost]
        return found


def measure(
    sizes: Sizes, folder: Path, *, like: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Iterator[Found]:  # fmt: skip
    """Measure what ``sizes.only`` names, and give what is known after each. ``like``: see ``own_server``."""
    found = Found(sizes)
    with own_server(folder, like=like) as server, Letters(folder / "letters") as letters:
        if like is None:
            migrate(server, folder)
        for name, work in (("throughput", _throughput), ("fairness", _fairness), ("restart", _restart)):
            if name in sizes.only:
                for _ in work(found, folder, server, letters):
                    say(f"{name} measured")
                    yield found


def migrate(server: OwnServer, folder: Path) -> None:
    """Make the tables as their owner, as the how-to says."""
    home = Home(folder / "home-migrate").prepare()
    create_key_ring(home.keys)
    addresses = {"DATABASE_URL": server.application(), "DATABASE_OWNER_URL": server.owner()}
    environment = {**os.environ, **addresses, "TENANTRY_HOME": str(home.path)}
    command = [sys.executable, "-m", "tenantry", "migrate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def _throughput(found: Found, folder: Path, server: OwnServer, letters: Letters) -> Iterator[None]:
    sizes = found.sizes
    for workers in sorted({1, sizes.workers}):
        with (
            partners(folder / f"throughput-{workers}", [sizes.customers] * sizes.markets) as given,
            _fleet(folder, server, f"throughput_{workers}", letters) as fleet,
        ):
            found.times.append(throughput.measure(fleet, given, letters, workers=workers))
        yield


def _fairness(found: Found, folder: Path, server: OwnServer, letters: Letters) -> Iterator[None]:
    sizes = found.sizes
    small = fairness.SMALL
    with (
        partners(folder / "fairness", [sizes.large, sizes.large, small, small]) as given,
        _fleet(folder, server, "fairness", letters) as fleet,
    ):
        found.met = fairness.measure(
            fleet, given[:2], given[2:], workers=sizes.workers, rate=sizes.large_rate
        )  # fmt: skip
    yield


def _restart(found: Found, folder: Path, server: OwnServer, letters: Letters) -> Iterator[None]:
    sizes = found.sizes
    with (
        partners(folder / "restart", [sizes.customers] * sizes.markets) as given,
        _fleet(folder, server, "restart", letters) as fleet,
    ):
        found.rolled = restart.measure(
            fleet, given, letters, webs=sizes.webs, workers=sizes.workers, rate=sizes.rate
        )  # fmt: skip
    yield


@contextmanager
def _fleet(folder: Path, server: OwnServer, name: str, letters: Letters) -> Iterator[Fleet]:
    mail: Mapping[str, str] = {"TENANTRY_SMTP_HOST": "127.0.0.1", "TENANTRY_SMTP_PORT": str(letters.port)}
    fleet = Fleet(folder, server, server.fresh_database(name), {**mail, "TENANTRY_URL": "http://127.0.0.1:8080"})
    try:
        yield fleet
    finally:
        fleet.stop_all()
