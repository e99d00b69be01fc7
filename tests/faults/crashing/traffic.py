"""Work that goes on while parts are killed: customers and people move, programs call the API, syncs are asked for.

Every call carries an `Idempotency-Key` and is sent again until it is answered, as a careful program does. What was
answered is kept: it must be there in the end, once.
"""

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
from tests.faults.crashing.outside import Outside
from tests.faults.crashing.served import Served

_PAUSE = 0.15
_PATIENCE = 180.0


@dataclass
class Asked:
    """What the API said was done: companies and their people by what it called them; memberships that it invited."""

    companies: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    invited: dict[int, int] = field(default_factory=dict)
    decided: dict[int, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    sent_again: int = 0
    unanswered: list[str] = field(default_factory=list)


class Traffic:
    """Keeps work going from ``start`` to ``finish``. Repeatable in what it chooses, not in when."""

    def __init__(self, served: Served, outside: Outside, token: str, seed: int) -> None:
        self.asked = Asked()
        self._served = served
        self._outside = outside
        self._chance = random.Random(seed)  # noqa: S311  # chooses work, keeps no secret
        self._seed = seed
        self._number = 0
        self._stop = threading.Event()
        self._headers = {"Authorization": f"Bearer {token}"}
        self._thread = threading.Thread(target=self._work, name="traffic", daemon=True)
        self.problem: Exception | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """End after the call that is under way was answered. Raises what went wrong."""
        self._stop.set()
        self._thread.join()
        if self.problem is not None:
            raise self.problem

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """Call the API until it answers; return the answer, or None when it refused for good."""
        self._number += 1
        key = f"crash-{self._seed}-{self._number}"
        until = time.monotonic() + _PATIENCE
        tries = 0
        while time.monotonic() < until:
            tries += 1
            answer = self._send(method, path, body, {**headers, "Idempotency-Key": key})
            if answer is not None and answer.status_code < 500:
                self.asked.sent_again += tries - 1
                if answer.status_code < 400:
                    return answer.json()
                self.asked.refused.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return None
            time.sleep(0.2)
        self.asked.unanswered.append(f"{method} {path}")
        return None

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx2.Response | None:
        address = f"http://127.0.0.1:{self._served.port}/api/v1{path}"
        with suppress(httpx2.TransportError):
            return httpx2.request(method, address, json=body, headers={**self._headers, **headers}, timeout=20)
        return None

    def _work(self) -> None:
        doings = [self._move_customers, self._move_people, self._sync, self._sync, self._sync_people, self._sync_people,
                  self._make_company, self._make_company, self._decide, self.release]  # fmt: skip
        try:
            while not self._stop.is_set():
                self._chance.choice(doings)()
                self._stop.wait(_PAUSE)
        except Exception as problem:  # noqa: BLE001  # raised in finish
            self.problem = problem

    def _move_customers(self) -> None:
        if self._chance.random() < 0.4:
            self._outside.emulator.world.advance()
        else:
            self._outside.emulator.world.add()

    def _move_people(self) -> None:
        linked = self._linked()
        if linked:
            microsoft = self._outside.emulator.microsoft
            chosen = self._chance.sample(linked, min(3, len(linked)))
            microsoft.moves.advance([microsoft.people.company(row["external_id"]) for row in chosen])

    def _linked(self) -> list[dict[str, Any]]:
        with suppress(psycopg.OperationalError), psycopg.connect(self._served.postgres.owner_dsn()) as owner:
            found = owner.execute(
                "select t.external_id, l.company_id from sync_tenantlink l join sync_tenant t on t.id = l.tenant_id "
                "where l.ended_at is null order by l.id"
            ).fetchall()
            return [{"external_id": tenant, "company_id": company} for tenant, company in found]
        return []

    def _sync(self) -> None:
        self.ask("POST", "/runs")

    def _sync_people(self) -> None:
        linked = self._linked()
        for row in self._chance.sample(linked, min(4, len(linked))):
            self.ask("POST", f"/companies/{row['company_id']}/user-sync")

    def _make_company(self) -> None:
        name = f"Crashproof {self._number} of {self._seed}"
        made = self.ask("POST", "/companies", {"name": name, "accept_similar": True})
        if made is None:
            return
        self.asked.companies[name] = made["id"]
        email = f"person{self._number}.{self._seed}@crashproof.example"
        given = {"email": email, "first_name": "Pat", "last_name": "Proof", "role": "administrator"}
        joined = self.ask("POST", f"/companies/{made['id']}/people", given)
        if joined is None:
            return
        self.asked.people[email] = joined["membership_id"]
        invited = self.ask("POST", f"/memberships/{joined['membership_id']}/invite", {"address_confirmed": True})
        if invited is not None:
            self.asked.invited[joined["membership_id"]] = invited["invitation_id"]

    def release(self) -> int:
        """Release what is held, as a manager does who looked at it; return how many holds there were.

        The first companies that a rule would create are held whatever their number.
        """
        waiting = (self.ask("GET", "/holds") or {"waiting": []})["waiting"]
        for hold in waiting:
            shown = self.ask("GET", f"/holds/{hold['id']}")
            if shown is not None:
                given = {"everything": shown["everything"], "invitations": shown["invitations"]}
                self.ask("POST", f"/holds/{hold['id']}/release", given)
        return len(waiting)

    def _decide(self) -> None:
        """Create the company of a tenant that no rule created."""
        page = self.ask("GET", "/pending-companies")
        for row in (page or {"items": []})["items"][:2]:
            if row["state"] != "pending":
                continue
            done = self.ask("POST", f"/pending-companies/{row['id']}/create", {}, **{"If-Match": f'"{row["version"]}"'})
            if done is not None and done["company_id"] is not None:
                self.asked.decided[row["id"]] = done["company_id"]
