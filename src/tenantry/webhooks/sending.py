"""Delivers what is due for one endpoint, in rounds: choose in a transaction, call outside any, note in a transaction.

One process works on an endpoint at a time. A process that dies in a round leaves its deliveries waiting: each of them
is sent once more, under the same id.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from tenantry.core.deliveries import Verdict, verdict_on
from tenantry.isolation.scope import marketplace_scope
from tenantry.logs import carried
from tenantry.providers.errors import ProviderError
from tenantry.providers.http import Answer, HttpClient, Limits
from tenantry.sync.driving import only_here
from tenantry.webhooks.destinations import Destination, DestinationRefused, check_destination
from tenantry.webhooks.keeping import open_secrets
from tenantry.webhooks.messages import bodies_of
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState
from tenantry.webhooks.noting import Attempt, note_attempts, note_lost
from tenantry.webhooks.signing import signed_headers

LIMITS = Limits(connect=5.0, read=10.0, total=15.0, max_bytes=64 * 1024)
ROUND = 32
AT_ONCE = 8
_ADVISORY_CLASS = 71_020
_LONGEST_ANSWER = 4_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery ready to be sent."""

    delivery: Delivery
    body: bytes


@dataclass(frozen=True, slots=True)
class _Round:
    """What goes to an endpoint at once; no two parcels are of the same lane."""

    endpoint: Endpoint
    secrets: list[str]
    parcels: list[Parcel]


def deliver_due(
    *, endpoint_id: int, marketplace_id: int, clock: Callable[[], datetime],
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:  # fmt: skip
    """Deliver until nothing is due; return False when ``should_stop`` ended it before. Outside any transaction."""
    if connection.in_atomic_block:
        raise RuntimeError("Messages are delivered outside any transaction.")
    with only_here(_ADVISORY_CLASS, endpoint_id % 2**31) as held:
        if not held:  # another worker is at it
            return True
        with closing(HttpClient(limits=LIMITS)) as http, ThreadPoolExecutor(AT_ONCE) as pool:
            while not should_stop():
                with marketplace_scope(marketplace_id):
                    chosen = _next_round(endpoint_id, now=clock())
                if chosen is None:
                    return True
                attempts = _carry_out(chosen, http, pool, clock)
                with marketplace_scope(marketplace_id):
                    note_attempts(endpoint_id, attempts, now=clock())
            return False


def _next_round(endpoint_id: int, *, now: datetime) -> _Round | None:
    endpoint = Endpoint.objects.filter(pk=endpoint_id, state=EndpointState.ON).first()
    if endpoint is None or (endpoint.rest_until and endpoint.rest_until > now):
        return None
    size = 1 if endpoint.failing_since else ROUND
    while rows := list(_due(endpoint_id, now=now)[:size]):
        bodies = bodies_of(rows, endpoint)
        note_lost([row.pk for row in rows if row.pk not in bodies], now=now)
        if bodies:
            parcels = [Parcel(row, bodies[row.pk]) for row in rows if row.pk in bodies]
            return _Round(endpoint, open_secrets(endpoint, now=now), parcels)
    return None


def _due(endpoint_id: int, *, now: datetime) -> QuerySet[Delivery]:
    """Return what may go now: the first of each lane, the longest due first."""
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.WAITING)
    earlier = waiting.filter(lane=OuterRef("lane"), pk__lt=OuterRef("pk"))
    return waiting.filter(~Exists(earlier), next_attempt_at__lte=now).order_by("next_attempt_at", "pk")


def _carry_out(
    chosen: _Round, http: HttpClient, pool: ThreadPoolExecutor, clock: Callable[[], datetime]
) -> Sequence[Attempt]:
    try:
        destination = check_destination(chosen.endpoint.url)
    except DestinationRefused as refused:
        return [Attempt(parcel.delivery.pk, Verdict.FAILED, problem=str(refused)) for parcel in chosen.parcels]

    def send(parcel: Parcel) -> Attempt:
        return _attempt(parcel, chosen, destination, http, at=clock())

    return list(pool.map(carried(send), chosen.parcels))


def request_headers(delivery: Delivery, body: bytes, secrets: Sequence[str], *, at: datetime) -> dict[str, str]:
    """Return the headers that go with a message, host and length aside."""
    return {"content-type": "application/json", **signed_headers(delivery.uid, body, secrets_=secrets, at=at)}


def _attempt(
    parcel: Parcel, chosen: _Round, destination: Destination, http: HttpClient, *, at: datetime
) -> Attempt:  # fmt: skip
    started = time.monotonic()
    try:
        answer = http.post_pinned(
            destination.url, address=destination.address, content=parcel.body,
            headers=request_headers(parcel.delivery, parcel.body, chosen.secrets, at=at),
            named=f"the endpoint {chosen.endpoint.name}",
        )  # fmt: skip
    except ProviderError as failure:
        return Attempt(parcel.delivery.pk, Verdict.FAILED, problem=failure.message, seconds=_since(started))
    return Attempt(
        parcel.delivery.pk, verdict_on(answer.status), answer.status, _problem(answer), _since(started),
        answer.body.decode("utf-8", errors="replace").replace("\0", "\ufffd")[:_LONGEST_ANSWER], answer.retry_after,
    )  # fmt: skip


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _problem(answer: Answer) -> str:
    verdict, status = verdict_on(answer.status), f"{answer.status} {answer.reason}".strip()
    if verdict is Verdict.DELIVERED:
        return ""
    if verdict is Verdict.GONE:
        return f"It answered {status}: it wants no more messages."
    if 300 <= answer.status < 400:  # noqa: PLR2004  # redirects
        return f"It answered {status}. Redirects are not followed; give the new address on the endpoint."
    return f"It answered {status}; only an answer from 200 to 299 counts as received."
