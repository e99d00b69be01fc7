"""The marketplaces of a measurement, and the partners that feed them: emulators in processes of their own."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from bench.stage import control, emulator
from tests.faults.machines.fleet import Fleet, addresses

from tenantry.emulator.world import World

UNLIMITED = 60_000
"""Reads of a customer a minute that no measurement reaches."""
_FURNISHING = "tests.faults.machines.furnishing"


@dataclass(frozen=True)
class Partner:
    """An emulated partner: a process with customers of its own."""

    facts: Mapping[str, Any]
    customers: int

    def tenants(self) -> list[str]:
        """Return the ids of its customers, in the order of its list."""
        return list(World(seed=self.facts["seed"], customers=self.customers).tenant_ids())

    def reads(self) -> int:
        """Return how often somebody read a customer of this partner singly."""
        paths: dict[str, int] = control(dict(self.facts), "/state")["paths"]
        return paths.get("GET /v1/customers/{id}", 0)


@contextmanager
def partners(folder: Path, sizes: Sequence[int]) -> Iterator[list[Partner]]:
    """Give a partner of each size, all different, without any limit of calls."""
    with ExitStack() as running:
        given = []
        for number, customers in enumerate(sizes):
            name, more = f"partner-{number}", {"seed": 11 + number, "people": 0, "google-customers": 0}
            serving = emulator(folder, customers=customers, limit=0, more=more, name=name)
            given.append(Partner(running.enter_context(serving), customers))
        yield given


@dataclass(frozen=True)
class Market:
    """A marketplace that a fleet serves."""

    name: str
    id: int
    token: str
    email: str
    connection: int


def furnish(fleet: Fleet, wanted: Sequence[Mapping[str, Any]]) -> list[Market]:
    """Make marketplaces (see ``furnishing``) and return them."""
    made = json.loads(fleet.run_module(_FURNISHING, json.dumps(wanted)))
    return [Market(each["name"], **facts) for each, facts in zip(wanted, made, strict=True)]


def wish(name: str, partner: Partner, *, rate: int = UNLIMITED, **more: Any) -> dict[str, Any]:
    """Return what ``furnishing`` is told: a marketplace over a connection of its own unless ``more`` says else."""
    return {
        "name": name, "partner": dict(partner.facts), "connection": f"Partner Center of {name}", "rate": rate,
        "syncs": True, **more,
    }  # fmt: skip


class Caller:
    """Calls the API of the fleet's pages in a marketplace's name, the first pages that answer."""

    def __init__(self, fleet: Fleet, market: Market) -> None:
        self._fleet = fleet
        self._headers = {"Authorization": f"Bearer {market.token}"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call, and return the answer's content. What is refused fails."""
        address = f"{addresses(self._fleet.parts)[0]}/api/v1{path}"
        key = {} if method == "GET" else {"Idempotency-Key": f"machines-{time.monotonic_ns()}"}
        given = {**self._headers, **key, **headers}
        answer = httpx2.request(method, address, json=body, headers=given, timeout=60)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def sync(self) -> list[int]:
        """Press *Sync now*; return the runs."""
        return [run["id"] for run in self.ask("POST", "/runs")["items"]]

    def switch_on(self) -> list[int]:
        """Switch Company Sync on, which starts a sync; return the runs."""
        version = self.ask("GET", "/settings/sync")["version"]
        saved = self.ask("PUT", "/settings/sync", {"company_sync": True}, **{"If-Match": f'"{version}"'})
        return list(saved["run_ids"])

    def release(self) -> int:
        """Release all that is held, as a manager does who looked at it; return how many holds there were."""
        waiting = self.ask("GET", "/holds")["waiting"]
        for hold in waiting:
            shown = self.ask("GET", f"/holds/{hold['id']}")
            given = {"everything": shown["everything"], "invitations": shown["invitations"]}
            self.ask("POST", f"/holds/{hold['id']}/release", given)
        return len(waiting)


def timed(work: Callable[[], None]) -> float:
    """Do the work; return how many seconds it took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
