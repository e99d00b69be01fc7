"""The jobs that look after what connections were given: each is tested once a day, and counted down each hour."""

from datetime import datetime, timedelta

import structlog
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.health import Reviewed, review_consent
from tenantry.connections.models import Connection
from tenantry.connections.probing import probe_connection
from tenantry.jobs import defer
from tenantry.providers.errors import ProviderError
from tenantry.sync.delegations import are_due, delegation_concerns, read_delegations

_TESTED_EVERY = timedelta(hours=23)
_RETRY = RetryStrategy(max_attempts=3, wait=60, exponential_wait=5)
_SCHEDULE = Actor(ActorKind.SCHEDULE, "Schedule")
_log = structlog.stdlib.get_logger(__name__)


@app.periodic(cron="25 * * * *")
@app.task(queueing_lock="look-after-connections")
def look_after_connections(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have every connection looked at."""
    for connection_id in Connection.objects.values_list("id", flat=True):
        defer("tenantry.sync.consent.check_consent", lock=f"consent-{connection_id}", connection_id=connection_id)


@app.task(retry=_RETRY)
def check_consent(connection_id: int) -> None:
    """Test one connection when that is due, and note what ends or got lost."""
    look_after_connection(connection_id, now=timezone.now())


def look_after_connection(connection_id: int, *, now: datetime) -> Reviewed:
    """Test the connection if its last test is a day old, then note what is to be told. Talks HTTP."""
    row = Connection.objects.get(pk=connection_id)
    due = row.tested_at is None or row.tested_at <= now - _TESTED_EVERY
    if row.enabled and row.ready_for_tenants and due:
        try:
            probe_connection(row, now=now)
        except ProviderError as error:  # it can't be tried as it is set: its page and the doctor say why
            _log.warning("connection_not_tested", connection_id=connection_id, problem=error.message)
    if are_due(row, now=now):
        _look_at_delegations(row, now=now)
    more = delegation_concerns(row, now=now)
    return review_consent(connection_id, more=more, actor=_SCHEDULE, now=now)


def _look_at_delegations(row: Connection, *, now: datetime) -> None:
    """Read delegated administration anew. Where that is refused, what was read before stays, with its date."""
    try:
        read_delegations(row, now=now)
    except ProviderError as error:
        _log.warning("delegations_not_read", connection_id=row.pk, problem=error.message)


consent_jobs = (look_after_connections, check_consent)
