"""What readers of a provider ask after a failure: whether the connection has to be set aside. Outside any scope."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenantry.audit.events import SYSTEM
from tenantry.core.brakes import Failures, Limits, judge_failures
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import ObservedKind, Quarantine
from tenantry.sync.quarantine.queries import marketplaces_fed_by, stopped_by
from tenantry.sync.quarantine.services import Cause, let_back, set_aside
from tenantry.sync.switches import read_limits

# The kinds of failures (``providers.errors``) of the credentials themselves, when they stop a whole reading.
_CREDENTIALS = frozenset({"AuthFailed", "ConsentMissing", "Misconfigured"})
_NEXT = (
    "Nothing more is read for now: the connection is tried once a day by itself. An operator sees on its page what "
    "fails, mends it, and lets it be read again. What was applied stays."
)


class ConnectionSetAside(Exception):
    """Too much failed, and the connection was set aside. ``failure`` is for the runs that end by it."""

    def __init__(self, quarantine: Quarantine) -> None:
        super().__init__(quarantine.reason)
        self.failure: dict[str, Any] = {
            "kind": type(self).__name__, "what": f"The connection was set aside. {quarantine.reason}",
            "fault": "the connection's configuration", "next": _NEXT, "retryable": False,
        }  # fmt: skip


def judge_error(
    connection_id: int, kind: ObservedKind, failure: Mapping[str, Any] | None, *, now: datetime
) -> Quarantine | None:  # fmt: skip
    """Set the connection aside if this failure, which ended a reading, is one of its credentials.

    ``failure`` is as ``observe.listing.failure_of`` makes it. A provider or a network that is down sets nothing aside.
    """
    if not failure or failure.get("kind") not in _CREDENTIALS:
        return None
    reason = " ".join(filter(None, (str(failure.get("what", "")), str(failure.get("next", "")))))
    trip = judge_failures(Failures(credentials=reason or "Its credentials are refused."), Limits())
    return set_aside(connection_id, Cause(trip, kind, dict(failure)), now=now) if trip else None


def judge_rows(
    connection_id: int, kind: ObservedKind, *, tried: int, failed: int, failed_before: int, now: datetime
) -> Quarantine | None:  # fmt: skip
    """Set the connection aside if too many of the rows of one run failed.

    ``failed_before``: of ``failed``, those that failed the last time as well, or that no row is to blame for: a few
    rows that never work must not stop the others. While this kind of reading is set aside all of them count.
    """
    if failed == 0:
        return None
    again = 0 if stopped_by(connection_id, kind) else failed_before
    trip = judge_failures(Failures(tried - again, failed - again), strictest_limits(connection_id))
    return set_aside(connection_id, Cause(trip, kind), now=now) if trip else None


def note_success(connection_id: int, kind: ObservedKind, *, began_at: datetime, now: datetime) -> bool:
    """Let the connection back after a reading that went well; tell whether it had been set aside.

    Only a reading that began after that can tell, and only of what stopped its kind.
    """
    live = stopped_by(connection_id, kind)
    return live is not None and began_at > live.begun_at and let_back(connection_id, by=SYSTEM, now=now)


def strictest_limits(connection_id: int) -> Limits:
    """Return the limits of errors of the marketplaces that the connection feeds, the strictest of each."""
    found = []
    for marketplace_id in marketplaces_fed_by(connection_id):
        with marketplace_scope(marketplace_id):
            found.append(read_limits())
    found = found or [Limits()]
    return Limits(
        errors_least_rows=min(each.errors_least_rows for each in found),
        errors_percent=min(each.errors_percent for each in found),
    )
