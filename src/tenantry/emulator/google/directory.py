"""The rest of the Directory API: customers, domains, organisational units, roles and who holds them."""

from typing import Any, Final
from urllib.parse import unquote

from tenantry.emulator.clock import Clock
from tenantry.emulator.draws import Draw, seed_key
from tenantry.emulator.google import representations as show
from tenantry.emulator.google.gate import Caller, Gate
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.replies import Asked, Json, Replies
from tenantry.emulator.google.users import UNIT_PATHS
from tenantry.emulator.google.world import GoogleWorld
from tenantry.emulator.messages import Answer

_ROLES: Final = (
    "_SEED_ADMIN_ROLE", "_USER_MANAGEMENT_ADMIN_ROLE", "_GROUPS_ADMIN_ROLE", "_HELP_DESK_ADMIN_ROLE",
    "_SERVICE_ADMIN_ROLE", "_MOBILE_ADMIN_ROLE", "_GROUPS_READER_ROLE", "_GROUPS_EDITOR_ROLE",
    "_GCDS_DIRECTORY_MANAGEMENT_ROLE", "_STORAGE_ADMIN_ROLE", "_DIRECTORY_SYNC_ADMIN_ROLE",
    "_INVENTORY_REPORTING_ADMIN_ROLE",
)  # fmt: skip
_FIRST_ROLE: Final = 41_880_000_000_000_000
_ALL_TYPES: Final = frozenset({"all", "allincludingparent"})


