"""Partner Center below a customer: users, deleted users, licences, roles. Contract section 7."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.messages import Request
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.microsoft.continuation import Continuation, Cursor
from tenantry.emulator.microsoft.people import ROLES, SKUS, MicrosoftPeople
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.staff import Someone, is_present

Json = dict[str, Any]
Rows = Iterator[tuple[int, Json]]
_USUAL: Final = 100
_MOST: Final = 500
_SORTED: Final = {
    name.lower(): name for name in ("displayName", "firstName", "lastName", "userPrincipalName")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UsersCall:
    """What is read below one customer: the request, the customer, and the parts of the path behind its id."""

    request: Request
    customer: Customer
    rest: list[str]


class CustomerUsers:
    """Answers everything about people. All of it is for a user with a delegated role."""

    def __init__(self, people: MicrosoftPeople, switches: Switches, clock: Clock, key: bytes) -> None:
        self._people = people
        self._switches = switches
        self._clock = clock
        self._continuation = Continuation(key)
        self._routes: dict[tuple[str, ...], Callable[[UsersCall], Any]] = {
            ("users",): self._list,
            ("users", "*"): lambda call: self._user(self._one(call)),
            ("users", "*", "licenses"): self._licences,
            ("users", "*", "directoryroles"): self._roles_of,
            ("subscribedskus",): self._skus,
            ("directoryroles",): lambda _: _collection([_role(place) for place in range(len(ROLES))]),
            ("directoryroles", "*", "usermembers"): self._members,
        }

    def route(self, rest: list[str]) -> Callable[[UsersCall], Any] | None:
        """Return what answers the path behind a customer's id, if anything here does."""
        shape = tuple("*" if place == 1 else part for place, part in enumerate(rest))
        return self._routes.get(shape)

    def _list(self, call: UsersCall) -> Json:
        asked = call.request.parameters()
        # Filter and order belong to the first page; the token remembers them.
        wanted = "deleted" if _wants_deleted(asked.get("filter", "")) else "present"
        size, start, page, shown = self._position(call, asked, f"{wanted} {_order_of(asked)}".rstrip())
        found = list(islice(self._rows(call.customer.index, start, shown), size + 1))
        items = [row for _, row in found[:size]]
        body: Json = {"totalCount": len(items), "items": items}
        own = {"uri": f"/customers/{call.customer.tenant_id}/users", "method": "GET", "headers": []}
        links: Json = {"self": own}
        if len(found) > size or self._switches.trailing_token:
            at = found[size][0] if len(found) > size else self._people.staff.size(call.customer.index)
            name = f"{call.customer.tenant_id} {shown}"
            token = self._continuation.token(Cursor(at, start, page + 1, size, name, self._clock.now()))
            body["continuationToken"] = token
            headers = [{"key": "MS-ContinuationToken", "value": token}]
            links["next"] = {**own, "uri": f"{own['uri']}?size={size}&seekOperation=Next", "headers": headers}
        return body | {"links": links, "attributes": {"objectType": "Collection"}}

    def _rows(self, company: int, start: int, shown: str) -> Rows:
        """Yield places from ``start`` on in the order of ``shown``, each with its row."""
        now, staff = self._clock.now(), self._people.staff
        state, _, order = shown.partition(" ")
        numbers: Sequence[int] = range(staff.size(company))
        if order:
            member, _, direction = order.partition(" ")
            key = {number: str(self._user(staff.someone(company, number)).get(member, "")).casefold()
                   for number in numbers}  # fmt: skip
            numbers = sorted(numbers, key=lambda number: (key[number], number), reverse=direction == "descending")
        for place in range(start, len(numbers)):
            one = staff.someone(company, numbers[place])
            wanted = self._people.is_restorable(one, now) if state == "deleted" else is_present(one)
            if wanted:
                yield place, self._user(one)

    def _position(self, call: UsersCall, asked: dict[str, str], wanted: str) -> tuple[int, int, int, str]:
        text = asked.get("size", "0")
        if not text.isascii() or not text.isdigit():
            raise refuse.bad_input("The parameter size must be a whole number.")
        size = min(int(text), _MOST, self._switches.people_cap)
        token = call.request.headers.get("ms-continuationtoken", "")
        if not token:
            return size or min(_USUAL, self._switches.people_cap), 0, 1, wanted
        cursor = self._continuation.cursor(token)
        tenant = call.customer.tenant_id
        lifetime = self._switches.token_seconds
        if cursor is None or not cursor.filter.startswith(f"{tenant} "):
            raise refuse.no_more_records()
        if lifetime is not None and self._clock.now() - cursor.issued > lifetime:
            raise refuse.no_more_records()
        if cursor.start >= self._people.staff.size(call.customer.index):
            raise refuse.no_more_records()
        return size or cursor.size, cursor.start, cursor.page, cursor.filter.removeprefix(f"{tenant} ")

    def _one(self, call: UsersCall) -> Someone:
        one = self._people.by_user_id(call.customer.index, call.rest[1])
        now = self._clock.now()
        if one is None or not (is_present(one) or self._people.is_restorable(one, now)):
            raise refuse.unknown_user()
        return one

    def _user(self, one: Someone) -> Json:
        people = self._people
        user_id, names = people.user_id(one), people.names(one)
        tenant = people.tenant_id(one.company)
        body: Json = {
            "usageLocation": people.country(one.company) if one.licensed else None, "id": user_id,
            "userPrincipalName": people.user_name(one), "firstName": names.get("first"), "lastName": names.get("last"),
            "displayName": people.display_name(one), "userDomainType": "none",
            "state": "active" if one.deleted_at is None else "inactive",
            "softDeletionTime": None if one.deleted_at is None else utc(one.deleted_at),
            "links": {"self": {"uri": f"/customers/{tenant}/users/{user_id}", "method": "GET", "headers": []}},
            "attributes": {"objectType": "CustomerUser"},
        }  # fmt: skip
        return {name: value for name, value in body.items() if value is not None}

    def _licences(self, call: UsersCall) -> Json:
        sku = self._people.sku(self._one(call))
        if sku is None:
            return _collection([])
        row = {"servicePlans": [], "productSku": _product(*sku), "attributes": {"objectType": "License"}}
        return _collection([row])

    def _roles_of(self, call: UsersCall) -> Json:
        one = self._one(call)
        return _collection([_role(place) for place, (_, _, level) in enumerate(ROLES) if level and level == one.admin])

    def _skus(self, call: UsersCall) -> Json:
        size = self._people.staff.size(call.customer.index)
        rows = []
        for part, name in SKUS:
            total, used = size, size // len(SKUS)
            rows.append({
                "availableUnits": total - used, "activeUnits": total, "consumedUnits": used, "suspendedUnits": 0,
                "totalUnits": total, "warningUnits": 0, "productSku": _product(derived_guid("sku", part), part, name),
                "servicePlans": [], "capabilityStatus": "Enabled", "attributes": {"objectType": "SubscribedSku"},
            })  # fmt: skip
        return _collection(rows)

    def _members(self, call: UsersCall) -> Json:
        role = next((each for each in ROLES if each[0] == call.rest[1]), None)
        if role is None:
            raise refuse.unknown_path()
        holders = self._people.staff.administrators(call.customer.index)
        rows = [
            {
                "displayName": self._people.display_name(one), "userPrincipalName": self._people.user_name(one),
                "roleId": role[0], "id": self._people.user_id(one), "attributes": {"objectType": "UserMember"},
            }
            for one in holders
            if one.admin == role[2]
        ]  # fmt: skip
        return _collection(rows)


