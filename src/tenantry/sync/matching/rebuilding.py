"""Writes all match keys of a marketplace anew, after what keys are made of changed. Small batches.

Safe to stop anywhere. How far it is stands in :class:`KeyRebuild`: first the companies, then the pending companies,
which are matched anew on the way. While it is there, nothing is matched. A migration that changes kinds of keys adds
one for each marketplace.
"""

from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.matching.keys import renew_company_match_keys, write_pending_match_keys
from tenantry.sync.matching.sides import subject_of_pending
from tenantry.sync.models import KeyRebuild, PendingCompany

_BATCH = 1_000


def start_rebuild() -> None:
    """Have all keys of the scope's marketplace written anew, from the beginning; the queue's matching does it."""
    KeyRebuild.objects.update_or_create(
        marketplace_id=current_marketplace_id(), defaults={"companies_done": False, "after": 0}
    )


def is_rebuilding() -> bool:
    """Whether keys of the scope's marketplace are being written anew."""
    return KeyRebuild.objects.exists()


def rebuild_next() -> int:
    """Do the next batch, in the caller's transaction; return how many rows it had, 0 when nothing is left.

    Rows are locked, so that nobody changes them meanwhile. Keys that are right already cost no write.
    """
    state = KeyRebuild.objects.select_for_update().first()
    if state is None:
        return 0
    if not state.companies_done:
        done = _companies(state.after)
        state.after, state.companies_done = (done[-1], False) if done else (0, True)
        state.save(update_fields=["after", "companies_done"])
        if done:
            return len(done)
    done = _pending(state.after)
    if done:
        state.after = done[-1]
        state.save(update_fields=["after"])
    else:
        state.delete()
    return len(done)


def _companies(after: int) -> list[int]:
    rows = Company.objects.select_for_update(no_key=True).filter(pk__gt=after).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:_BATCH])
    if ids:
        renew_company_match_keys(ids)
    return ids


def _pending(after: int) -> list[int]:
    """Write keys and let the rows want matching. In order of their ids; locked in the order of the sync's batches."""
    ids = list(PendingCompany.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH])
    rows = PendingCompany.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related("tenant")
    write_pending_match_keys({row.pk: subject_of_pending(row, row.tenant) for row in rows.order_by("tenant_id")})
    PendingCompany.objects.filter(pk__in=ids).update(matched_at=None)
    return ids
