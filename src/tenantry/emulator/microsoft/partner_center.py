"""The Partner Center REST API: its paths, who may use them, and what they answer."""

import base64
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tenantry.core.records import Relationship
from tenantry.emulator.counters import Counters
from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import derived_guid, is_guid
from tenantry.emulator.limits import Limit
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.microsoft import representations as show
from tenantry.emulator.microsoft import trade
from tenantry.emulator.microsoft.customer_users import CustomerUsers, UsersCall
from tenantry.emulator.microsoft.endings import Endings, check_still_ours
from tenantry.emulator.microsoft.gate import Caller, Gate
from tenantry.emulator.microsoft.hints import Hints
from tenantry.emulator.microsoft.listing import CustomerList
from tenantry.emulator.microsoft.people import MicrosoftPeople
from tenantry.emulator.microsoft.registrations import Directory
from tenantry.emulator.microsoft.switches import Account, Switches
from tenantry.emulator.spoiling import gateway_refusal
from tenantry.emulator.world import World

_RESELLERS: Final = ("Fabulous IT", "Brückner Systemhaus", "Nordvik Data", "Cumulus Partners", "Alpenbyte")
_SERVER: Final = base64.b32encode(os.urandom(5)).decode()[:8]
_TELEMETRY: Final = f"appId=cid-v1:{uuid.uuid4()}"
_DOMAINS: Final = "/v1/domains/"


@dataclass(frozen=True, slots=True)
class Part:
    """What can be read of one customer: whether only by a user, whether only with a delegated role, and how."""

    user_only: bool
    needs_role: bool
    read: Callable[[Customer], Any]


