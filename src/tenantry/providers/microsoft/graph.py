"""The people of customer tenants through Microsoft Graph, where application consent was given in the tenant.

A listing is a delta query from the beginning: its end says where to ask later for what changed. Sources:
docs/reference/partner-center.md sections 11 and 14.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from tenantry.core.records import (
    Administrator,
    DirectoryPage,
    DirectoryUser,
    Ending,
    InvalidRecord,
    LicenceName,
    Presence,
    TenantDomain,
)
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.errors import ConsentMissing, CursorExpired, Malformed, NotFound, ProviderError
from tenantry.providers.microsoft.delegations import PATH as DELEGATIONS_PATH
from tenantry.providers.microsoft.delegations import PERMISSION as DELEGATIONS_PERMISSION
from tenantry.providers.microsoft.delegations import Delegation, delegations_in
from tenantry.providers.microsoft.graph_calls import CallsByTenant
from tenantry.providers.microsoft.mapping import domain_of, guid_of
from tenantry.providers.microsoft.people import known_tenant, known_user
from tenantry.providers.microsoft.people_mapping import GRAPH_FIELDS, administrators_of, graph_user_of, sku_name_of
from tenantry.providers.texts import text_of

_DELTA: Final = "/v1.0/users/delta"
_DELETED: Final = "/v1.0/directory/deletedItems/microsoft.graph.user"
_PAGE: Final = {"Prefer": "odata.maxpagesize=999"}
_ALLOW_DELEGATIONS: Final = (
    f"Add Microsoft Graph, Delegated, {DELEGATIONS_PERMISSION} to the application, and grant it."
)
_REMEMBERED: Final = 64
_MOST_EMPTY: Final = 50
_MOST_PAGES: Final = 1000
_STALE: Final = frozenset({400, 404, 410})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a listing of one tenant stands: path and query of the next request. As text it is the cursor."""

    tenant: str
    path: str
    query: str
    page: int = 0
    empty: int = 0
    seen: tuple[str, ...] = ()

    def as_cursor(self) -> str:
        parts = [self.tenant, self.path, self.query, self.page, self.empty, self.seen]
        return json.dumps(parts, separators=(",", ":"))


def _place_at(cursor: str, tenant: str, path: str) -> _Place:
    try:
        whose, where, query, page, empty, seen = json.loads(cursor)
        place = _Place(str(whose), str(where), str(query), int(page), int(empty), tuple(map(str, seen)))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise CursorExpired("The stored position in the listing cannot be read by this version.") from error
    if (place.tenant, place.path) != (tenant, path):
        raise CursorExpired("The stored position belongs to another listing.")
    return place


