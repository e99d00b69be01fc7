"""Messages that a provider promised: whose they are, whether they carry their secret, and the hint that each is.

What a message says of people is not looked at: who reads them knows that better. One that comes twice, late or out of
order is a hint like any other.
"""

import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from tenantry.connections.models import Connection
from tenantry.core.pushes import PushState
from tenantry.marketplace.invitations.tokens import digest_of
from tenantry.sync.hints.services import pushed, take_hints
from tenantry.sync.models import PushChannel
from tenantry.sync.queue import enqueue_pushes

_FIRST = "sync"
_SHAKEN, _REMOVED = "reauthorizationRequired", "subscriptionRemoved"
_MOST = 1_000  # messages in one letter of Graph's


class NotPromised(Exception):
    """A push that no provider promised us, or without the secret that it was promised with."""


def receive_google_push(connection: Connection, headers: Mapping[str, str], *, now: datetime) -> int:
    """Keep the hint that a channel's message is; return how many hints are new (0 or 1).

    ``headers`` have lower-case names. Raises ``NotPromised``.
    """
    try:
        name = uuid.UUID(headers.get("x-goog-channel-id", ""))
    except ValueError as error:
        raise NotPromised("It names no channel.") from error
    row = promised(connection, name)
    _check_secrets(row, [headers.get("x-goog-channel-token", "")])
    return _take(row, hints=headers.get("x-goog-resource-state", "") != _FIRST, now=now)


def receive_graph_push(connection: Connection, name: uuid.UUID, body: bytes, *, now: datetime) -> int:
    """Keep the hint that a subscription's letter is, and follow what it says of the subscription itself.

    Each message in it has to carry the secret. Return how many hints are new (0 or 1). Raises ``NotPromised``.
    """
    row = promised(connection, name)
    told = _messages(body)
    _check_secrets(row, [each.get("clientState") for each in told])
    events = [each.get("lifecycleEvent") for each in told]
    if _REMOVED in events:
        with transaction.atomic():
            PushChannel.objects.filter(pk=row.pk).update(state=PushState.STOPPING)
            enqueue_pushes(connection.pk)
    elif _SHAKEN in events:
        with transaction.atomic():
            if PushChannel.objects.filter(pk=row.pk, state=PushState.OPEN, shaken=False).update(shaken=True):
                enqueue_pushes(connection.pk)
    # A change, or the word that some were not told. That it wants to be renewed is no change.
    return _take(row, hints=any(each != _SHAKEN for each in events), now=now)


def promised(connection: Connection, name: uuid.UUID) -> PushChannel:
    """Return the push with this name. Raises ``NotPromised``."""
    row = PushChannel.objects.select_related("tenant").filter(connection=connection, uid=name).first()
    if row is None:
        raise NotPromised("It is unknown here, or over.")
    return row


def _messages(body: bytes) -> list[dict[str, Any]]:
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotPromised("It is not JSON.") from error
    told = content.get("value") if isinstance(content, dict) else None
    if not isinstance(told, list) or not 0 < len(told) <= _MOST or not all(isinstance(each, dict) for each in told):
        raise NotPromised("It has no list of messages.")
    return told


def _check_secrets(row: PushChannel, given: list[object]) -> None:
    """Raise ``NotPromised`` unless all that was given is the push's secret; count the letter where it is not."""
    texts = [each if isinstance(each, str) else "" for each in given]
    if not all(hmac.compare_digest(digest_of(each), row.digest) for each in texts):
        PushChannel.objects.filter(pk=row.pk).update(refused=F("refused") + 1)
        raise NotPromised("Its secret is wrong.")


def _take(row: PushChannel, *, hints: bool, now: datetime) -> int:
    """Note that a message came and, unless it says nothing of people, keep its hint; return how many are new."""
    PushChannel.objects.filter(pk=row.pk).update(messages=F("messages") + 1, last_at=now)
    return take_hints(row.connection_id, [pushed(row.tenant.external_id, now=now)], now=now) if hints else 0
