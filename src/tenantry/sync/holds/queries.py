"""Reads about holds, for every interface. All run in a marketplace's scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenantry.core.tenants import digest
from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page, bounded_count, page_of
from tenantry.sync.holds.kinds import CREATIONS, HeldRow, every_kind, kind_named
from tenantry.sync.models import Approval, Change, ChangeState, Hold, HoldState, PendingCompany, PendingState

IN_ORDER = Order("id", "id")
_UNDER_WAY = [ChangeState.APPROVED, ChangeState.FAILED]
_LATEST_OVER = 5


@dataclass(frozen=True, slots=True)
class HoldTally:
    """A hold in numbers: still held, released and under way, made, rejected, and everything else that it was."""

    held: int = 0
    under_way: int = 0
    made: int = 0
    rejected: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page of a hold's rows that are still held."""

    page: Page[Change]
    rows: list[HeldRow]


def open_holds() -> list[Hold]:
    """Return the holds that wait for a person, newest first."""
    return list(_holds().filter(state=HoldState.OPEN).order_by("-created_at", "-id"))


def holds_under_way() -> list[Hold]:
    """Return the holds without a held row whose released rows are not all made yet, newest first."""
    left = Change.objects.filter(hold=OuterRef("pk"), state__in=_UNDER_WAY)
    return list(_holds().exclude(state=HoldState.OPEN).filter(Exists(left)).order_by("-created_at", "-id"))


def latest_over() -> list[Hold]:
    """Return the latest holds that are over."""
    return list(_holds().exclude(state=HoldState.OPEN).order_by("-created_at", "-id")[:_LATEST_OVER])


def find_hold(hold_id: int) -> Hold | None:
    """Return the hold, or ``None`` when this marketplace has none with the id."""
    return _holds().filter(pk=hold_id).first()


def _holds() -> QuerySet[Hold]:
    return Hold.objects.select_related("run", "run__connection", "company")


def count_held_companies() -> BoundedCount:
    """Return how many tenants are held."""
    return bounded_count(PendingCompany.objects.filter(state=PendingState.HELD))


def count_held() -> BoundedCount:
    """Return how many rows of any kind are held. Two queries."""
    others = [name for kind in every_kind() if kind.name != CREATIONS for name in kind.change_kinds]
    companies = count_held_companies()
    held = bounded_count(Change.objects.filter(state=ChangeState.HELD, kind__in=others)) if others else companies
    if not others:
        return companies
    return BoundedCount(companies.count + held.count, over=companies.over or held.over)


def tallies_of_holds(holds: Iterable[Hold]) -> dict[int, HoldTally]:
    """Return each hold's numbers. One query."""
    found = {hold.pk: HoldTally() for hold in holds}
    counts = (
        Change.objects.filter(hold_id__in=found)
        .values_list("hold_id")
        .annotate(
            held=Count("id", filter=Q(state=ChangeState.HELD)),
            under_way=Count("id", filter=Q(state__in=_UNDER_WAY)),
            made=Count("id", filter=Q(state__in=[ChangeState.APPLIED, ChangeState.UNDONE])),
            rejected=Count("id", filter=Q(state=ChangeState.REJECTED)),
            gone=Count("id", filter=Q(state__in=[ChangeState.STALE, ChangeState.CANCELLED])),
        )
    )
    return found | {hold_id: HoldTally(*numbers) for hold_id, *numbers in counts if hold_id is not None}


def list_held(hold: Hold, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> HeldPage:
    """Return a page of the rows that the hold keeps, as they are now."""
    page = page_of([_held_changes(hold)], IN_ORDER, after=after, before=before, size=size)
    return HeldPage(page, kind_named(hold.kind).rows(page.rows))


def held_rows(hold: Hold, *, only: Sequence[int] | None = None, lock: bool = False) -> list[HeldRow]:
    """Return the rows that the hold keeps, or those among ``only``, in their order; locked if asked."""
    changes = _held_changes(hold)
    if only is not None:
        changes = changes.filter(pk__in=only)
    if lock:
        changes = changes.select_for_update(of=("self",))
    return kind_named(hold.kind).rows(list(changes.order_by("id")), lock=lock)


def _held_changes(hold: Hold) -> QuerySet[Change]:
    """Return the changes that wait: what was decided meanwhile does not, though its change was not settled yet."""
    return kind_named(hold.kind).waiting(Change.objects.filter(hold=hold, state=ChangeState.HELD))


def first_approvals(rows: Iterable[HeldRow], *, now: datetime) -> dict[int, Approval]:
    """Return, by change, who approved these held rows as they are now, where a second person has to. One query."""
    contents = {row.change.pk: row.content for row in rows}
    found = Approval.objects.filter(change_id__in=contents, expires_at__gt=now, change__state=ChangeState.HELD)
    return {each.change_id: each for each in found.order_by("id") if each.content_hash == contents[each.change_id]}


def digest_of(rows: Iterable[HeldRow]) -> UUID:
    """Return one digest for all of these rows: equal when they are the same ones with the same contents."""
    return digest(*(f"{row.change.pk} {row.content}" for row in sorted(rows, key=lambda row: row.change.pk)))


def next_attempt_of(hold: Hold) -> datetime | None:
    """Return when the next of the hold's failed rows is tried again."""
    failed = Change.objects.filter(hold=hold, state=ChangeState.FAILED, next_attempt_at__isnull=False)
    return failed.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def list_failed(hold: Hold, *, most: int) -> list[Change]:
    """Return the hold's latest rows that could not be made."""
    return list(Change.objects.filter(hold=hold, state=ChangeState.FAILED).order_by("-id")[:most])
