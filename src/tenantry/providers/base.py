"""What the sync expects of a provider, and what a provider client expects of its surroundings."""

from typing import Protocol

from tenantry.core.records import TenantDetails, TenantPage


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
