"""Who did what: the events of the marketplace, and those of the installation itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.shapes import PageQuery, PageShape, choice, page_reply, refuse_wrong, refuse_wrong_place
from tenantry.audit.filters import FILTERS, EventFilter
from tenantry.audit.models import INSTALLATION, Event
from tenantry.audit.queries import NEWEST_FIRST, Personal, kinds_known, list_events, personal_values_of
from tenantry.core.permissions import Action
from tenantry.marketplace.models import User
from tenantry.marketplace.people.telling import person_subject

area = Area("Activity")


class EventQuery(PageQuery):
    """Which events a list shows, newest first."""

    q: str = choice(EventFilter, "q")
    by: str = choice(EventFilter, "by")
    about: str = choice(EventFilter, "about")
    kind: str = choice(EventFilter, "kind")
    target: str = choice(EventFilter, "target")
    since: str = choice(EventFilter, "since")
    until: str = choice(EventFilter, "until")


class EventTold(Schema):
    """One thing that happened. ``personal`` values are told to tokens that may handle personal data."""

    id: int
    uid: UUID
    at: datetime
    action: str
    actor_kind: str
    actor_id: int | None
    actor: str
    target_kind: str
    target_id: str
    target: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    personal: Mapping[str, Any] | None
    personal_is: str = Field(description="told, none, sealed (this token may not read them), or erased.")
    reason: str
    request_id: str
    run_id: int | None

    @classmethod
    def of(cls, row: Event, personal: Personal, *, opens: bool) -> "EventTold":
        """Return an event as an answer says it."""
        standing = "none"
        if row.person_id is not None:
            standing = ("erased" if personal is None else "told") if opens else "sealed"
        return cls(
            id=row.pk, uid=row.uid, at=row.at, action=row.action, actor_kind=row.actor_kind, actor_id=row.actor_id,
            actor=row.actor_name, target_kind=row.target_kind, target_id=row.target_id, target=row.target_name,
            before=row.before, after=row.after, personal=personal if standing == "told" else None,
            personal_is=standing, reason=row.reason, request_id=row.request_id, run_id=row.run_id,
        )  # fmt: skip


class EventPage(PageShape):
    """A page of events."""

    items: list[EventTold]


class Kinds(Schema):
    """The kinds of events that there are: the first two words of their actions."""

    items: list[str]


@area.get("/events", Action.SEE_ACTIVITY, EventPage)
def list_activity(call: Call, query: Query[EventQuery]) -> Reply:
    """List what happened in the marketplace, newest first."""
    return _events(call, query, opens=call.caller.may(Action.HANDLE_PERSONAL_DATA))


@area.get("/events/kinds", Action.SEE_ACTIVITY, Kinds)
def list_event_kinds(call: Call) -> Kinds:
    """List the kinds of events that there are."""
    return Kinds(items=kinds_known(call.caller.marketplace_id))


@area.get("/installation/events", Action.RUN_INSTALLATION, EventPage, place=Place.INSTALLATION)
def list_installation_activity(call: Call, query: Query[EventQuery]) -> Reply:
    """List what happened in the installation itself, newest first."""
    return _events(call, query, opens=True)


def _events(call: Call, query: EventQuery, *, opens: bool) -> Reply:
    refuse_wrong_place(query, NEWEST_FIRST, Event)
    filters = {name: str(getattr(query, name) or "") for name in FILTERS}
    place = call.caller.marketplace_id
    listed = list_events(
        _understood(filters, place), marketplace_id=place, after=query.after, before=query.before, size=query.limit
    )
    refuse_wrong(listed.applied)
    rows = listed.page.rows
    opened = personal_values_of(rows) if opens else {row.pk: None for row in rows}
    return page_reply(
        call, EventPage, listed.page, items=[EventTold.of(row, opened[row.pk], opens=opens) for row in rows]
    )  # fmt: skip


def _understood(filters: dict[str, str], marketplace_id: int) -> dict[str, str]:
    """Return the filters as the record knows them: an e-mail address is no word there, but a person."""
    if "@" not in filters["q"] or marketplace_id == INSTALLATION:
        return filters
    user = User.objects.filter(email=filters["q"].lower()).first()
    return filters | {"q": "", "about": person_subject(user.pk)} if user else filters
