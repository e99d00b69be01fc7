"""A rolling restart: pages and workers are stopped and started one after the other while a sync runs."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import httpx2
from tests.faults.crashing.outside import Letters
from tests.faults.machines.counting import Counted, count
from tests.faults.machines.fleet import Fleet, Part, addresses
from tests.faults.machines.markets import Caller, Market, Partner, furnish, wish
from tests.faults.machines.resting import ALL_SYNCED
from tests.faults.machines.throughput import create_all

_PAUSE = 0.02
_LONGEST = 600.0
_BEGUN: LiteralString = "select sum(details_read) > 0 from sync_observation"
_PATHS = ("/runs", "/pending-companies", "/companies", "/settings/sync")


@dataclass
class Rolled:
    """What became of it. ``stops``: by process, how many seconds its end took. ``live``: at how many of the restarts a
    run was under way. Requests by what came of them."""

    stops: dict[str, float] = field(default_factory=dict)
    live: int = 0
    requests: "Counter[str]" = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)
    seconds: float = 0.0


class Requests:
    """Calls the API of both pages in turn, as programs behind a proxy do: one that is refused goes to the other.

    Reads, and now and then makes a company with a key of its own, which must be there once in the end.
    """

    def __init__(self, fleet: Fleet, market: Market) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failed: list[str] = []
        self.made: list[str] = []
        self._addresses = addresses(fleet.parts)
        self._headers = {"Authorization": f"Bearer {market.token}"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="requests", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """End after the call that is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE):
            number += 1
            order = self._addresses if number % 2 else self._addresses[::-1]
            if not any(self._call(address, number) for address in order):
                self.failed.append("both were refused")

    def _call(self, address: str, number: int) -> bool:
        """Call once; return whether a server took the call, whatever came of it."""
        name = f"Restartproof {number}"
        body = {"name": name, "accept_similar": True} if number % 10 == 0 else None
        path = "/companies" if body else _PATHS[number % len(_PATHS)]
        headers = {**self._headers, "Idempotency-Key": f"restart-{number}"} if body else self._headers
        try:
            answer = httpx2.request(
                "POST" if body else "GET", f"{address}/api/v1{path}", json=body, headers=headers, timeout=30
            )
        except httpx2.ConnectError:
            self.outcomes["connection refused, sent to the other"] += 1
            return False
        except httpx2.TransportError as cut:
            self.failed.append(f"{path}: {type(cut).__name__} {cut}")
            return True
        self.outcomes["answered"] += 1
        if answer.status_code >= 400:
            self.failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        elif body:
            self.made.append(name)
        return True


def measure(
    fleet: Fleet, partners: Sequence[Partner], letters: Letters, *, webs: int, workers: int, rate: int
) -> Rolled:  # fmt: skip
    """Restart every process once while each partner's customers are synced for the first time; then finish and count.

    ``rate``: reads of a customer a minute that a partner allows, low enough for the sync to last as long.
    """
    wanted = [wish(f"Market {number + 1}", partner, rate=rate) for number, partner in enumerate(partners)]
    *markets, bystander = furnish(fleet, [*wanted, wish("Bystander", partners[0], syncs=False)])
    fleet.add("web", webs)
    fleet.add("worker", workers)
    rolled, began = Rolled(), time.monotonic()
    before, first_letter = sum(partner.reads() for partner in partners), len(letters.kept)
    requests = Requests(fleet, bystander)
    requests.start()
    callers = [Caller(fleet, market) for market in markets]
    for caller in callers:
        caller.sync()
    fleet.wait(_BEGUN, seconds=_LONGEST, what="the first details")
    for part in (*fleet.of("worker"), *fleet.of("web")):
        rolled.live += bool(fleet.one("select count(*) from sync_run where ended_at is null"))
        _restart(fleet, part, rolled)
    requests.finish()
    fleet.wait(ALL_SYNCED, seconds=_LONGEST, what="the end of all runs")
    create_all(fleet, callers)
    rolled.requests, rolled.failed = requests.outcomes, requests.failed
    rolled.lost = _lost(fleet, requests.made)
    reads = sum(partner.reads() for partner in partners) - before
    rolled.counted = count(fleet, partners, letters.read()[first_letter:], reads=reads, stops=workers)
    rolled.seconds = time.monotonic() - began
    return rolled


def _restart(fleet: Fleet, part: Part, rolled: Rolled) -> None:
    rolled.stops[part.name] = fleet.stop(part)
    fleet.start_again(part)


def _lost(fleet: Fleet, made: Sequence[str]) -> list[str]:
    """Return the companies that were answered and are not there, or there twice."""
    there = Counter(row["name"] for row in fleet.rows(
        "select name from marketplace_company where name like 'Restartproof%'"
    ))  # fmt: skip
    return [name for name in made if there[name] != 1] + [name for name, times in there.items() if times > 1]
