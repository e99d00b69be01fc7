"""The one address that a partner's notifications go to. Another tool's is never taken over.

Source: docs/reference/partner-center.md section 10: one registration for each partner tenant, shared by all its
tools; ``PUT`` overwrites whoever was there, and there is no ``DELETE``.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tenantry.providers.errors import Conflict, Malformed, NotFound
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.calls import Calls

_PATH: Final = "/webhooks/v1/registration"
_LONGEST: Final = 400
EVENTS: Final = (
    "test-created", "granular-admin-relationship-approved", "granular-admin-relationship-activated",
    "granular-admin-relationship-terminated", "granular-admin-relationship-expired",
    "granular-admin-access-assignment-activated", "granular-admin-access-assignment-deleted",
    "dap-admin-relationship-approved", "dap-admin-relationship-terminated",
    "reseller-relationship-accepted-by-customer", "indirect-reseller-relationship-accepted-by-customer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Registered:
    """Where notifications go now (empty: nowhere), and for which events."""

    url: str
    events: tuple[str, ...]


def read_registration(calls: Calls) -> Registered:
    """Return the registration as it is. Raises any ``ProviderError``."""
    try:
        return calls.get(_PATH, _registered, correlation_id=str(uuid4()))
    except NotFound:
        return Registered("", ())


def register(calls: Calls, url: str) -> Registered:
    """Register ``url`` unless somebody is registered; return who is, afterwards.

    Our own registration is brought up to date where the service has events that it lacks. Raises ``ProviderError``.
    """
    known = read_registration(calls)
    if known.url and known.url != url:
        return known
    offered = calls.get(f"{_PATH}/events", _names, correlation_id=str(uuid4()))
    wanted = tuple(event for event in EVENTS if event in offered)
    if known.url == url and set(wanted) <= set(known.events):
        return known
    body = {"WebhookUrl": url, "WebhookEvents": list(wanted), "SignatureTokenToMsSignatureHeader": False}
    try:
        return calls.write("PUT" if known.url else "POST", _PATH, body, _registered)
    except Conflict:  # another tool was a moment earlier
        return read_registration(calls)


def _registered(value: Any) -> Registered:
    url = pick(value, "WebhookUrl") if isinstance(value, dict) else None
    if not isinstance(url, str) or len(url) > _LONGEST:
        raise Malformed("The registration has no address.", where=_PATH)
    return Registered(url, _names(pick(value, "WebhookEvents") or []))


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Malformed("The events are no list.", where=_PATH)
    return tuple(name for name in value if isinstance(name, str))