def utc(seconds: float) -> str:
    """Return a moment as the service writes it."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _order_of(asked: dict[str, str]) -> str:
    """Return the member to sort by and the direction, empty where the order is the service's own."""
    field, direction = asked.get("sortfield", "").lower(), asked.get("sortdirection", "ascending").lower()
    if not field:
        return ""
    if field not in _SORTED or direction not in {"ascending", "descending"}:
        raise refuse.bad_input("The parameters sortField and sortDirection are not supported as given.")
    return f"{_SORTED[field]} {direction}"


def _wants_deleted(text: str) -> bool:
    if not text:
        return False
    try:
        sent = {name.lower(): str(value).lower() for name, value in json.loads(text).items()}
    except (ValueError, AttributeError) as problem:
        raise refuse.bad_input("The filter is not valid JSON.") from problem
    # The filter is documented as UserState; the real answer's link echoes UserStatus.
    if sent.get("field") not in {"userstate", "userstatus"} or sent.get("operator") != "equals":
        raise refuse.bad_input(f"The search field {sent.get('field')} is not supported.")
    return sent.get("value") == "inactive"


def _collection(items: list[Json]) -> Json:
    return {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}}


def _role(place: int) -> Json:
    return {"name": ROLES[place][1], "id": ROLES[place][0], "attributes": {"objectType": "DirectoryRole"}}


def _product(sku: str, part: str, name: str) -> Json:
    return {"id": sku, "name": name, "skuPartNumber": part, "targetType": "User", "licenseGroupId": "Group1"}
