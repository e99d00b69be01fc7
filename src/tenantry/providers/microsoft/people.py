"""The people of customer tenants through the Partner Center: app+user, with a delegated role in each tenant.

Sources: docs/reference/partner-center.md section 7. A tenant that cannot be read raises; it never looks empty.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote
from uuid import uuid4

from tenantry.core.records import (
    Administrator,
    DirectoryPage,
    DirectoryUser,
    Ending,
    InvalidRecord,
    LicenceAssignment,
    SubscribedLicence,
    TenantDomain,
)
from tenantry.providers.base import CallBudget
from tenantry.providers.capabilities import PeopleApi
from tenantry.providers.errors import ConsentMissing, Fault, Malformed, ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.auth import TokenSource
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import SignInMode
from tenantry.providers.microsoft.mapping import domains_of, guid_of
from tenantry.providers.microsoft.paging import PAGE_SIZE, Position, is_doubtful_end, position_at, seek_page
from tenantry.providers.microsoft.people_mapping import (
    administrators_of,
    licence_of,
    partner_user_of,
    subscribed_of,
)
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience
from tenantry.providers.texts import text_of

T = TypeVar("T")

_DELETED: Final = quote(json.dumps({"Field": "UserState", "Value": "Inactive", "Operator": "equals"}), safe="")
_MOST_PAGES: Final = 1000


class PartnerCenterPeople:
    """A ``DirectorySource`` over one Partner Center. Safe to call from several threads.

    ``tokens`` must speak for a user. ``budget`` is one for people: no limit is published for them.
    """

    api = PeopleApi.PARTNER_CENTER

    def __init__(
        self,
        endpoints: Endpoints,
        tokens: TokenSource,
        budget: CallBudget,
        http: HttpClient,
        *,
        concurrency: AdaptiveConcurrency | None = None,
        patience: Patience | None = None,
    ) -> None:
        if tokens.mode is not SignInMode.APP_AND_USER:
            raise ConsentMissing(
                "People are shown to a signed-in user only, and this connection signs in alone.",
                permission="app+user sign-in",
                next_step="Run `tenantry connect microsoft` and sign in as a member of Admin Agents.",
                stops_run=True,
            )
        self._base = endpoints.api
        self._calls = Calls(
            api=endpoints.api,
            tokens=tokens,
            budget=budget,
            http=http,
            concurrency=concurrency or AdaptiveConcurrency(),
            patience=patience or Patience(),
        )

    def list_users(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the people who are not deleted: blocked ones and guests are not told apart."""
        return self._page(f"customers/{known_tenant(tenant_id)}/users", cursor, f"size={PAGE_SIZE}")

    def list_deleted(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return one page of the people who were deleted in the last 30 days. Their user names are mangled."""
        query = f"size={PAGE_SIZE}&filter={_DELETED}"
        return self._page(f"customers/{known_tenant(tenant_id)}/users", cursor, query)

    def _page(self, place: str, cursor: str | None, query: str) -> DirectoryPage:
        position = Position(query=query, place=place) if cursor is None else position_at(cursor)
        if position.place != place:
            raise Malformed("The stored position belongs to another listing.", where="cursor", fault=Fault.OURS)
        try:
            page = self._calls.get(
                position.path,
                lambda value: seek_page(value, position, partner_user_of, api=self._base),
                correlation_id=position.correlation_id,
                headers=position.headers,
            )
        except ProviderError as error:
            if is_doubtful_end(error, position):
                return DirectoryPage((), (), Ending.AMBIGUOUS)
            raise
        return DirectoryPage(page.records, page.invalid, page.ending, page.cursor)

    def read_user(self, tenant_id: str, external_id: str) -> DirectoryUser:
        """Return one person by id; ``presence`` tells one who was deleted. Raises ``NotFound``."""
        user_id = known_user(external_id)
        found = self._get(tenant_id, f"users/{user_id}", lambda value: partner_user_of(value, 1))
        if isinstance(found, InvalidRecord) or found.external_id != user_id:
            raise Malformed("A person's record carries another id than the one asked for.", where="users")
        return found

    def licences_of(self, tenant_id: str, external_id: str) -> tuple[LicenceAssignment, ...]:
        """Return the licences of one person: one call for each."""
        user_id = known_user(external_id)
        rows = self._rows(tenant_id, f"users/{user_id}/licenses?licenseGroupIds=Group1&licenseGroupIds=Group2")
        return tuple(each for row in rows if (each := licence_of(row, user_id)) is not None)

    def subscribed_licences(self, tenant_id: str) -> tuple[SubscribedLicence, ...]:
        """Return what a tenant bought, with seats."""
        rows = self._rows(tenant_id, "subscribedskus?licenseGroupIds=Group1&licenseGroupIds=Group2")
        return tuple(each for row in rows if (each := subscribed_of(row)) is not None)

    def administrators(self, tenant_id: str) -> tuple[Administrator, ...]:
        """Return the members of every administrator's role that the tenant has."""
        held: dict[str, tuple[str, list[str]]] = {}
        for role in self._rows(tenant_id, "directoryroles"):
            role_id = guid_of(pick(role, "id")) if isinstance(role, dict) else None
            if role_id is not None:
                held[role_id] = (text_of(pick(role, "name")), self._members(tenant_id, role_id))
        return administrators_of(held)

    def _members(self, tenant_id: str, role_id: str) -> list[str]:
        position = Position(place=f"customers/{known_tenant(tenant_id)}/directoryroles/{role_id}/usermembers")
        members: list[str] = []
        for _ in range(_MOST_PAGES):
            page = self._calls.get(
                position.path,
                partial(seek_page, position=position, read=_member_of, api=self._base),
                correlation_id=position.correlation_id,
                headers=position.headers,
            )
            members += page.records
            if page.cursor is None:
                if page.ending is not Ending.CLEAN:
                    break
                return members
            position = position_at(page.cursor)
        raise Malformed("The list of a role's members did not end cleanly.", where="usermembers")

    def domains(self, tenant_id: str) -> tuple[TenantDomain, ...]:
        """Return the tenant's own domains, all verified."""

        def read(value: Any) -> tuple[TenantDomain, ...]:
            listed = domains_of(value)
            if listed is None:
                raise Malformed("A customer's domains are not a list of texts.", where="customDomains")
            return tuple(TenantDomain(name, verified=True) for name in listed)

        return self._get(tenant_id, "customDomains", read)

    def _get(self, tenant_id: str, rest: str, read: Callable[[Any], T]) -> T:
        return self._calls.get(f"/v1/customers/{known_tenant(tenant_id)}/{rest}", read, correlation_id=str(uuid4()))

    def _rows(self, tenant_id: str, rest: str) -> list[Any]:
        def read(value: Any) -> list[Any]:
            items = pick(value, "items") if isinstance(value, dict) else None
            if not isinstance(items, list):
                raise Malformed("A collection has no list of items.", where=rest.partition("?")[0])
            return items

        return self._get(tenant_id, rest, read)

    def close(self) -> None:
        """Do nothing: the ``http`` is the caller's."""


def _member_of(item: object, number: int) -> str | InvalidRecord:
    user_id = guid_of(pick(item, "id")) if isinstance(item, dict) else None
    return user_id or InvalidRecord(f"row {number}", "The row has no usable id.")


def known_tenant(tenant_id: str) -> str:
    """Return a tenant's id in lower case. Raises ``Malformed`` for anything else, so that nothing is asked."""
    return _known(tenant_id, "a tenant's id")


def known_user(external_id: str) -> str:
    """Return a person's id in lower case. Raises ``Malformed`` for anything else, so that nothing is asked."""
    return _known(external_id, "a person's id")


def _known(value: str, what: str) -> str:
    known = guid_of(value)
    if known is None:
        raise Malformed(
            f"{text_of(value)[:80]!r} is not {what}, so nothing was asked.",
            where=what,
            fault=Fault.OURS,
            retryable=False,
        )
    return known