class PartnerCenter:
    """Answers everything under ``/v1``, and what tells of it, after the base path was taken off."""

    def __init__(
        self, *, world: World, directory: Directory, gate: Gate, customers: CustomerList, limit: Limit,
        switches: Switches, counters: Counters, users: CustomerUsers, hints: Hints, people: MicrosoftPeople,
    ) -> None:  # fmt: skip
        self._world = world
        self._directory = directory
        self._gate = gate
        self._customers = customers
        self._limit = limit
        self._switches = switches
        self._counters = counters
        self._users = users
        self._hints = hints
        self._people = people
        self._endings = Endings(world, switches, hints, counters)
        self._resellers = [(derived_guid(world.seed, "reseller", name), name) for name in _RESELLERS]
        self._parts: dict[str, Part] = {
            "": Part(user_only=False, needs_role=False, read=self._full),
            "profiles/billing": Part(user_only=False, needs_role=False, read=show.billing_profile),
            "profiles/company": Part(user_only=True, needs_role=False, read=show.company_profile),
            "organization": Part(user_only=True, needs_role=True, read=show.organization),
            "customdomains": Part(user_only=True, needs_role=True, read=lambda customer: list(customer.custom_domains)),
            "relationships": Part(user_only=True, needs_role=False, read=self._resellers_of),
            "qualification": Part(user_only=False, needs_role=False, read=trade.qualification),
            "qualifications": Part(user_only=False, needs_role=False, read=trade.qualifications),
            "subscriptions": Part(user_only=False, needs_role=False, read=trade.subscriptions),
        }

    def answer(self, request: Request, path: str) -> Answer:
        """Return the answer to ``request`` for ``path`` (lower case, no trailing slash)."""
        try:
            self._note_unknown(request, path)
            caller = self._gate.caller(request)
            answer = self._routed(request, path, caller)
        except refuse.ApiRefusal as refusal:
            answer = refuse.refusal_answer(refusal, self._switches.error_shape)
        if "validatemfa" in request.headers and request.mode:
            self._gate.note_mfa(request, answer)
        return answer

    @staticmethod
    def sign(request: Request, answer: Answer) -> None:
        """Add the headers that every answer of the service carries."""
        sent = request.headers
        locale = sent.get("x-locale")
        answer.headers.extend(
            (
                ("MS-CorrelationId", sent.get("ms-correlationid") or str(uuid.uuid4())),
                ("MS-RequestId", sent.get("ms-requestid") or str(uuid.uuid4())),
                ("MS-CV", base64.b64encode(os.urandom(12)).decode() + ".0"),
                ("MS-ServerId", _SERVER),
                ("Request-Context", _TELEMETRY),
            )
        )
        if locale:
            answer.headers.append(("X-Locale", f"{locale},{locale}"))

    def _note_unknown(self, request: Request, path: str) -> None:
        parts = path.split("/")
        known = path in {"/v1/customers", "/v1/customers/relationshiprequests", "/v1/relationships"} or (
            path.startswith("/v1/customers/")
            and ("/".join(parts[4:]) in self._parts or self._users.route(parts[4:]) is not None)
        )
        request.known = (known and request.method == "GET") or self._is_beside(request.method, path)

    def _is_beside(self, method: str, path: str) -> bool:
        """Whether something else than the reading of customers answers."""
        return self._hints.knows(method, path) or self._endings.knows(method, path) or _asks_for_domain(method, path)

    def _beside(self, request: Request, path: str, caller: Caller) -> Answer:
        if self._hints.knows(request.method, path):
            return self._hints.answer(request, path)
        if self._endings.knows(request.method, path):
            return self._endings.answer(request, path, caller)
        taken = trade.is_taken(self._world, path.removeprefix(_DOMAINS))
        return Answer(200 if taken else 404)  # without a body: the status says it all

    def _routed(self, request: Request, path: str, caller: Caller) -> Answer:
        if not request.known:
            raise (
                refuse.wrong_method() if request.method != "GET" and path == "/v1/customers" else refuse.unknown_path()
            )
        if self._is_beside(request.method, path):
            return self._beside(request, path, caller)
        if path == "/v1/customers":
            resellers = [number for number, _ in self._resellers] if self._is_provider() else []
            return self._customers.answer(request, resellers, mode=caller.mode)
        if path in {"/v1/customers/relationshiprequests", "/v1/relationships"}:
            if caller.mode != "user":
                raise refuse.user_only()
            if path.endswith("requests"):
                return self._success(show.relationship_request(self._directory.tenant_id))
            return self._success(self._relationships(request))
        parts = path.split("/")
        if self._users.route(parts[4:]) is not None:
            return self._of_people(request, parts, caller)
        return self._of_customer(parts[3], self._parts["/".join(parts[4:])], caller)

    def _of_customer(self, tenant_id: str, part: Part, caller: Caller) -> Answer:
        wait = self._limit.refuse_for()
        if wait:
            self._counters.note_throttled()
            return gateway_refusal(wait)
        if part.user_only and caller.mode != "user":
            raise refuse.user_only()
        if not is_guid(tenant_id):
            raise refuse.not_a_guid()
        customer = self._related(tenant_id.strip("{}"))
        if not customer.readable or (part.needs_role and not self._people.is_open(customer)):
            raise refuse.no_role()
        return self._success(part.read(customer))

    def _of_people(self, request: Request, parts: list[str], caller: Caller) -> Answer:
        """Answer about people, for whom no limit is published."""
        serve = self._users.route(parts[4:])
        assert serve is not None  # noqa: S101 (asked just before)
        if caller.mode != "user":
            raise refuse.user_only()
        if not is_guid(parts[3]):
            raise refuse.not_a_guid()
        customer = self._related(parts[3].strip("{}"))
        if not customer.readable or not self._people.is_open(customer):
            raise refuse.no_role()
        return self._success(serve(UsersCall(request, customer, parts[4:])))

    def _related(self, tenant_id: str) -> Customer:
        check_still_ours(self._world, self._switches, tenant_id)
        return self._world.customer(tenant_id)

    def _success(self, body: Any) -> Answer:
        return json_answer(body, bom=self._switches.bom)

    def _is_provider(self) -> bool:
        return self._switches.account is Account.INDIRECT_PROVIDER

    def _full(self, customer: Customer) -> Any:
        reseller = None
        if self._is_provider() and customer.relationship is Relationship.RESELLER:
            reseller = self._resellers[customer.index % len(self._resellers)][0]
        return show.full_customer(customer, reseller)

    def _resellers_of(self, customer: Customer) -> Any:
        if not self._is_provider():
            raise refuse.not_an_agent()  # a direct-bill partner gets 1002 here
        return show.partner_relationships([self._resellers[customer.index % len(self._resellers)]])

    def _relationships(self, request: Request) -> Any:
        kind = request.parameters().get("relationship_type", "").lower()
        if kind not in {"isindirectcloudsolutionproviderof", "isindirectresellerof"}:
            raise refuse.bad_input("The parameter relationship_type is missing or not supported.")
        mine = self._resellers if self._is_provider() and kind == "isindirectcloudsolutionproviderof" else []
        return show.partner_relationships(mine)


def _asks_for_domain(method: str, path: str) -> bool:
    return method == "HEAD" and path.startswith(_DOMAINS) and "/" not in path.removeprefix(_DOMAINS)
