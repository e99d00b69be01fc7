"""Microsoft Graph as far as people need it: users, what changed, deleted ones, roles, domains. Contract section 14."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, quote

from tenantry.emulator.clock import Clock
from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.jwts import TokenError
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.microsoft import delegations
from tenantry.emulator.microsoft.continuation import Continuation, Cursor
from tenantry.emulator.microsoft.customer_users import utc
from tenantry.emulator.microsoft.graph_refusals import GraphRefusal, refused
from tenantry.emulator.microsoft.graph_units import Units
from tenantry.emulator.microsoft.people import ROLES, SKUS, MicrosoftPeople
from tenantry.emulator.microsoft.registrations import GRAPH
from tenantry.emulator.microsoft.subscriptions import Subscriptions
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.microsoft.tokens import TokenMint
from tenantry.emulator.staff import Someone, is_present
from tenantry.emulator.world import UnknownCustomerError, World

Json = dict[str, Any]
PATH: Final = "/graph"
_USUAL: Final = 100
_MOST: Final = 999
_DELETED: Final = "/v1.0/directory/deleteditems/microsoft.graph.user"
_TOUCHED: Final = ("id", "surname", "mail", "accountEnabled")
_ALWAYS: Final = frozenset({"id", "@removed", "@odata.type"})
_NO_RIGHTS: Final = "Insufficient privileges to complete the operation."


@dataclass(frozen=True, slots=True)
class GraphCall:
    """One call: the request, the customer whose directory it is, its parameters with their dollars."""

    request: Request
    customer: Customer
    asked: dict[str, str]


def _unknown(call: GraphCall) -> Answer:
    segment = call.request.path.rpartition("/")[2]
    raise GraphRefusal(400, f"Resource not found for the segment '{segment}'.", "BadRequest")


class Graph:
    """Answers everything under ``/graph/v1.0``. ``url`` is set once the port is known."""

    def __init__(
        self, world: World, people: MicrosoftPeople, mint: TokenMint, switches: Switches, *, clock: Clock, key: bytes,
        partner: str,
    ) -> None:  # fmt: skip
        self.url = ""
        self._partner = partner
        self._world = world
        self._people = people
        self._mint = mint
        self._switches = switches
        self._clock = clock
        self._continuation = Continuation(key)
        self.units = Units(clock)
        self.subscriptions = Subscriptions(people, switches, clock)
        self._routes: dict[str, Callable[[GraphCall], Answer]] = {
            "/v1.0/users": self._users,
            "/v1.0/users/delta": self._delta,
            _DELETED: self._deleted,
            "/v1.0/directoryroles": self._roles,
            "/v1.0/domains": self._domains,
            "/v1.0/subscribedskus": self._skus,
        }

    def answer(self, request: Request, path: str) -> Answer:
        """Answer a request; ``path`` is lower case and begins with ``/v1.0``."""
        serve = self._routes.get(path) or self._by_id(path)
        subscribing = self.subscriptions.knows(request.method, path)
        request.known = subscribing or ((serve is not None or path == delegations.PATH) and request.method == "GET")
        try:
            if path == delegations.PATH:
                return self._delegations(request)
            customer = self._customer(request)
            asked = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
            self.units.spend(customer.tenant_id, path, asked)
            if subscribing:
                answer = self.subscriptions.answer(request, path, customer.tenant_id)
            else:
                answer = (serve if serve and request.method == "GET" else _unknown)(GraphCall(request, customer, asked))
        except GraphRefusal as refusal:
            answer = refused(refusal, self._clock.now())
        answer.headers.extend([("request-id", str(uuid.uuid4())), ("client-request-id", str(uuid.uuid4()))])
        return answer

    def _by_id(self, path: str) -> Callable[[GraphCall], Answer] | None:
        parts = path.split("/")
        if len(parts) == 4 and parts[2] == "users":  # noqa: PLR2004 (empty, version, users, id)
            return lambda call: self._one(call, parts[3], deleted=False)
        if len(parts) == 5 and parts[2:4] == ["directory", "deleteditems"]:  # noqa: PLR2004 (and directory)
            return lambda call: self._one(call, parts[4], deleted=True)
        if len(parts) == 5 and parts[2] == "directoryroles" and parts[4] == "members":  # noqa: PLR2004 (and members)
            return lambda call: self._members(call, parts[3])
        return None

    def _delegations(self, request: Request) -> Answer:
        """Answer in the partner's own tenant, to whom the switch lets: a page of relationships."""
        if str(self._claims(request).get("tid")) != self._partner or not self._switches.delegations_readable:
            raise GraphRefusal(403, _NO_RIGHTS)
        return delegations.page(request, self._world, self._people, self.url)

    def _claims(self, request: Request) -> dict[str, Any]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = self._mint.verified(token if scheme.lower() == "bearer" else "")
        except TokenError as problem:
            raise GraphRefusal(401, str(problem)) from problem
        request.mode = "user" if "scp" in claims else "app"
        if claims.get("aud") != GRAPH:
            raise GraphRefusal(401, "Access token validation failure. Invalid audience.")
        return dict(claims)

    def _customer(self, request: Request) -> Customer:
        tenant = str(self._claims(request).get("tid"))
        try:
            customer = self._world.customer(tenant)
        except UnknownCustomerError as problem:
            raise GraphRefusal(403, _NO_RIGHTS) from problem
        if self._world.has_left(tenant) or not self._people.is_open(customer) or not self._people.is_consented(tenant):
            raise GraphRefusal(403, _NO_RIGHTS)
        return customer

    def _users(self, call: GraphCall) -> Answer:
        return self._paged(call, "users", self._present(call, self._start(call, "users")))

    def _deleted(self, call: GraphCall) -> Answer:
        start = self._start(call, "directory/deletedItems/microsoft.graph.user")
        now, staff = self._clock.now(), self._people.staff
        company = call.customer.index
        people = ((number, staff.someone(company, number)) for number in range(start, staff.size(company)))
        rows = ((number, self._shown(one)) for number, one in people if self._people.is_restorable(one, now))
        return self._paged(call, "directory/deletedItems/microsoft.graph.user", rows)

    def _present(self, call: GraphCall, start: int) -> Iterator[tuple[int, Json]]:
        staff, company = self._people.staff, call.customer.index
        for number in range(start, staff.size(company)):
            one = staff.someone(company, number)
            if is_present(one):
                yield number, self._shown(one)

    def _paged(self, call: GraphCall, path: str, rows: Iterator[tuple[int, Json]]) -> Answer:
        size = self._size(call.asked.get("$top", ""))
        found = list(islice(rows, size + 1))
        body: Json = {"@odata.context": f"{self.url}/v1.0/$metadata#users", "value": self._selected(call, found[:size])}
        if len(found) > size:
            token = self._token(call, path, found[size][0], 0)
            body["@odata.nextLink"] = self._link(call, path, "$skiptoken", token)
        return json_answer(body)

    def _delta(self, call: GraphCall) -> Answer:
        """Answer with everybody first, then with who changed since the token."""
        since = call.asked.get("$deltatoken", "")
        if since == "latest":
            return self._delta_page(call, [], None, len(self._people.staff.log))
        if since:
            cursor = self._cursor(call, "delta", since)
            if not self._switches.delta or self._clock.now() - cursor.issued > self._switches.delta_seconds:
                raise GraphRefusal(410, "Sync state is too old.", location=f"{self.url}/v1.0/users/delta?$deltatoken=")
            return self._changed(call, cursor.start)
        token = call.asked.get("$skiptoken", "")
        cursor = self._cursor(call, "full", token) if token else Cursor(0, len(self._people.staff.log), 1, 0, "", 0.0)
        size = self._preferred(call.request)
        found = list(islice(self._present(call, cursor.start), size + 1))
        onward = self._token(call, "full", found[size][0], cursor.before) if len(found) > size else None
        return self._delta_page(call, found[:size], onward, cursor.before)

    def _changed(self, call: GraphCall, since: int) -> Answer:
        log = self._people.staff.log
        numbers = dict.fromkeys(number for company, number in log[since:] if company == call.customer.index)
        rows: list[tuple[int, Json]] = []
        for number in numbers:
            one = self._people.staff.someone(call.customer.index, number)
            rows.append((number, self._told(one) if is_present(one) else self._removed(one)))
        if self._switches.delta_replays:
            someone = self._people.staff.someone
            rows += [(number, self._shown(someone(call.customer.index, number))) for number in numbers]
        return self._delta_page(call, rows, None, len(log))

    def _told(self, one: Someone) -> Json:
        """Return a changed person: whole, or only what most changes touch."""
        shown = self._shown(one)
        return {name: shown[name] for name in _TOUCHED} if self._switches.delta_minimal else shown

    def _removed(self, one: Someone) -> Json:
        soft = self._people.is_restorable(one, self._clock.now())
        return {"id": self._people.user_id(one), "@removed": {"reason": "changed" if soft else "deleted"}}

    def _delta_page(self, call: GraphCall, rows: list[tuple[int, Json]], onward: str | None, seen: int) -> Answer:
        body: Json = {
            "@odata.context": f"{self.url}/v1.0/$metadata#users(id)", "value": self._selected(call, rows),
        }  # fmt: skip
        if onward is not None:
            body["@odata.nextLink"] = self._link(call, "users/delta", "$skiptoken", onward)
        else:
            token = self._token(call, "delta", seen, 0)
            body["@odata.deltaLink"] = self._link(call, "users/delta", "$deltatoken", token)
        return json_answer(body)

    def _one(self, call: GraphCall, user_id: str, *, deleted: bool) -> Answer:
        one = self._people.by_user_id(call.customer.index, user_id)
        there = one is not None and (self._people.is_restorable(one, self._clock.now()) if deleted else is_present(one))
        if one is None or not there:
            raise GraphRefusal(404, f"Resource '{user_id}' does not exist or one of its queried references is missing.")
        return json_answer(self._selected(call, [(0, self._shown(one))])[0])

    def _roles(self, _call: GraphCall) -> Answer:
        rows = [{"id": role, "roleTemplateId": role, "displayName": name} for role, name, _ in ROLES]
        return json_answer({"value": rows})

    def _members(self, call: GraphCall, role_id: str) -> Answer:
        level = next((level for role, _, level in ROLES if role == role_id), None)
        holders = self._people.staff.administrators(call.customer.index) if level else []
        rows = [
            {"@odata.type": "#microsoft.graph.user", "id": self._people.user_id(one)}
            for one in holders
            if one.admin == level
        ]
        return json_answer({"value": rows})

    def _domains(self, call: GraphCall) -> Answer:
        named = dict.fromkeys([*call.customer.custom_domains, call.customer.domain])
        rows = [
            {"id": name, "isVerified": True, "isDefault": place == 0, "isInitial": name.endswith(".onmicrosoft.com")}
            for place, name in enumerate(named)
        ]
        return json_answer({"value": rows})

    def _skus(self, call: GraphCall) -> Answer:
        """Answer with the tenant's SKUs: a part number for each. Graph tells no product names."""
        rows = [(place, {"skuId": derived_guid("sku", part), "skuPartNumber": part, "capabilityStatus": "Enabled"})
                for place, (part, _) in enumerate(SKUS)]  # fmt: skip
        return json_answer({"value": self._selected(call, rows)})

    def _shown(self, one: Someone) -> Json:
        people = self._people
        mail, names, sku = people.mail(one), people.names(one), people.sku(one)
        domain = people.staff.domain(one.company)
        aliases = [f"smtp:{each}@{domain}" for each in one.former]
        body: Json = {
            "id": people.user_id(one), "userPrincipalName": people.user_name(one), "mail": mail or None,
            "proxyAddresses": [f"SMTP:{mail}", *aliases] if mail else aliases,
            "givenName": names.get("first"), "surname": names.get("last"), "displayName": people.display_name(one),
            "accountEnabled": not (one.suspended or one.kind == "shared"),
            "userType": "Guest" if one.kind == "guest" else "Member",
            "usageLocation": people.country(one.company) if one.licensed else None, "mobilePhone": None,
            "businessPhones": [], "preferredLanguage": one.language if one.number % 2 else None,
            "assignedLicenses": [] if sku is None else [{"disabledPlans": [], "skuId": sku[0]}],
            "jobTitle": one.title or None, "department": one.unit or None, "createdDateTime": utc(one.created),
            "onPremisesImmutableId": None, "onPremisesLastSyncDateTime": None,
        }  # fmt: skip
        return body | ({} if one.deleted_at is None else {"deletedDateTime": utc(one.deleted_at)})

    @staticmethod
    def _selected(call: GraphCall, rows: list[tuple[int, Json]]) -> list[Json]:
        wanted = {name.strip() for name in call.asked.get("$select", "").split(",") if name.strip()}
        if not wanted:
            return [row for _, row in rows]
        return [{name: value for name, value in row.items() if name in wanted | _ALWAYS} for _, row in rows]

    def _size(self, text: str) -> int:
        if not text:
            return min(_USUAL, self._switches.people_cap)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MOST:
            raise GraphRefusal(400, f"Invalid page size specified: '{text[:9]}'. Must be between 1 and 999 inclusive.")
        return min(int(text), self._switches.people_cap)

    def _preferred(self, request: Request) -> int:
        _, _, size = request.headers.get("prefer", "").partition("odata.maxpagesize=")
        return min(int(size), self._switches.people_cap) if size.isascii() and size.isdigit() and int(size) else _USUAL

    def _start(self, call: GraphCall, path: str) -> int:
        token = call.asked.get("$skiptoken", "")
        return self._cursor(call, path, token).start if token else 0

    def _token(self, call: GraphCall, what: str, start: int, before: int) -> str:
        name = f"{call.customer.tenant_id} {what}"
        return self._continuation.token(Cursor(start, before, 1, 0, name, self._clock.now()))

    def _cursor(self, call: GraphCall, what: str, token: str) -> Cursor:
        cursor = self._continuation.cursor(token)
        if cursor is None or cursor.filter != f"{call.customer.tenant_id} {what}":
            raise GraphRefusal(400, "Skip token is invalid.", "Directory_ExpiredPageToken")
        return cursor

    def _link(self, call: GraphCall, path: str, name: str, token: str) -> str:
        kept = [f"{key}={quote(call.asked[key], safe='')}" for key in ("$select", "$top") if key in call.asked]
        query = "&".join([*kept, f"{name}={quote(token, safe='')}"])
        return f"{self.url}/v1.0/{path}?{query}"
