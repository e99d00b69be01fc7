"""What the sync expects of a provider, and what a provider client expects of its surroundings."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tenantry.core.records import (
    Administrator,
    DirectoryPage,
    DirectoryUser,
    TenantDetails,
    TenantDomain,
    TenantPage,
)
from tenantry.providers.capabilities import PeopleApi


class TenantSource(Protocol):
    """Reads the customer tenants that one connection can see. Safe to call from several threads."""

    def list_tenants(self, cursor: str | None) -> TenantPage:
        """Return the page at ``cursor``, or the first page for ``None``.

        Raises any :class:`~tenantry.providers.errors.ProviderError`; ``CursorExpired`` when ``cursor`` is
        no longer good and the listing must start over.
        """

    def read_tenant(self, external_id: str) -> TenantDetails:
        """Return the details of one tenant, its primary contact included.

        Raises ``NotFound`` when the tenant is gone or no longer related to the partner.
        """

    def close(self) -> None:
        """Give back connections."""


class DirectorySource(Protocol):
    """Reads the people of the tenants that one connection can see, through one API. Safe from several threads.

    What ``api`` does not tell stays ``None`` in the records: ``providers.capabilities`` has the table. A tenant
    that is closed to us raises ``ConsentMissing`` without ``stops_run``; it never looks empty.
    """

    @property
    def api(self) -> PeopleApi:
        """The interface that is read."""

    def list_users(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return the page of present people at ``cursor``, or the first page for ``None``.

        Raises any ``ProviderError``; ``CursorExpired`` when the listing must start over.
        """

    def list_deleted(self, tenant_id: str, cursor: str | None) -> DirectoryPage:
        """Return a page of those who were deleted and may still be restored. Raises like :meth:`list_users`."""

    def read_user(self, tenant_id: str, external_id: str) -> DirectoryUser:
        """Return one person by id; ``presence`` tells one who was deleted. Raises ``NotFound``."""

    def administrators(self, tenant_id: str) -> tuple[Administrator, ...]:
        """Return who holds administrators' roles."""

    def domains(self, tenant_id: str) -> tuple[TenantDomain, ...]:
        """Return the tenant's domains."""

    def close(self) -> None:
        """Give back connections."""


@dataclass(frozen=True, slots=True)
class WantedPush:
    """What a provider is asked for: to tell at ``address`` when people of a tenant change, ``until`` then at most.

    ``name`` is ours, ``secret`` comes with each message and proves that the provider sent it.
    """

    name: str
    address: str
    until: datetime
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedPush:
    """What the provider promised: ``resource`` is its id, to stop it by; ``until`` may be sooner than wanted."""

    resource: str
    until: datetime


class PushSource(Protocol):
    """Has a provider tell at once when people of a tenant change. Hints only. Safe to call from several threads."""

    @property
    def life(self) -> timedelta:
        """For how long to ask."""

    def open_push(self, tenant_id: str, wanted: WantedPush) -> OpenedPush:
        """Ask for it; a first message may come before this returns. Raises any ``ProviderError``."""

    def renew_push(self, tenant_id: str, resource: str, until: datetime) -> OpenedPush | None:
        """Have it last longer; ``None`` where another has to be asked for instead. Raises any ``ProviderError``."""

    def stop_push(self, tenant_id: str, name: str, resource: str) -> None:
        """Ask to be told no more; what is over already is no error. Raises any ``ProviderError``."""


class CallBudget(Protocol):
    """How many calls may be made; shared by everybody who calls for the same partner."""

    def acquire(self) -> None:
        """Block until one more call may be made."""

    def throttled(self, *, after: float) -> None:
        """Told that the provider refused a call and asked for ``after`` seconds of quiet."""


class RefreshTokens(Protocol):
    """Where a rotating refresh token lives between processes."""

    def load(self) -> str | None:
        """Return the current refresh token, or ``None`` when nobody has signed in."""

    def replace(self, *, new: str, old: str) -> None:
        """Store ``new`` durably before it is relied on; keep ``old`` as the fallback."""


class Unlimited:
    """A :class:`CallBudget` that never waits, for single calls such as testing a connection."""

    def acquire(self) -> None:
        """Return at once."""

    def throttled(self, *, after: float) -> None:
        """Ignore it: the caller sees the ``Throttled`` error itself."""
