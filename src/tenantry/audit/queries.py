"""Reads about events. All run in the scope of the event's marketplace, or outside any for the installation's own."""

import json
from typing import Any

from tenantry.audit.models import Event
from tenantry.audit.services import event_place, key_ring, plain_key
from tenantry.sealing import unseal_with


def personal_values(event: Event) -> dict[str, Any] | None:
    """Open the personal values of an event: empty when it has none, ``None`` when the person was erased.

    Raises ``CannotUnseal`` or ``KeyRingMissing`` when the keys folder is not the one it was sealed with.
    """
    if event.person is None:
        return {}
    key = plain_key(event.person, key_ring())
    if key is None or event.sealed is None:
        return None
    values: dict[str, Any] = json.loads(unseal_with(key, bytes(event.sealed), place=event_place(event.uid)))
    return values
