"""Chooses a victim and a moment, kills with SIGKILL, and waits until work goes on."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import psycopg
from tests.faults.crashing.served import Served


class Victim(StrEnum):
    """What is killed; ``CUT`` ends every connection of the application, and kills no process."""

    WORKER = "worker"
    WEB = "web"
    WEB_INSIDE = "web's inner process"
    DATABASE = "database"
    BACKEND = "one process of the database"
    SERVE = "serve, and all with it"
    CUT = "connections cut"


_WEIGHTS = {
    Victim.WORKER: 42, Victim.WEB: 8, Victim.WEB_INSIDE: 6, Victim.DATABASE: 26, Victim.BACKEND: 10, Victim.SERVE: 8,
}  # fmt: skip
_ENDS_THE_WORKER = {Victim.WORKER, Victim.DATABASE, Victim.BACKEND}
_MOST_IN_A_ROW = 5
_CUT_EVERY = 9
AREAS = {
    "observe": "list of tenants",
    "first_passes": "planning and applying, automatic creation",
    "details": "details of tenants",
    "people": "User Sync",
    "match": "matching",
    "send_invitations": "invitations",
    "deliver": "webhooks",
}
"""What is going on, by the job that does it."""
NOTHING = "no job"
_SEEN_WITHIN = 2.0
_ANY_WITHIN = 15.0
_BACK_SECONDS = 120.0
_SAMPLE = "select distinct split_part(task_name, '.', -1) as task from procrastinate_jobs where status = 'doing'"
_PROGRESS = """
select (select count(*) from audit_event) + (select count(*) from webhooks_delivery where state <> 'waiting')
    + (select coalesce(sum(pages + details_read), 0) from sync_observation where kind = 'companies')
    + (select count(*) from sync_observationpage) as steps
"""


@dataclass(frozen=True)
class Killed:
    """One kill: of what, what was running, how long until work went on; ``stuck`` says what did not come back."""

    victim: Victim
    running: tuple[str, ...]
    seconds: float
    stuck: str = ""


@dataclass
class Killer:
    """Kills parts of one installation, chosen by ``chance``. ``given_up``: how often `serve` ended by itself."""

    served: Served
    chance: random.Random
    kills: list[Killed] = field(default_factory=list)
    given_up: int = 0

    def victims(self, count: int) -> Iterator[Victim]:
        """Yield ``count`` victims to be killed, and now and then a cut, which does not count.

        A worker that ends again and again is started later each time, up to 30 s. Ending `serve` itself begins anew.
        """
        in_a_row = 0
        for number in range(1, count + 1):
            if number % _CUT_EVERY == 0:
                in_a_row += 1
                yield Victim.CUT
            victim = self.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            victim = Victim.SERVE if in_a_row >= _MOST_IN_A_ROW else victim
            in_a_row = 0 if victim is Victim.SERVE else in_a_row + (victim in _ENDS_THE_WORKER)
            yield victim

    def kill(self, victim: Victim) -> Killed:
        """Wait for a moment, kill, wait until all is back and something more was done; return what happened."""
        self._wait_for_work(self.chance.choice(list(AREAS)))
        time.sleep(self.chance.uniform(0, 0.35))
        running = self._running()
        began = time.monotonic()
        self._strike(victim)
        stuck = self._wait_until_back(victim)
        killed = Killed(victim, running, time.monotonic() - began, stuck)
        self.kills.append(killed)
        return killed

    def _wait_for_work(self, task: str) -> None:
        """Wait for this kind of work; when it does not come soon, for any: a worker that just begins is no target."""
        self._until(lambda: AREAS[task] in self._running(), time.monotonic() + _SEEN_WITHIN, pause=0.01)
        self._until(lambda: self._running() != (NOTHING,), time.monotonic() + _ANY_WITHIN, pause=0.01)

    def _running(self) -> tuple[str, ...]:
        with suppress(psycopg.OperationalError):
            found = {AREAS[row["task"]] for row in self.served.rows(_SAMPLE) if row["task"] in AREAS}
            return tuple(sorted(found)) or (NOTHING,)
        return (NOTHING,)

    def _strike(self, victim: Victim) -> None:
        served = self.served
        if victim is Victim.CUT:
            ending = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_app'"
            served.one(ending)
            return
        finders: dict[Victim, Callable[[], int | None]] = {
            Victim.WORKER: served.worker, Victim.WEB: served.web, Victim.WEB_INSIDE: served.web_inside,
            Victim.DATABASE: lambda: served.postgres.server_pid, Victim.BACKEND: self._backend,
            Victim.SERVE: lambda: served.process.pid if served.process else None,
        }  # fmt: skip
        until = time.monotonic() + _BACK_SECONDS
        while (pid := finders[victim]()) is None and time.monotonic() < until:
            time.sleep(0.02)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _backend(self) -> int | None:
        found = self.served.one(
            "select pid from pg_stat_activity where usename = 'tenantry_app' order by state = 'active' desc, random()"
            " limit 1"
        )
        return int(found) if found else None

    def _wait_until_back(self, victim: Victim) -> str:
        """Return an empty text, or what did not come back in time."""
        until = time.monotonic() + _BACK_SECONDS
        time.sleep(0.05)
        if not self._until(self._all_there, until):
            return f"after a kill ({victim}) not all parts came back within {_BACK_SECONDS:.0f} s"
        before = self.served.one(_PROGRESS)
        if not self._until(lambda: (self.served.one(_PROGRESS) or 0) > (before or 0), until):
            return f"after a kill ({victim}) nothing went on within {_BACK_SECONDS:.0f} s"
        return ""

    def _until(self, condition: Callable[[], bool], until: float, *, pause: float = 0.05) -> bool:
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(pause)
        return True

    def _all_there(self) -> bool:
        process = self.served.process
        gone = process.poll() if process is not None else None
        if gone is not None and gone != -signal.SIGKILL:
            self.given_up += 1
        self.served.keep_up()
        return (
            self.served.postgres.is_running() and self.served.worker() is not None and self.served.answers()
            and self.served.one("select 1") == 1
        )  # fmt: skip