class DirectoryParts:
    """Answers everything of the Directory API but users."""

    def __init__(self, world: GoogleWorld, gate: Gate, replies: Replies, clock: Clock) -> None:
        self._world = world
        self._gate = gate
        self._replies = replies
        self._clock = clock

    def customer(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customers/{key}``."""
        index = self._gate.customer(caller, key)
        account = (
            self._world.reseller if index == caller.company and index not in range(self._world.customers) else None
        )
        shown = show.customer(account or self._world.account(index), self._world.company(index), self._created(index))
        return self._replies.answer(asked, self._replies.marked(asked, shown))

    def domains(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customer/{key}/domains``."""
        rows = [self._replies.marked(asked, row) for row in self._domains(self._gate.customer(caller, key))]
        body = self._replies.listing("admin#directory#domains", "domains", rows)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    def domain(self, asked: Asked, caller: Caller, key: str, name: str) -> Answer:
        """Answer ``GET customer/{key}/domains/{name}``."""
        for row in self._domains(self._gate.customer(caller, key)):
            if row["domainName"] == name.lower():
                return self._replies.answer(asked, self._replies.marked(asked, row))
        raise refused("notFound", "Domain not found.")

    def domain_aliases(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customer/{key}/domainaliases``."""
        parent = asked.get("parentdomainname").lower()
        rows = [
            alias
            for row in self._domains(self._gate.customer(caller, key))
            for alias in row.get("domainAliases", [])
            if not parent or alias["parentDomainName"] == parent
        ]
        body = self._replies.listing("admin#directory#domainAliases", "domainAliases", rows)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    def _domains(self, index: int) -> list[Json]:
        draw = Draw(seed_key(self._world.world.seed), b"google domains", index)
        primary = self._world.domain(index)
        created = show.milliseconds(self._created(index))
        first: Json = {
            "kind": "admin#directory#domain", "domainName": primary, "isPrimary": True, "verified": True,
            "creationTime": created,
        }  # fmt: skip
        if draw.chance(200):
            alias = {
                "kind": "admin#directory#domainAlias", "domainAliasName": f"alias-{primary}",
                "parentDomainName": primary, "verified": True, "creationTime": created,
            }  # fmt: skip
            first["domainAliases"] = [alias]
        rows = [first]
        if draw.chance(250):
            verified = not draw.chance(200)
            rows.append({
                "kind": "admin#directory#domain", "domainName": f"shop-{primary}", "isPrimary": False,
                "verified": verified, "creationTime": created,
            })  # fmt: skip
        return rows

    def _created(self, index: int) -> float:
        return self._world.staff.start - 86_400 * (400 + index % 900)

    def org_units(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customer/{key}/orgunits``. The usual type is ``children``: direct ones only."""
        index = self._gate.customer(caller, key)
        kind = asked.get("type", "children").lower()
        top = "/" + unquote(asked.get("orgunitpath")).strip("/")
        below = top.rstrip("/") + "/"
        paths = sorted(path for path in UNIT_PATHS if path.startswith(below))
        if kind not in _ALL_TYPES:
            paths = [path for path in paths if "/" not in path[len(below) :]]
        if kind == "allincludingparent":
            paths = [top, *paths]
        rows = [self._replies.marked(asked, self._unit(index, path)) for path in paths]
        body = self._replies.listing("admin#directory#orgUnits", "organizationUnits", rows)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    def org_unit(self, asked: Asked, caller: Caller, key: str, path: str) -> Answer:
        """Answer ``GET customer/{key}/orgunits/{path}``: without the leading slash, or by id."""
        index = self._gate.customer(caller, key)
        for known in UNIT_PATHS:
            if path in {known[1:], self._unit_id(index, known)}:
                return self._replies.answer(asked, self._replies.marked(asked, self._unit(index, known)))
        raise refused("notFound", "Org unit not found")

    def _unit(self, index: int, path: str) -> Json:
        parent = path.rpartition("/")[0] or "/"
        unit: Json = {
            "kind": "admin#directory#orgUnit", "name": path.rpartition("/")[2] or "root", "orgUnitPath": path,
            "orgUnitId": self._unit_id(index, path), "parentOrgUnitPath": parent,
            "parentOrgUnitId": self._unit_id(index, parent),
        }  # fmt: skip
        if path == "/Sales":
            unit["description"] = ""
        return unit

    def _unit_id(self, index: int, path: str) -> str:
        digest = Draw(seed_key(f"{index}{path}"), b"unit", 0).digits("03ph##############")
        return f"id:{digest}"

    def roles(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customer/{key}/roles``."""
        self._gate.customer(caller, key)
        rows: list[Any] = [self._role(place) for place in range(len(_ROLES))]
        shown, token = self._replies.page(asked, rows, self._replies.size(asked, usual=100, most=100))
        marked = [self._replies.marked(asked, row) for row in shown]
        body = self._replies.listing("admin#directory#roles", "items", marked, token)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    @staticmethod
    def _role(place: int) -> Json:
        role: Json = {
            "kind": "admin#directory#role", "roleId": str(_FIRST_ROLE + place), "roleName": _ROLES[place],
            "roleDescription": _ROLES[place].strip("_").replace("_", " ").title(), "isSystemRole": True,
            "isSuperAdminRole": place == 0,
        }  # fmt: skip
        if place:
            role["rolePrivileges"] = [{"privilegeName": "USERS_RETRIEVE", "serviceId": "00haapch16h1ysv"}]
        return role

    def role_assignments(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET customer/{key}/roleassignments``: people, a group, and a program that no call resolves."""
        index = self._gate.customer(caller, key)
        rows: list[Any] = []
        for one in self._world.staff.administrators(index):
            role = _FIRST_ROLE if one.admin == "full" else _FIRST_ROLE + 1
            rows.append(self._assignment(len(rows), role, self._world.user_id(one), "user"))
        rows.append(self._assignment(len(rows), _FIRST_ROLE + 2, f"03group{index:08}", "group"))
        rows.append(self._assignment(len(rows), _FIRST_ROLE + 3, f"1099{index:017}", "user"))
        wanted = asked.get("roleid")
        rows = [row for row in rows if not wanted or row["roleId"] == wanted]
        holder = asked.get("userkey")
        size = self._replies.size(asked, usual=100, most=200)
        shown, token = self._replies.page(asked, rows, size)
        # Filtered by holder, pages may be empty and still carry a token.
        marked = [self._replies.marked(asked, row) for row in shown if not holder or row["assignedTo"] == holder]
        body = self._replies.listing("admin#directory#roleAssignments", "items", marked, token)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    @staticmethod
    def _assignment(number: int, role: int, holder: str, kind: str) -> Json:
        return {
            "kind": "admin#directory#roleAssignment", "roleAssignmentId": str(_FIRST_ROLE + 1000 + number),
            "roleId": str(role), "assignedTo": holder, "assigneeType": kind, "scopeType": "CUSTOMER",
        }  # fmt: skip
