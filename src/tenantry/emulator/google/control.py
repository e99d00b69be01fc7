"""The part of the control API that is Google's: its switches, its people, its customers."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tenantry.emulator.staff import Someone
from tenantry.emulator.staff_control import change_person

if TYPE_CHECKING:
    from tenantry.emulator.server import Emulator

Body = dict[str, Any]


class GoogleControl:
    """Answers requests under ``/_emulator/google``, by the table ``routes``."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self.routes: dict[str, Callable[[Body], Any]] = {
            "GET /google/state": self._state,
            "GET /google/switches": lambda _: emulator.google.switches.as_dict(),
            "POST /google/switches": self._set_switches,
            "POST /google/quota": lambda body: emulator.google.gate.change_quota(int(body["quota"])),
            "POST /google/delegation": self._delegate,
            "GET /google/people": self._people,
            "POST /google/people": self._change_person,
            "POST /google/customers": self._change_customer,
            "POST /google/advance": self._advance,
            "GET /google/channels": self._channels,
            "POST /google/channels/deliver": lambda _: {"deliveries": emulator.google.channels.deliver()},
            "GET /google/movements": lambda body: [
                asdict(one) for one in emulator.google.people.movements[int(body.get("since", 0)) :]
            ],
        }

    def _state(self, _: Body) -> Body:
        google = self._emulator.google
        return {
            "customers": google.world.customers, "people_each": self._emulator.options.people,
            "subject": google.subject, "account_id": google.account_id, "quota": google.gate.quota,
            "delegated": sorted(google.signin.delegated), "movements": len(google.people.movements),
        }  # fmt: skip

    def _set_switches(self, body: Body) -> Body:
        self._emulator.google.switches.set(body)
        return self._emulator.google.switches.as_dict()

    def _delegate(self, body: Body) -> Body:
        """Grant or take back scopes, by their ends; ``customer`` lets its own administrators grant them too."""
        signin = self._emulator.google.signin
        prefix = "https://www.googleapis.com/auth/"
        signin.delegated |= {prefix + each for each in body.get("grant", [])}
        signin.delegated -= {prefix + each for each in body.get("take_back", [])}
        if "customer" in body:
            signin.direct.add(self._company(body))
        return {"delegated": sorted(signin.delegated)}

    def _channels(self, _: Body) -> list[Body]:
        """Return the open channels. Their tokens are handed out because this is an emulator."""
        channels = list(self._emulator.google.channels.open.values())
        return [{**each.shown(), "address": each.address, "messages": each.number} for each in channels]

    def _company(self, body: Body) -> int:
        index = self._emulator.google.world.index_of(str(body["customer"]))
        if index is None:
            raise ValueError("customer is the C… id of a customer.")
        return index

    def _people(self, body: Body) -> list[Body]:
        staff = self._emulator.google.staff
        return [self._shown(one) for one in staff.everybody(self._company(body))]

    def _shown(self, one: Someone) -> Body:
        world = self._emulator.google.world
        return {**asdict(one), "id": world.user_id(one), "address": world.address(one)}

    def _change_person(self, body: Body) -> Body:
        return self._shown(change_person(self._emulator.google.people, self._company(body), body))

    def _change_customer(self, body: Body) -> Body:
        """Add a customer, or with ``customer`` change one: resold, reseller_access, has_directory, has_subscription."""
        world = self._emulator.google.world
        if "customer" not in body:
            return asdict(world.add())
        changes = {name: bool(value) for name, value in body.items() if name != "customer"}
        return asdict(world.change(self._company(body), **changes))

    def _advance(self, body: Body) -> list[Body]:
        """Let time pass for the people of ``customers``, of the first ten when none are named."""
        google = self._emulator.google
        named = [self._company({"customer": each}) for each in body.get("customers", [])]
        companies = named or list(range(min(10, google.world.customers)))
        return [asdict(one) for one in google.people.advance(companies, int(body.get("steps", 1)))]
