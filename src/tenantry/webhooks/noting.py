"""Notes what came of a round of attempts, on the deliveries and on the endpoint. In the marketplace's scope."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenantry.audit.events import SYSTEM
from tenantry.core.deliveries import GIVES_UP_AFTER, Verdict, is_hopeless, next_try, rest_until
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState
from tenantry.webhooks.telling import record_endpoint

_MOST_TRIES = 20
_GONE = "It answered 410 Gone: it wants no more messages."
_LOST = "The event was removed with old history before it could be sent."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending one delivery once. ``retry_after``: seconds of quiet that were asked for."""

    delivery_id: int
    verdict: Verdict
    status: int = 0
    problem: str = ""
    seconds: float = 0.0
    answer: str = ""
    retry_after: float | None = None


def note_attempts(endpoint_id: int, attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Note a round. What a person settled meanwhile keeps its state; an endpoint removed meanwhile has nothing left."""
    endpoint = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        return
    by_id = {attempt.delivery_id: attempt for attempt in attempts}
    rows = list(Delivery.objects.select_for_update().filter(pk__in=by_id).order_by("pk"))
    for row in rows:
        _note(row, by_id[row.pk], now=now)
    Delivery.objects.bulk_update(rows, _WRITTEN)
    _judge(endpoint, attempts, now=now)


_WRITTEN = "state attempts next_attempt_at settled_at status seconds problem answer tries".split()


def _note(row: Delivery, attempt: Attempt, *, now: datetime) -> None:
    row.status, row.seconds, row.problem, row.answer = attempt.status, attempt.seconds, attempt.problem, attempt.answer
    row.attempts += 1
    said = {"at": now.isoformat(), "status": attempt.status, "seconds": attempt.seconds, "problem": attempt.problem}
    row.tries = [*row.tries, said][-_MOST_TRIES:]
    if row.state != DeliveryState.WAITING:
        return
    if attempt.verdict is Verdict.DELIVERED:
        row.state, row.settled_at = DeliveryState.DELIVERED, now
        return
    later = next_try(row.attempts, now=now, asked=attempt.retry_after)
    if later is None:
        row.state, row.settled_at = DeliveryState.FAILED, now
    else:
        row.next_attempt_at = later


def _judge(endpoint: Endpoint, attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Let a failing endpoint rest, a hopeless one or one that wants no more stop, and a good one go on."""
    verdicts = {attempt.verdict for attempt in attempts}
    if Verdict.DELIVERED in verdicts:
        endpoint.failing_since, endpoint.failed_rounds, endpoint.rest_until = None, 0, None
        endpoint.last_success_at = now
    else:
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.failed_rounds += 1
        endpoint.rest_until = rest_until(endpoint.failed_rounds, now=now)
    if Verdict.GONE in verdicts:
        _stop(endpoint, _GONE, now=now)
    elif is_hopeless(endpoint.failing_since, now=now):
        last = attempts[-1].problem
        _stop(endpoint, f"Nothing got through for {GIVES_UP_AFTER.days} days. At last: {last}", now=now)
    endpoint.save(
        update_fields=["failing_since", "failed_rounds", "rest_until", "last_success_at", "state", "reason"]
    )  # fmt: skip


def _stop(endpoint: Endpoint, reason: str, *, now: datetime) -> None:
    if endpoint.state == EndpointState.ON:
        endpoint.state, endpoint.reason = EndpointState.STOPPED, reason
        record_endpoint(endpoint, "stopped", actor=SYSTEM, now=now, reason=reason)


def note_lost(delivery_ids: Collection[int], *, now: datetime) -> None:
    """Note that there is nothing left to send of these."""
    if delivery_ids:
        Delivery.objects.filter(pk__in=delivery_ids).update(
            state=DeliveryState.SKIPPED, settled_at=now, problem=_LOST
        )  # fmt: skip