class GraphPeople:
    """A ``DirectorySource`` over Microsoft Graph. Safe to call from several threads."""

    api = PeopleApi.GRAPH

    def __init__(self, calls: CallsByTenant) -> None:
        self._calls = calls

    def check(self, tenant_id: str) -> None:
        """Read one person, to learn whether the tenant is open this way. Raises ``ProviderError`` when it is not."""
        tenant = known_tenant(tenant_id)
        self._get(tenant, "/v1.0/users?$select=id&$top=1", lambda value: _rows(value, "users"))

    def delegations(self, partner_tenant_id: str) -> dict[str, Delegation]:
        """Return the delegated administration of each customer, by tenant id. ``partner_tenant_id`` is our own.

        Raises ``ConsentMissing`` where the application may not read them, any other ``ProviderError``.
        """
        try:
            return delegations_in(self._all(partner_tenant_id, DELEGATIONS_PATH))
        except ConsentMissing as error:
            error.permission, error.next_step = DELEGATIONS_PERMISSION, _ALLOW_DELEGATIONS
            raise

    def list_users(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of everybody. The last page's ``changes`` is for :meth:`list_changes`."""
        tenant = known_tenant(tenant_id)
        place = _place_at(cursor, tenant, _DELTA) if cursor else _Place(tenant, _DELTA, f"$select={GRAPH_FIELDS}")
        return self._page(place)

    def list_changes(self, tenant_id: str, changes: str) -> DirectoryPage:
        """Return one page of who changed since; parts that did not change are not told. May repeat people.

        Raises ``CursorExpired`` after some days: then everybody has to be listed again.
        """
        return self._page(_place_at(changes, known_tenant(tenant_id), _DELTA))

    def list_deleted(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the people who were deleted in the last 30 days."""
        tenant = known_tenant(tenant_id)
        query = f"$select={GRAPH_FIELDS},deletedDateTime&$top=999"
        return self._page(_place_at(cursor, tenant, _DELETED) if cursor else _Place(tenant, _DELETED, query))

    def _page(self, place: _Place) -> DirectoryPage:
        try:
            return self._calls.of(place.tenant).get(
                f"{place.path}?{place.query}",
                lambda value: self._read(value, place),
                correlation_id=str(uuid4()),
                headers=_PAGE,
            )
        except ProviderError as error:
            # The first page of all carries no token; behind it, and in a list of changes, a refusal is of the token.
            if "token=" in place.query and error.status in _STALE and not error.stops_run:
                raise CursorExpired(
                    f"Graph no longer accepts the position: {error.message}", status=error.status
                ) from error
            raise

    def _read(self, value: Any, place: _Place) -> DirectoryPage:
        rows = _rows(value, place.path)
        found = [graph_user_of(row, number) for number, row in enumerate(rows, start=1)]
        records = tuple(each for each in found if isinstance(each, DirectoryUser))
        invalid = tuple(each for each in found if isinstance(each, InvalidRecord))
        if place.path == _DELETED:
            records = tuple(replace(each, presence=Presence.DELETED) for each in records)
        following, changes = value.get("@odata.nextLink"), value.get("@odata.deltaLink")
        if following is None:
            later = self._followed(changes, place, rows) if changes is not None else None
            if (later is None) == (place.path == _DELTA):
                # A delta query that ends without saying where to go on has not ended.
                return DirectoryPage(records, (*invalid, _stopped(place)), Ending.AMBIGUOUS)
            fresh = replace(later, seen=(), page=0, empty=0).as_cursor() if later else None
            return DirectoryPage(records, invalid, Ending.CLEAN, changes=fresh)
        onward = self._followed(following, place, rows)
        if onward is None:
            return DirectoryPage(records, (*invalid, _stopped(place)), Ending.AMBIGUOUS)
        return DirectoryPage(records, invalid, Ending.MORE, onward.as_cursor())

    def _followed(self, link: object, place: _Place, rows: list[Any]) -> _Place | None:
        """Return where ``link`` leads, if it is the same listing of this service and not where we have been."""
        if not isinstance(link, str) or not link.isascii() or not link.isprintable():
            return None
        try:
            parts, home = urlsplit(link), urlsplit(self._calls.base)
        except ValueError:
            return None
        same = (parts.scheme, parts.netloc.lower()) == (home.scheme, home.netloc.lower())
        digest = sha256(parts.query.encode()).hexdigest()[:16]
        empty = 0 if rows else place.empty + 1
        wrong = parts.path.lower() != f"{home.path}{place.path}".lower() or not parts.query
        if not same or wrong or digest in place.seen or empty > _MOST_EMPTY:
            return None
        seen = (*place.seen, digest)[-_REMEMBERED:]
        return replace(place, query=parts.query, page=place.page + 1, empty=empty, seen=seen)

    def read_user(self, tenant_id: str, external_id: str) -> DirectoryUser:
        """Return one person by id, also one who was deleted lately. Raises ``NotFound``."""
        user_id = known_user(external_id)
        try:
            return self._one(tenant_id, f"/v1.0/users/{user_id}?$select={GRAPH_FIELDS}", user_id)
        except NotFound:
            found = self._one(tenant_id, f"/v1.0/directory/deletedItems/{user_id}", user_id)
            return replace(found, presence=Presence.DELETED)

    def _one(self, tenant_id: str, path: str, user_id: str) -> DirectoryUser:
        found = self._get(tenant_id, path, lambda value: graph_user_of(value, 1))
        if isinstance(found, InvalidRecord) or found.external_id != user_id:
            raise Malformed("A person's record carries another id than the one asked for.", where="users")
        person: DirectoryUser = found
        return person

    def administrators(self, tenant_id: str) -> tuple[Administrator, ...]:
        """Return the members of every administrator's role that the tenant uses."""
        held: dict[str, tuple[str, list[str]]] = {}
        for role in self._all(tenant_id, "/v1.0/directoryRoles"):
            role_id, template = guid_of(role.get("id")), guid_of(role.get("roleTemplateId"))
            if role_id is None:
                continue
            members = self._all(tenant_id, f"/v1.0/directoryRoles/{role_id}/members?$select=id")
            ids = [each for row in members if (each := guid_of(row.get("id")))]
            held[template or role_id] = (text_of(role.get("displayName")), ids)
        return administrators_of(held)

    def licence_names(self, tenant_id: str) -> tuple[LicenceName, ...]:
        """Return what the tenant's SKUs are called: Graph tells part numbers such as ``SPE_E3``, no product names."""
        rows = self._all(tenant_id, "/v1.0/subscribedSkus?$select=skuId,skuPartNumber")
        return tuple(each for row in rows if (each := sku_name_of(row)) is not None)

    def domains(self, tenant_id: str) -> tuple[TenantDomain, ...]:
        """Return the tenant's domains, the usual one first."""
        rows = self._all(tenant_id, "/v1.0/domains")
        found = [
            TenantDomain(domain_of(row.get("id")), verified=row.get("isVerified"), primary=row.get("isDefault") is True)
            for row in rows
            if domain_of(row.get("id"))
        ]
        return tuple(sorted(found, key=lambda domain: not domain.primary))

    def _all(self, tenant_id: str, path: str) -> list[dict[str, Any]]:
        place: _Place | None = _Place(known_tenant(tenant_id), *path.partition("?")[::2])
        rows: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            assert place is not None  # noqa: S101 (the loop ends otherwise)
            target = f"{place.path}?{place.query}" if place.query else place.path
            value = self._get(tenant_id, target, lambda value: value)
            page = _rows(value, place.path)
            rows += [row for row in page if isinstance(row, dict)]
            following = value.get("@odata.nextLink")
            if following is None:
                return rows
            place = self._followed(following, place, page)
            if place is None:
                break
        raise Malformed("A list of Graph did not end cleanly.", where=path)

    def _get(self, tenant_id: str, path: str, read: Callable[[Any], Any]) -> Any:
        return self._calls.of(known_tenant(tenant_id)).get(path, read, correlation_id=str(uuid4()))

    def close(self) -> None:
        """Do nothing: the ``http`` is the caller's."""


def _rows(value: Any, where: str) -> list[Any]:
    rows = value.get("value") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise Malformed("A page of Graph has no list of values.", where=where)
    return rows


def _stopped(place: _Place) -> InvalidRecord:
    return InvalidRecord(f"page {place.page + 1}", "The listing was stopped: it does not say how it goes on.")
