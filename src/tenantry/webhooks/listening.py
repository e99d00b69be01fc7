"""Puts what the audit records into the outbox, in the recording transaction, and only for who listens."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from tenantry.audit.models import INSTALLATION
from tenantry.core.webhook_events import type_of
from tenantry.isolation.arrays import text_array
from tenantry.webhooks.models import Endpoint, EndpointState
from tenantry.webhooks.queue import enqueue_delivering

_PUT = """
insert into webhooks_delivery
    (marketplace_id, endpoint_id, event_id, uid, type, lane, state, next_attempt_at, created_at)
select e.marketplace_id, p.id, e.id, e.uid, t.type, e.target_kind || ':' || e.target_id, 'waiting', e.at, e.at
from audit_event e
join unnest(%(actions)s::text[], %(types)s::text[]) as t (action, type) on t.action = e.action
join webhooks_endpoint p on p.marketplace_id = e.marketplace_id and p.state = 'on'
    and (p.events = '{}' or t.type = any(p.events))
where e.marketplace_id = %(marketplace)s and e.id = any(%(events)s::bigint[])
order by e.id
on conflict do nothing
returning endpoint_id
"""


def after_events_recorded(
    *, event_ids: Sequence[int], marketplace_id: int, actions: Collection[str], **_: Any
) -> None:  # fmt: skip
    """Have the marketplace's endpoints told of these events. In the recording transaction and its scope."""
    told = {action: kind.name for action in actions if (kind := type_of(action))}
    if marketplace_id == INSTALLATION or not told:
        return
    if not Endpoint.objects.filter(state=EndpointState.ON).exists():
        return
    parameters: dict[str, str | int] = {
        "actions": text_array(told.keys()),
        "types": text_array(told.values()),
        "marketplace": marketplace_id,
        "events": text_array(map(str, event_ids)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, parameters)
        endpoints = {row[0] for row in cursor.fetchall()}
    for endpoint_id in sorted(endpoints):
        enqueue_delivering(marketplace_id, endpoint_id)
