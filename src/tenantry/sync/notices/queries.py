"""Reads about notices. A marketplace's in its scope; those of operators anywhere."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page, bounded_count, page_of
from tenantry.sync.models import Notice, NoticeRead, OperatorNotice, OperatorNoticeRead

BY_AGE = Order("at", "created_at", descending=True)


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A page of notices, newest first, and when the account read each of those that it has read."""

    page: Page[Notice] | Page[OperatorNotice]
    read_at: dict[int, datetime]


def unread(account_id: int) -> QuerySet[Notice]:
    """Return what still counts (the latest of each subject) and the account has not read."""
    reading = NoticeRead.objects.filter(notice=OuterRef("pk"), account_id=account_id)
    return Notice.objects.filter(~Exists(reading), latest=True)


def unread_by_operator(account_id: int) -> QuerySet[OperatorNotice]:
    """Return the same of operators' notices."""
    reading = OperatorNoticeRead.objects.filter(notice=OuterRef("pk"), account_id=account_id)
    return OperatorNotice.objects.filter(~Exists(reading), latest=True)


def count_unread(account_id: int, *, of_operators: bool = False) -> BoundedCount:
    """Return how many notices the account has not read."""
    return bounded_count(unread_by_operator(account_id)) if of_operators else bounded_count(unread(account_id))


def list_notices(account_id: int, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> NoticePage:
    """Return a page of the marketplace's notices. Two queries."""
    page: Page[Notice] = page_of([Notice.objects.all()], BY_AGE, after=after, before=before, size=size)
    readings = NoticeRead.objects.filter(notice__in=page.rows, account_id=account_id)
    return NoticePage(page, dict(readings.values_list("notice_id", "read_at")))


def list_operator_notices(account_id: int, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> NoticePage:
    """Return a page of the operators' notices. Two queries."""
    page: Page[OperatorNotice] = page_of([OperatorNotice.objects.all()], BY_AGE, after=after, before=before, size=size)
    readings = OperatorNoticeRead.objects.filter(notice__in=page.rows, account_id=account_id)
    return NoticePage(page, dict(readings.values_list("notice_id", "read_at")))


def find_notice(notice_id: int) -> Notice | None:
    """Return the notice, or ``None`` when this marketplace has none with the id."""
    return Notice.objects.filter(pk=notice_id).first()


def find_operator_notice(notice_id: int) -> OperatorNotice | None:
    """Return the operators' notice, if there is one with the id."""
    return OperatorNotice.objects.filter(pk=notice_id).first()
