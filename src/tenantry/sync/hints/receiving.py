"""A notification that came in from outside: whose it is, whether it is Microsoft's, and what it hints at."""

import json
from collections.abc import Mapping
from datetime import datetime

from tenantry.connections.microsoft import endpoints_of
from tenantry.connections.models import Connection
from tenantry.core.hints import is_timely, tenant_named
from tenantry.providers.microsoft.activity import moment_of
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.signatures import NotSigned, check_signature
from tenantry.sync.hints.services import Given, take_hints
from tenantry.sync.models import HintSource


def receive_notification(
    connection: Connection, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> int:  # fmt: skip
    """Keep what the notification hints at; return how many hints are new (0 or 1).

    ``headers`` have lower-case names. Raises ``NotSigned`` when it is not Microsoft's, or of another day. Talks HTTP
    for the certificate: never inside a transaction. What the body says is never taken for true.
    """
    check_signature(headers, body, endpoints_of(connection), now=now)
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotSigned("What was signed is not JSON.") from error
    if not isinstance(content, dict):
        raise NotSigned("What was signed is no object.")
    happened_at = moment_of(pick(content, "ResourceChangeUtcDate"))
    if happened_at is None or not is_timely(happened_at, now=now):
        raise NotSigned("It is too old, or has no date: perhaps somebody sends it again.")
    tenant_id = tenant_named(pick(content, "ResourceUri")) or _tenant_in_audit(pick(content, "AuditUri"))
    name = str(pick(content, "EventName") or "")
    given = Given(HintSource.NOTIFICATION, name, tenant_id, happened_at, b"notification:" + body)
    return take_hints(connection.pk, [given], now=now)


def _tenant_in_audit(address: object) -> str:
    """Return the tenant in an audit record's id: the partner's, then the customer's, between underscores."""
    parts = address.rpartition("/")[2].split("_") if isinstance(address, str) else []
    return tenant_named(parts[1]) if len(parts) > 2 else ""  # noqa: PLR2004  # partner, customer, and more
