"""Asking Graph to tell when people of a tenant change: subscriptions to ``users``.

Sources: Microsoft's pages *Create subscription*, *Update subscription*, *Receive change notifications through webhooks*
and *Reduce missing subscriptions and change notifications*. ``created`` is not asked for: who is new is told as
``updated``, and ``deleted`` are those who are gone for good.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tenantry.providers.base import OpenedPush, WantedPush
from tenantry.providers.errors import Malformed, Misconfigured, NotFound, ProviderError
from tenantry.providers.microsoft.graph_calls import CallsByTenant
from tenantry.providers.microsoft.mapping import guid_of
from tenantry.providers.microsoft.people import known_tenant

_PATH: Final = "/v1.0/subscriptions"
_FIRST_YEAR: Final = 2000
_UNREACHED: Final = frozenset({"ValidationError", "InvalidRequest"})


class GraphPushes:
    """A ``PushSource`` over Microsoft Graph, as the person who signed in. Safe to call from several threads."""

    # 29 days are allowed. Three are enough to outlast a weekend's trouble, and short enough that what is
    # forgotten here ends there soon.
    life = timedelta(days=3)

    def __init__(self, calls: CallsByTenant) -> None:
        self._calls = calls

    def open_push(self, tenant_id: str, wanted: WantedPush) -> OpenedPush:
        """Subscribe to the people of a tenant. Graph calls the address, and waits ten seconds, before this returns."""
        body = {
            "changeType": "updated,deleted", "resource": "users", "notificationUrl": wanted.address,
            "lifecycleNotificationUrl": wanted.address, "expirationDateTime": _text(wanted.until),
            "clientState": wanted.secret,
        }  # fmt: skip
        try:
            return self._calls.of(known_tenant(tenant_id)).write("POST", _PATH, body, _opened)
        except ProviderError as error:
            if error.status == 400 and error.code in _UNREACHED:  # noqa: PLR2004 (Bad Request)
                raise _unreached(error) from error
            raise

    def renew_push(self, tenant_id: str, resource: str, until: datetime) -> OpenedPush | None:
        """Have the subscription last until then, and authorise it anew; ``None`` where Graph knows it no longer."""
        body = {"expirationDateTime": _text(until)}
        try:
            return self._calls.of(known_tenant(tenant_id)).write("PATCH", f"{_PATH}/{_known(resource)}", body, _opened)
        except NotFound:
            return None

    def stop_push(self, tenant_id: str, name: str, resource: str) -> None:  # noqa: ARG002 (Graph has names of its own)
        """End the subscription. One that is over already is no error."""
        try:
            self._calls.of(known_tenant(tenant_id)).write(
                "DELETE", f"{_PATH}/{_known(resource)}", None, lambda _: None
            )  # fmt: skip
        except NotFound:
            return


def _unreached(error: ProviderError) -> Misconfigured:
    return Misconfigured(
        f"Graph could not reach this installation's address. {error.message}",
        status=error.status,
        code=error.code,
        next_step="Set TENANTRY_URL to an https address that the Internet reaches, with a certificate that is trusted.",
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _known(resource: str) -> str:
    known = guid_of(resource)
    if known is None:
        raise Malformed("The stored id is no subscription's, so nothing was asked.", where="subscriptions")
    return known


def _opened(value: Any) -> OpenedPush:
    found = value if isinstance(value, dict) else {}
    known, ends = guid_of(found.get("id")), found.get("expirationDateTime")
    try:
        until = datetime.fromisoformat(ends) if isinstance(ends, str) else None
    except ValueError:
        until = None
    if known is None or until is None or until.year < _FIRST_YEAR:
        raise Malformed("Graph's answer does not say which subscription it made, or until when.", where="subscriptions")
    return OpenedPush(known, until if until.tzinfo else until.replace(tzinfo=UTC))
