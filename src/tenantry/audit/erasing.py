"""Destroys the keys of persons: what was sealed under them can't be read any more, and the chain still holds."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from tenantry.audit.models import Event, PersonKey
from tenantry.audit.queries import personal_values_of

_BATCH = 500


def destroy_keys(subjects: Iterable[str], *, marketplace_id: int, now: datetime, for_good: bool) -> int:
    """Destroy the keys of these subjects; return how many there were. In the caller's transaction and scope.

    ``for_good``: nothing personal is ever kept about the subject again. Otherwise (the contact of a company, whoever
    that is) the next one gets a new key.
    """
    rows = PersonKey.objects.filter(marketplace_id=marketplace_id, subject__in=set(subjects), destroyed_at=None)
    keys = list(rows.select_for_update())
    for key in keys:
        key.sealed_key, key.destroyed_at = None, now
        if not for_good:
            key.subject = f"{key.subject[:170]}#{key.pk}"
    PersonKey.objects.bulk_update(keys, ["sealed_key", "destroyed_at", "subject"])
    if for_good:
        known = PersonKey.objects.filter(marketplace_id=marketplace_id, subject__in=set(subjects))
        PersonKey.objects.bulk_create(
            PersonKey(marketplace_id=marketplace_id, subject=subject, created_at=now, destroyed_at=now)
            for subject in sorted(set(subjects) - set(known.values_list("subject", flat=True)))
        )
    return len(keys)


def subjects_naming(text: str, subjects: Sequence[str], *, marketplace_id: int) -> set[str]:
    """Return those of the subjects that have an event whose personal values name ``text``, whatever its case."""
    events = Event.objects.filter(marketplace_id=marketplace_id, person__subject__in=subjects)
    wanted, found, after = text.casefold(), set[str](), 0
    while batch := list(events.select_related("person").filter(pk__gt=after).order_by("pk")[:_BATCH]):
        after = batch[-1].pk
        opened = personal_values_of(batch)
        for event in batch:
            values = json.dumps(opened[event.pk], ensure_ascii=False).casefold()
            if event.person is not None and wanted in values:
                found.add(event.person.subject)
    return found
