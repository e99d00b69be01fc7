"""Notices: what people were told once for each change of state. That a person has read one is the person's matter."""

from datetime import datetime

from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.shapes import PageQuery, PageShape, page_reply, refuse_wrong_place
from tenantry.core.permissions import Action
from tenantry.sync.models import Notice, OperatorNotice
from tenantry.sync.notices.queries import BY_AGE, NoticePage, list_notices, list_operator_notices
from tenantry.sync.notices.words import notice_words

area = Area("Notices")


class NoticeTold(Schema):
    """A notice. ``subject`` is in ``state`` since; ``latest`` is the last one about its subject."""

    id: int
    subject: str
    state: str
    kind: str
    title: str
    text: str
    following: str = Field(description="What happens next.")
    recovery: bool
    latest: bool
    at: datetime

    @classmethod
    def of(cls, row: Notice | OperatorNotice) -> "NoticeTold":
        """Return a notice as an answer says it."""
        words = notice_words(row)
        return cls(
            id=row.pk, subject=row.subject, state=row.state, kind=row.kind, title=words.title, text=words.text,
            following=words.following, recovery=row.recovery, latest=row.latest, at=row.created_at,
        )  # fmt: skip


class NoticesPage(PageShape):
    """A page of notices."""

    items: list[NoticeTold]


@area.get("/notices", Action.SEE_NOTICES, NoticesPage)
def list_all_notices(call: Call, query: Query[PageQuery]) -> Reply:
    """List what the marketplace's managers were told, newest first."""
    refuse_wrong_place(query, BY_AGE, Notice)
    return _page(call, list_notices(call.caller.account.pk, after=query.after, before=query.before, size=query.limit))


@area.get("/installation/notices", Action.RUN_INSTALLATION, NoticesPage, place=Place.INSTALLATION)
def list_installation_notices(call: Call, query: Query[PageQuery]) -> Reply:
    """List what operators were told, newest first."""
    refuse_wrong_place(query, BY_AGE, OperatorNotice)
    return _page(
        call, list_operator_notices(call.caller.account.pk, after=query.after, before=query.before, size=query.limit)
    )


def _page(call: Call, found: NoticePage) -> Reply:
    return page_reply(call, NoticesPage, found.page, items=[NoticeTold.of(row) for row in found.page.rows])
