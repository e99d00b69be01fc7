"""Removes notices that are old and tell of nothing that still stands."""

from datetime import datetime

from django.db.models import Q

from tenantry.sync.models import Notice, OperatorNotice

_AT_ONCE = 2_000
_STANDS = Q(latest=True, recovery=False)


def forget_notices(*, before: datetime) -> int:
    """Remove a batch of the marketplace's notices from before ``before``, with who read them; return how many.

    What was told last of a matter that is not well again stays: without it the same would be told once more. In the
    scope.
    """
    ids = list(Notice.objects.filter(created_at__lt=before).exclude(_STANDS).values_list("pk", flat=True)[:_AT_ONCE])
    Notice.objects.filter(pk__in=ids).delete()
    return len(ids)


def forget_operator_notices(*, before: datetime) -> int:
    """Remove the operators' notices likewise. In any scope or none."""
    old = OperatorNotice.objects.filter(created_at__lt=before).exclude(_STANDS)
    ids = list(old.values_list("pk", flat=True)[:_AT_ONCE])
    OperatorNotice.objects.filter(pk__in=ids).delete()
    return len(ids)
