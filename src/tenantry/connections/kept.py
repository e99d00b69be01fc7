"""Sign-in, network connections and pace of each connection in this process, kept between slices of work."""

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from tenantry.connections.models import Connection
from tenantry.providers.http import HttpClient, Limits

_START_AT_ONCE = 2


class Opened(Protocol):
    """What is kept for one connection."""

    http: HttpClient


_Kept = TypeVar("_Kept", bound=Opened)

_opened: dict[tuple[object, ...], Opened] = {}
_lock = threading.Lock()


def kept(connection: Connection, make: Callable[[Connection], _Kept]) -> _Kept:
    """Return what ``make`` made of the connection as it is set, making it anew once its settings or key changed."""
    key = (
        connection.uid, make, connection.application_id, connection.application_kind, connection.sign_in,
        connection.cloud, connection.partner_tenant_id, connection.subject, connection.discovery,
        connection.secret_changed_at, repr(sorted(connection.settings.items())),
    )  # fmt: skip
    with _lock:
        found = _opened.get(key)
        if found is None:
            for stale in [other for other in _opened if other[0] == connection.uid]:
                _opened.pop(stale).http.close()
            found = _opened[key] = make(connection)
        return found  # type: ignore[return-value]  # the key holds what made it


def first_pace(connection: Connection) -> int:
    """Return how many calls run at once before the provider has shown what it bears."""
    return min(_START_AT_ONCE, connection.calls_at_once)


def limits_of(connection: Connection) -> Limits:
    """Return how long an answer may take: three minutes in all, unless the connection is set to less or more."""
    usual, seconds = Limits(), connection.answer_seconds
    return usual if seconds is None else Limits(read=min(usual.read, seconds), total=seconds)
