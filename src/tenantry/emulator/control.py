"""The control API under ``/_emulator/``: what a test, the demo or a person uses to look inside and to change things."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tenantry.core.records import Relationship
from tenantry.emulator.customers import Person
from tenantry.emulator.google.control import GoogleControl
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.microsoft.grants import WITH_MFA, WITHOUT_MFA
from tenantry.emulator.movements import Movement
from tenantry.emulator.staff import Someone
from tenantry.emulator.staff_control import change_person
from tenantry.emulator.world import UnknownCustomerError

if TYPE_CHECKING:
    from tenantry.emulator.server import Emulator

PREFIX: Final = "/_emulator"
Body = dict[str, Any]


class Control:
    """Answers requests under :data:`PREFIX`, by the table ``routes``.

    Errors come as ``{"error": sentence}`` with 400 or 404.
    """

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self.routes: dict[str, Callable[[Body], Any]] = {
            "GET /state": self._state,
            "GET /faults": lambda _: emulator.faults.as_list(),
            "GET /switches": lambda _: emulator.switches.as_dict(),
            "GET /movements": lambda body: [
                asdict(one) for one in emulator.world.movements[int(body.get("since", 0)) :]
            ],
            "POST /advance": lambda body: [asdict(one) for one in emulator.world.advance(int(body.get("steps", 1)))],
            "POST /faults": self._add_fault,
            "POST /faults/clear": self._clear_faults,
            "DELETE /faults": self._clear_faults,
            "POST /switches": self._set_switches,
            "POST /limits": self._set_limit,
            "POST /clock": lambda body: emulator.clock.advance(float(body["advance_seconds"])),
            "POST /device": self._device,
            "POST /refresh-token": self._refresh_token,
            "POST /revoke": self._revoke,
            "POST /reset-counters": lambda _: emulator.counters.reset(),
            "POST /prerender": lambda body: {"pages": emulator.prerender(int(body.get("size", 500)))},
            "POST /customers": self._add_customer,
            "GET /people": lambda body: [self._shown(one) for one in self._staff(body)],
            "POST /people": self._change_person,
            "POST /people/advance": self._advance_people,
            "POST /hints": self._happen,
            "GET /subscriptions": lambda _: [one.shown() for one in emulator.microsoft.subscriptions.open.values()],
            "POST /subscriptions/deliver": lambda _: {"deliveries": emulator.microsoft.subscriptions.deliver()},
            "POST /subscriptions/happen": lambda body: {
                "deliveries": emulator.microsoft.subscriptions.happen(body["event"], body["tenant"])
            },
            "POST /hints/again": lambda _: {"deliveries": emulator.microsoft.hints.deliver_again()},
            "POST /delegation": lambda body: emulator.microsoft.people.delegate(
                body["tenant"], **{name: value for name, value in body.items() if name != "tenant"}
            ),
            "POST /consent": lambda body: emulator.microsoft.people.consent(
                body["tenant"].lower(), granted=bool(body.get("granted", True))
            ),
        } | GoogleControl(emulator).routes

    def answer(self, request: Request, path: str) -> Answer:
        """Return the answer to a control request."""
        request.mode = "control"
        inner = path.removeprefix(PREFIX)
        try:
            body = _body(request)
            result = self._routed(f"{request.method} {inner}", inner, body)
        except UnknownCustomerError as problem:
            return json_answer({"error": str(problem)}, status=404)
        except (ValueError, TypeError, KeyError) as problem:
            return json_answer({"error": f"{type(problem).__name__}: {problem}"}, status=400)
        return json_answer({"ok": True} if result is None else result)

    def _routed(self, route: str, inner: str, body: Body) -> Any:
        serve = self.routes.get(route)
        if serve is not None:
            return serve(body)
        parts = inner.strip("/").split("/")
        if len(parts) == 3 and parts[0] == "customers" and route.startswith("POST "):  # noqa: PLR2004 (customers, id, verb)
            return self._change_customer(parts[1], parts[2], body)
        if len(parts) == 2 and parts[0] == "customers" and route.startswith("GET "):  # noqa: PLR2004 (customers, id)
            return self._show_customer(parts[1])
        raise ValueError(f"There is no control {route}. The emulator's README lists them.")

    def _state(self, body: Body) -> Body:
        emulator = self._emulator
        world = emulator.world
        return {
            "world": {
                "seed": world.seed, "customers": world.customers, "listed": world.present(), "steps": world.steps,
                "movements": len(world.movements),
            },
            "limit": {"limit": emulator.limit.limit, "window": emulator.limit.window},
            "graph_units": {"limit": emulator.microsoft.units.limit, "window": emulator.microsoft.units.window},
            "device_codes": emulator.codes.waiting(),
            **emulator.counters.as_dict(recent=int(body.get("recent", 0))),
        }  # fmt: skip

    def _add_fault(self, body: Body) -> Body:
        settings = {name: value for name, value in body.items() if name not in {"kind", "path"}}
        return asdict(self._emulator.faults.add(body["kind"], body.get("path", "*"), **settings))

    def _clear_faults(self, body: Body) -> None:
        number = body.get("number")
        self._emulator.faults.clear(None if number is None else int(number))

    def _set_switches(self, body: Body) -> Body:
        self._emulator.switches.set(body)
        return self._emulator.switches.as_dict()

    def _set_limit(self, body: Body) -> None:
        window = body.get("window")
        limit = self._emulator.microsoft.units if body.get("of") == "graph" else self._emulator.limit
        limit.change(int(body["limit"]), None if window is None else float(window))

    def _device(self, body: Body) -> None:
        methods = WITH_MFA if body.get("mfa", True) else WITHOUT_MFA
        approved = body.get("action", "approve") == "approve"
        if not self._emulator.codes.decide(body["user_code"], approved=approved, methods=methods):
            raise ValueError("No device waits with that code.")

    def _refresh_token(self, body: Body) -> Body:
        native = body.get("application", "web") == "native"
        application = self._emulator.native_application if native else self._emulator.web_application
        token = self._emulator.refresh_token(
            application, mfa=bool(body.get("mfa", True)), age_days=float(body.get("age_days", 0))
        )
        return {"refresh_token": token, "client_id": application.client_id}

    def _revoke(self, body: Body) -> None:
        what = body["what"]
        if what not in {"access", "refresh"}:
            raise ValueError("what is access or refresh.")
        if what == "access":
            self._emulator.revoke_access_tokens()
        else:
            self._emulator.revoke_refresh_tokens()

    def _happen(self, body: Body) -> Body:
        given = {name: value for name, value in body.items() if name != "tenant"}
        return {"deliveries": self._emulator.microsoft.hints.happen(body["tenant"].lower(), **given)}

    def _staff(self, body: Body) -> Iterator[Someone]:
        people = self._emulator.microsoft.people
        return people.staff.everybody(people.company(body["tenant"]))

    def _shown(self, one: Someone) -> Body:
        people = self._emulator.microsoft.people
        return {**asdict(one), "id": people.user_id(one), "user_name": people.user_name(one), "mail": people.mail(one)}

    def _change_person(self, body: Body) -> Body:
        microsoft = self._emulator.microsoft
        return self._shown(change_person(microsoft.moves, microsoft.people.company(body["tenant"]), body))

    def _advance_people(self, body: Body) -> list[Body]:
        """Let time pass for the people of ``tenants``, of the first ten when none are named."""
        microsoft = self._emulator.microsoft
        named = [microsoft.people.company(each) for each in body.get("tenants", [])]
        companies = named or list(range(min(10, self._emulator.world.size)))
        return [asdict(one) for one in microsoft.moves.advance(companies, int(body.get("steps", 1)))]

    def _add_customer(self, body: Body) -> Body:
        given = body.get("relationship")
        relationship = None if given is None else Relationship(given)
        movement = self._emulator.world.add(body.get("name"), contact=_person(body), relationship=relationship)
        return asdict(movement)

    def _show_customer(self, tenant_id: str) -> Body:
        customer = self._emulator.world.customer(tenant_id)
        return {
            "tenant_id": customer.tenant_id, "name": customer.name, "domain": customer.domain,
            "relationship": customer.relationship, "contact": asdict(customer.contact), "place": asdict(customer.place),
            "registration": customer.registration, "custom_domains": customer.custom_domains,
            "delegated": customer.delegated, "role_granted": customer.role_granted, "readable": customer.readable,
            "left": self._emulator.world.has_left(tenant_id), "kind": customer.kind,
            "elder": None if customer.elder is None else self._emulator.world.tenant_id(customer.elder),
        }  # fmt: skip

    def _change_customer(self, tenant_id: str, verb: str, body: Body) -> Body | None:
        world = self._emulator.world
        verbs: dict[str, Callable[[], Movement | None]] = {
            "rename": lambda: world.rename(tenant_id, body.get("name")),
            "change-contact": lambda: world.change_contact(tenant_id, _person(body)),
            "leave": lambda: world.leave(tenant_id),
            "come-back": lambda: world.come_back(tenant_id),
            "rights": lambda: world.set_rights(tenant_id, **body),
        }
        if verb not in verbs:
            raise ValueError(f"A customer has no control {verb}. Known: {', '.join(verbs)}.")
        movement = verbs[verb]()
        return None if movement is None else asdict(movement)


def _person(body: Body) -> Person | None:
    given = body.get("contact")
    return None if given is None else Person(**given)


def _body(request: Request) -> Body:
    if not request.body.strip():
        return dict(request.parameters())
    body = json.loads(request.body)
    if not isinstance(body, dict):
        raise TypeError("The body must be a JSON object.")
    return body
