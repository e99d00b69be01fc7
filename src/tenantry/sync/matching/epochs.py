"""Whether what a process read of companies may have changed since: not within one epoch of its marketplace.

Each change of a company leaves :class:`~tenantry.sync.models.StaleMatching` in its own transaction. Turning that into
rows that want matching begins an epoch, while nobody matches. So whoever matches, in the epoch in which it once read a
company, either sees it as it is, or the change is not turned into rows yet: these are matched anew, in the next epoch.
"""

from secrets import randbits

from django.db import connection as database

from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import MatchingEpoch

_BITS = 62
_SET = "insert into sync_matchingepoch (marketplace_id, epoch) values (%s, %s) on conflict (marketplace_id) do "


def begin_epoch() -> None:
    """Begin another epoch in the scope's marketplace, with the caller's transaction, while nobody else matches."""
    _set("update set epoch = excluded.epoch")


def current_epoch() -> int:
    """Return the scope's epoch, for work that nobody turns changes into rows beside. The first one begins by itself."""
    known = MatchingEpoch.objects.values_list("epoch", flat=True)
    epoch = known.first()
    if epoch is None:
        _set("nothing")
        epoch = known.get()
    return epoch


def _set(otherwise: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(_SET + otherwise, [current_marketplace_id(), randbits(_BITS)])
