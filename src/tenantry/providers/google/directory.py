"""Reading one customer's directory: people, deleted people, domains, organisational units, administrators.

Every call names the customer's own id. Sources: docs/reference/google-directory.md sections 3, 7 and 8.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from tenantry.core.records import (
    Administrator,
    AdminLevel,
    DirectoryPage,
    DirectoryUser,
    Ending,
    InvalidRecord,
    OrgUnit,
    Presence,
    TenantDomain,
)
from tenantry.providers.errors import Fault, Malformed, NotFound, ProviderError
from tenantry.providers.google.answers import DELETED_CODE, Call
from tenantry.providers.google.calls import Calls
from tenantry.providers.google.mapping import (
    DELETED_MASK,
    LIST_MASK,
    USER_MASK,
    customer_id_of,
    deleted_of,
    flag_of,
    user_id_of,
    user_of,
)
from tenantry.providers.google.organisation import org_unit_of, tenant_domains_of
from tenantry.providers.google.paging import Position, onward, or_expired, position_at, rows_of
from tenantry.providers.texts import text_of

T = TypeVar("T")

PAGE_SIZE: Final = 500
_ROLES_PAGE: Final = 100
_ASSIGNMENTS_PAGE: Final = 200
_MOST_PAGES: Final = 1000
_ROOT: Final = "/admin/directory/v1"
_KIND: Final = "admin#directory#users"


class Directory:
    """The Directory API for one connection."""

    def __init__(self, calls: Calls, *, users: Call, organisation: Call, roles: Call) -> None:
        self._calls = calls
        self._users = users
        self._organisation = organisation
        self._roles = roles

    def list_users(self, customer_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the customer's live people, suspended and archived ones included."""
        params = {"orderBy": "email", "projection": "basic", "fields": LIST_MASK}
        return self._page("users", customer_id, cursor, params, user_of)

    def list_deleted(self, customer_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the people who were deleted in the last 20 days, and of nobody else."""
        return self._page("deleted", customer_id, cursor, {"showDeleted": "true", "fields": DELETED_MASK}, deleted_of)

    def _page(
        self,
        listing: str,
        customer_id: str,
        cursor: str | None,
        params: Mapping[str, str],
        read: Callable[[object, int, str], DirectoryUser | InvalidRecord],
    ) -> DirectoryPage:
        customer = customer_id_of(customer_id)
        position = position_at(cursor, listing, customer)
        asked = {"customer": customer, "maxResults": str(PAGE_SIZE), **params}
        if position.token:
            asked["pageToken"] = position.token
        try:
            return self._calls.get(
                self._users, f"{_ROOT}/users", lambda value: _page_of(value, position, customer, read), params=asked
            )
        except ProviderError as error:
            raise or_expired(error, position) from error

    def read_user(self, customer_id: str, user_id: str) -> DirectoryUser:
        """Return one person by id; ``presence`` tells one who was deleted lately.

        Raises ``NotFound`` for one who is gone for good, or not visible yet, or never was.
        """
        customer, known = customer_id_of(customer_id), user_id_of(user_id)
        if known is None:
            raise Malformed(
                f"{text_of(user_id)[:40]!r} is not a person's id, so nothing was asked.",
                where="the person's id",
                fault=Fault.OURS,
                retryable=False,
            )
        params = {"projection": "basic", "fields": USER_MASK}
        try:
            found = self._calls.get(
                self._users, f"{_ROOT}/users/{quote(known)}", lambda value: user_of(value, 1, customer), params=params
            )
        except NotFound as error:
            if error.code != DELETED_CODE:
                raise
            return DirectoryUser(external_id=known, presence=Presence.DELETED)
        if isinstance(found, InvalidRecord) or found.external_id != known:
            reason = found.reason if isinstance(found, InvalidRecord) else "It is somebody else."
            raise Malformed(f"A person's record cannot be used: {reason}", where="users.get")
        return found

    def domains(self, customer_id: str) -> tuple[TenantDomain, ...]:
        """Return the customer's domains, the primary one first, aliases of domains among them."""
        customer = customer_id_of(customer_id)
        return self._calls.get(
            self._organisation,
            f"{_ROOT}/customer/{customer}/domains",
            lambda value: tenant_domains_of(rows_of(value, "domains", where="domains", kind="admin#directory#domains")),
        )

    def org_units(self, customer_id: str) -> tuple[OrgUnit, ...]:
        """Return all organisational units below the root, by path."""
        customer = customer_id_of(customer_id)

        def read(value: Any) -> tuple[OrgUnit, ...]:
            rows = rows_of(value, "organizationUnits", where="org units", kind="admin#directory#orgUnits")
            units = [unit for row in rows if (unit := org_unit_of(row)) is not None]
            return tuple(sorted(units, key=lambda unit: unit.path))

        return self._calls.get(
            self._organisation, f"{_ROOT}/customer/{customer}/orgunits", read, params={"type": "all"}
        )

    def customer(self, customer_key: str) -> Mapping[str, Any]:
        """Return the customer's own record, by its id, or by ``my_customer`` for the administrator's own."""

        def read(value: Any) -> Mapping[str, Any]:
            if not isinstance(value, dict) or value.get("kind") != "admin#directory#customer":
                raise Malformed("A customer's record does not say that it is one.", where="customers.get")
            return value

        return self._calls.get(self._organisation, f"{_ROOT}/customers/{quote(customer_key)}", read)

    def administrators(self, customer_id: str) -> tuple[Administrator, ...]:
        """Return every holder of an administrator's role, directly or as a group. Ids of programs are among them."""
        customer = customer_id_of(customer_id)
        base = f"{_ROOT}/customer/{customer}"
        roles: dict[str, tuple[str, bool]] = {}
        for row in self._all(f"{base}/roles", _ROLES_PAGE, "admin#directory#roles"):
            full = flag_of(row.get("isSuperAdminRole")) or row.get("roleName") == "_SEED_ADMIN_ROLE"
            roles[text_of(row.get("roleId"))] = (text_of(row.get("roleName")), full)
        held: dict[str, list[tuple[str, bool]]] = {}
        groups: set[str] = set()
        for row in self._all(f"{base}/roleassignments", _ASSIGNMENTS_PAGE, "admin#directory#roleAssignments"):
            holder = text_of(row.get("assignedTo"))
            if not holder:
                continue
            role_id = text_of(row.get("roleId"))
            held.setdefault(holder, []).append(roles.get(role_id, (f"role {role_id}", False)))
            if row.get("assigneeType") == "group":
                groups.add(holder)
        return tuple(
            Administrator(
                external_id=holder,
                roles=tuple(sorted({name for name, _ in names})),
                level=AdminLevel.FULL if any(full for _, full in names) else AdminLevel.PARTIAL,
                is_group=holder in groups,
            )
            for holder, names in sorted(held.items())
        )

    def _all(self, path: str, size: int, kind: str) -> list[Mapping[str, Any]]:
        """Return the rows of all pages. Raises ``Malformed`` when the listing does not end cleanly."""
        where = path.rsplit("/", 1)[1]
        position = Position(where, path)
        rows: list[Mapping[str, Any]] = []
        for _ in range(_MOST_PAGES):
            asked = {"maxResults": str(size)} | ({"pageToken": position.token} if position.token else {})
            value = self._calls.get(self._roles, path, lambda value: _checked(value, where, kind), params=asked)
            page = [row for row in rows_of(value, "items", where=where) if isinstance(row, dict)]
            rows += page
            further = onward(value, position, count=len(page))
            if further.ending is Ending.CLEAN:
                return rows
            if further.position is None:
                raise Malformed(f"The list of {where} was stopped: {further.doubt}.", where=where)
            position = further.position
        raise Malformed(f"The list of {where} does not end.", where=where)


def _checked(value: Any, where: str, kind: str) -> Mapping[str, Any]:
    rows_of(value, "items", where=where, kind=kind)
    checked: Mapping[str, Any] = value
    return checked


def _page_of(
    value: Any,
    position: Position,
    customer: str,
    read: Callable[[object, int, str], DirectoryUser | InvalidRecord],
) -> DirectoryPage:
    rows = rows_of(value, "users", where="users", kind=_KIND)
    found = [read(row, number, customer) for number, row in enumerate(rows, start=1)]
    records = tuple(each for each in found if isinstance(each, DirectoryUser))
    invalid = tuple(each for each in found if isinstance(each, InvalidRecord))
    further = onward(value, position, count=len(rows))
    if further.doubt:
        invalid += (InvalidRecord(f"page {position.page + 1}", f"The listing was stopped: {further.doubt}."),)
    cursor = further.position.as_cursor() if further.position else None
    return DirectoryPage(records, invalid, further.ending, cursor)
