"""Takes back times that lie ahead only because this machine's clock did when they were written."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from tenantry.core.deliveries import LONGEST_REST
from tenantry.isolation.scope import marketplace_scope
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint

_CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the clocks of two machines may differ."""


def follow_clock(marketplace_id: int, *, now: datetime) -> int:
    """Make due what was made or last tried at a time that is yet to come; return how many deliveries that were.

    A clock that was hours ahead and is right again would have them wait for hours.
    """
    to_come = now + _CLOCKS_DIFFER
    last_try = Cast(KeyTextTransform("at", KeyTransform(-1, "tries")), DateTimeField())
    with marketplace_scope(marketplace_id):
        Endpoint.objects.filter(rest_until__gt=to_come + LONGEST_REST).update(rest_until=None)
        waiting = Delivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__gt=to_come)
        told = waiting.alias(last_try=last_try).filter(Q(created_at__gt=to_come) | Q(last_try__gt=to_come))
        return told.update(next_attempt_at=now)
