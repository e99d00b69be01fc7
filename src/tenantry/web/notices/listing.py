"""The context of the list of notices (``notices/list.html``)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.listing import BoundedCount
from tenantry.sync.models import Notice, OperatorNotice
from tenantry.sync.notices.queries import NoticePage
from tenantry.sync.notices.words import notice_words
from tenantry.web.addresses import address_of, pager

_ADDRESSES = {
    False: ("web:notice-open", "web:notices-read"),
    True: ("web:operator-notice-open", "web:operator-notices-read"),
}


def notices_context(
    request: HttpRequest, found: NoticePage, count: BoundedCount, *, of_operators: bool
) -> dict[str, Any]:
    """Return the list's context."""
    opening, reading = _ADDRESSES[of_operators]
    return {
        "notices": [_row(notice, found.read_at.get(notice.pk), opening) for notice in found.page.rows],
        "pager": pager(request, found.page),
        "unread": count.count,
        "over": count.over,
        "of_operators": of_operators,
        "read_url": reverse(reading),
    }


def _row(notice: Notice | OperatorNotice, read_at: datetime | None, opening: str) -> dict[str, Any]:
    words = notice_words(notice)
    word, tone = _standing(notice)
    return {
        "title": words.title,
        "text": words.text,
        "following": words.following if notice.latest else "",
        "button": words.button,
        "word": word,
        "tone": tone,
        "unread": notice.latest and read_at is None,
        "at": notice.created_at,
        "open_url": address_of(opening, notice.pk),
    }


def _standing(notice: Notice | OperatorNotice) -> tuple[str, str]:
    """Return in a word how it stands, and its tone."""
    if notice.recovery:
        return "well again", "good"
    return ("needs you", "wait") if notice.latest else ("over", "off")
