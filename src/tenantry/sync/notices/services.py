"""Writes notices, and who has read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db import transaction

from tenantry.accounts.models import Account
from tenantry.audit.models import INSTALLATION
from tenantry.core.permissions import Role
from tenantry.isolation.scope import current_marketplace_id
from tenantry.jobs import defer
from tenantry.marketplace.models import StaffRole
from tenantry.sync.models import Notice, NoticeRead, OperatorNotice, OperatorNoticeRead
from tenantry.sync.notices.queries import unread, unread_by_operator

_ADVISORY_CLASS = 71_011
_LETTER = "tenantry.sync.notices.letters.send_notice_letter"


def tell_managers(
    *, subject: str, state: str, kind: str, parameters: Mapping[str, Any], now: datetime, link: str = "",
    recovery: bool = False,
) -> Notice | None:  # fmt: skip
    """Tell the marketplace's managers, in the app and by e-mail; return the notice, or ``None`` if that was told.

    In the marketplace's scope and the caller's transaction: what is rolled back was never told.
    """
    marketplace_id = current_marketplace_id()
    _one_at_a_time(f"{marketplace_id}:{subject}")
    before = Notice.objects.filter(subject=subject, latest=True).first()
    if not _is_news(before, state, recovery=recovery):
        return None
    Notice.objects.filter(subject=subject, latest=True).update(latest=False)
    notice = Notice.objects.create(
        marketplace_id=marketplace_id, subject=subject, state=state, kind=kind, parameters=dict(parameters), link=link,
        recovery=recovery, created_at=now,
    )  # fmt: skip
    managers = StaffRole.objects.filter(role=Role.MANAGER.value).order_by("account_id")
    for account_id in managers.values_list("account_id", flat=True):
        _ask_for_letter(notice.pk, account_id, marketplace_id)
    return notice


@transaction.atomic
def tell_operators(
    *, subject: str, state: str, kind: str, parameters: Mapping[str, Any], now: datetime, link: str = "",
    recovery: bool = False,
) -> OperatorNotice | None:  # fmt: skip
    """Tell the installation's operators; as :func:`tell_managers`, and in any scope or none."""
    _one_at_a_time(f"{INSTALLATION}:{subject}")
    before = OperatorNotice.objects.filter(subject=subject, latest=True).first()
    if not _is_news(before, state, recovery=recovery):
        return None
    OperatorNotice.objects.filter(subject=subject, latest=True).update(latest=False)
    notice = OperatorNotice.objects.create(
        subject=subject, state=state, kind=kind, parameters=dict(parameters), link=link, recovery=recovery,
        created_at=now,
    )  # fmt: skip
    operators = Account.objects.filter(is_operator=True, is_active=True).order_by("pk")
    for account_id in operators.values_list("pk", flat=True):
        _ask_for_letter(notice.pk, account_id, INSTALLATION)
    return notice


def _one_at_a_time(key: str) -> None:
    """Let the same news be told by one transaction at a time: what is not there yet can't be locked."""
    with database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [_ADVISORY_CLASS, key])


def _is_news(before: Notice | OperatorNotice | None, state: str, *, recovery: bool) -> bool:
    if recovery:
        return before is not None and not before.recovery
    return before is None or before.recovery or before.state != state


def _ask_for_letter(notice_id: int, account_id: int, marketplace_id: int) -> None:
    defer(
        _LETTER, lock=f"notice-letters-{marketplace_id}", notice_id=notice_id, account_id=account_id,
        marketplace_id=marketplace_id,
    )  # fmt: skip


def mark_read(*, notice: Notice | OperatorNotice, account_id: int, now: datetime) -> None:
    """Note that an account has read the notice. Again changes nothing."""
    if isinstance(notice, Notice):
        NoticeRead.objects.bulk_create(
            [NoticeRead(marketplace_id=notice.marketplace_id, notice=notice, account_id=account_id, read_at=now)],
            ignore_conflicts=True,
        )
    else:
        OperatorNoticeRead.objects.bulk_create(
            [OperatorNoticeRead(notice=notice, account_id=account_id, read_at=now)], ignore_conflicts=True
        )


def mark_all_read(*, account_id: int, now: datetime, of_operators: bool = False) -> int:
    """Note that an account has read everything that there is now; return how much was unread."""
    rows: list[Notice] | list[OperatorNotice]
    rows = list(unread_by_operator(account_id)) if of_operators else list(unread(account_id))
    for notice in rows:
        mark_read(notice=notice, account_id=account_id, now=now)
    return len(rows)
