"""People of the marketplace: the list, one of them, correcting, exporting and erasing their data."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404
from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.companies_shapes import PersonTold
from tenantry.api.pending_shapes import Happened
from tenantry.api.problems import Problem
from tenantry.api.shapes import (
    Count,
    Done,
    Given,
    Id,
    PageQuery,
    PageShape,
    choice,
    counts_of,
    one_of,
    ordering,
    page_reply,
    refuse_strange,
    refuse_wrong,
    refuse_wrong_place,
)
from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import User
from tenantry.marketplace.people.editing import edit_user, may_change_email
from tenantry.marketplace.people.erasing import erase_person
from tenantry.marketplace.people.exporting import account_history, record_of_person
from tenantry.marketplace.people.filters import UserFilter
from tenantry.marketplace.people.queries import COLUMNS, TABS, Wanted, events_of, list_users, order_of, places_of

area = Area("Users")
_PLAIN = "email first_name last_name phone language origin version created_at erased_at".split()


class UserQuery(PageQuery):
    """Which people a list shows."""

    q: str = choice(UserFilter, "q")
    role: str = choice(UserFilter, "role")
    origin: str = choice(UserFilter, "origin")
    tab: str = one_of(TABS, "all", "How they stand.")
    sort: str = ordering(COLUMNS)


class UserRow(Schema):
    """A person. ``version`` is what a change names in ``If-Match``."""

    id: int
    version: int
    email: str
    first_name: str
    last_name: str
    phone: str
    language: str
    origin: str
    signs_in: bool
    created_at: datetime
    erased_at: datetime | None
    companies: list[int] = Field(description="The companies that the person belongs to, by id.")

    @staticmethod
    def facts(row: User, companies: list[int]) -> dict[str, Any]:
        """Return the members of this shape."""
        plain = {name: getattr(row, name) for name in _PLAIN}
        return plain | {"id": row.pk, "signs_in": row.account_id is not None, "companies": companies}


class UserPage(PageShape):
    """A page of people, and how many fit the filters in every tab."""

    items: list[UserRow]
    counts: dict[str, Count | None]


class UserDetail(UserRow):
    """A person with their places in companies."""

    email_can_change: bool
    places: list[PersonTold]
    history: list[Happened]


class UserFields(Given):
    """What the marketplace knows of a person. What is left out stays as it is."""

    first_name: str | None = Field(None, max_length=150)
    last_name: str | None = Field(None, max_length=150)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=60)
    language: str | None = Field(None, max_length=10)


class PersonalData(Schema):
    """All that is known of a person, section by section."""

    sections: Mapping[str, list[dict[str, Any]]]


class EraseGiven(Given):
    """Who is to be erased, once more: the address, or without one the name, or ``person`` with the id."""

    typed: str = Field(min_length=1, max_length=400)


@area.get("/users", Action.SEE_COMPANIES, UserPage)
def list_all_users(call: Call, query: Query[UserQuery]) -> Reply:
    """List the people of the marketplace."""
    refuse_strange("tab", query.tab, TABS)
    if query.sort:
        refuse_strange("sort", query.sort.removeprefix("-"), COLUMNS)
    order = order_of(query.sort or "")
    refuse_wrong_place(query, order, User)
    filters = {name: getattr(query, name) or "" for name in ("q", "role", "origin")}
    listed = list_users(Wanted(query.tab, filters, order, query.after, query.before, query.limit))
    refuse_wrong(listed.applied)
    places = {row.pk: [place.company_id for place in listed.places.get(row.pk, ())] for row in listed.page.rows}
    items = [UserRow(**UserRow.facts(row, places[row.pk])) for row in listed.page.rows]
    return page_reply(call, UserPage, listed.page, items=items, counts=counts_of(listed.counts))


def _user(pk: int) -> User:
    user = User.objects.select_related("account").filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


@area.get("/users/{int:pk}", Action.SEE_COMPANIES, UserDetail)
def show_user(call: Call, pk: Id) -> Reply:
    """Show one person with their places in companies.

    The header `ETag` is what a change sends as `If-Match`.
    """
    return _detail(_user(pk))


def _detail(row: User) -> Reply:
    places = [PersonTold.of(place) for place in places_of(row)]
    content = UserDetail(
        **UserRow.facts(row, [place.company_id for place in places]), email_can_change=may_change_email(row),
        places=places, history=Happened.all_of(events_of(row)),
    )  # fmt: skip
    return Reply(content, version=row.version)


@area.patch("/users/{int:pk}", Action.EDIT_COMPANIES, UserDetail, versioned=True, refuses=True)
def edit_person(call: Call, pk: Id, given: UserFields) -> Reply:
    """Correct what the marketplace knows of a person; fields that are left out stay."""
    row = _user(pk)
    call.check_version(row.version)
    edit_user(user_id=pk, seen_version=row.version, changes=given.model_dump(exclude_none=True), **call.told)
    return _detail(_user(pk))


@area.get("/users/{int:pk}/data", Action.HANDLE_PERSONAL_DATA, PersonalData, place=Place.OUTSIDE)
def export_person(call: Call, pk: Id) -> PersonalData:
    """Export all that is known of a person. It is recorded."""
    with marketplace_scope(call.caller.marketplace_id):
        user = _user(pk)
        record = record_of_person(user)
        happening = Happening("marketplace.user.exported", Target("user", str(pk)))
        record_event(happening, marketplace_id=call.caller.marketplace_id, **call.told)
    record["login's history"] = account_history(user.account_id)
    return PersonalData(sections=json.loads(json.dumps(record, cls=DjangoJSONEncoder)))


@area.post("/users/{int:pk}/erase", Action.HANDLE_PERSONAL_DATA, Done, place=Place.OUTSIDE, refuses=True)
def erase_user(call: Call, pk: Id, given: EraseGiven) -> Done:
    """Erase a person for good. The last administrator of a company can't be erased."""
    with marketplace_scope(call.caller.marketplace_id):
        user = _user(pk)
        wanted = user.email or user.name or f"person {pk}"
    if user.erased_at is None and given.typed.strip().casefold() != wanted.casefold():
        sentence = "This is not who it is. Send the address, or without one the name."
        raise Problem("invalid", sentence, errors={"typed": sentence})
    gone = erase_person(marketplace_id=call.caller.marketplace_id, user_id=pk, **call.told)
    return Done(changed=gone, sentence="The person's data is erased.")
