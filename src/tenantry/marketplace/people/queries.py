"""Reads about people and their places in companies. All run in a marketplace's scope."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from tenantry.audit.models import Event
from tenantry.core.permissions import Role
from tenantry.isolation.scope import current_marketplace_id
from tenantry.listing import PAGE_SIZE, Order, Page, page_of
from tenantry.listing.tabs import TabCounts, count_tabs
from tenantry.marketplace.models import (
    CompanyStatus,
    Invitation,
    Membership,
    MembershipRole,
    MembershipState,
    User,
)
from tenantry.marketplace.people.filters import UserFilter, Users
from tenantry.marketplace.people.telling import person_subject

MOST_EVENTS = 50
TABS: Mapping[str, Q] = {
    "all": Q(),
    "sign-in": Q(account__isnull=False),
    "no-login": Q(account__isnull=True),
}
COLUMNS: Mapping[str, str] = {"name": "sort_name", "created": "created_at"}
DEFAULT_ORDER = Order("name", COLUMNS["name"])
IN_ORDER_OF_COMING = Order("came", "created_at")


def order_of(text: str) -> Order:
    """Return the order that a URL names (``name``, ``-created``), or the default."""
    name = text.removeprefix("-")
    return Order(name, COLUMNS[name], descending=text.startswith("-")) if name in COLUMNS else DEFAULT_ORDER


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a company, with the latest invitation to it.

    What a company's people may see of it stands in ``standing``: it does not tell whether the marketplace knew the
    person before.
    """

    membership: Membership
    invitation: Invitation | None

    @property
    def standing(self) -> str:
        """``active``, ``deactivated``, ``not invited``, or how the latest invitation stands."""
        if self.membership.state == MembershipState.INACTIVE:
            return "deactivated"
        if self.membership.accepted_at is not None:
            return "active"
        words = {"waiting": "invited", "sent": "invited", "bounced": "bounced", "expired": "expired"}
        return words.get(self.invitation.state, "not invited") if self.invitation else "not invited"

    @property
    def shown_name(self) -> str:
        """The name by which the company knows the person: its own word for them, until they have accepted."""
        row = self.membership
        said = f"{row.profile_first_name} {row.profile_last_name}".strip()
        return (row.user.name or said) if row.accepted_at or row.user.erased_at else said


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks at: a tab, the filters of :class:`UserFilter`, an order, and a place in it."""

    tab: str
    filters: Mapping[str, Any]
    order: Order
    after: str = ""
    before: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of what was wanted, the places of those people, and how many fit the filters in every tab."""

    page: Page[User]
    places: Mapping[int, Sequence[Membership]]
    counts: TabCounts
    applied: UserFilter


def list_users(wanted: Wanted) -> Listed:
    """Return the page that is wanted. The number of queries does not depend on what there is."""
    everything = UserFilter(wanted.filters, User.objects.all())
    rows: Users = everything.qs
    shown = rows.filter(TABS.get(wanted.tab, Q()))
    page = page_of([shown], wanted.order, after=wanted.after, before=wanted.before, size=wanted.size)
    counts = count_tabs(TABS, everything)
    return Listed(page, memberships_of(page.rows), counts, everything)


def memberships_of(users: Sequence[User]) -> dict[int, list[Membership]]:
    """Return the memberships of these people with their companies, the first ones first. One query."""
    found: dict[int, list[Membership]] = defaultdict(list)
    for row in Membership.objects.select_related("company").filter(user__in=users).order_by("pk"):
        found[row.user_id].append(row)
    return found


def every_user(wanted: Wanted, *, size: int = 500) -> Iterator[tuple[User, list[Membership]]]:
    """Go through all that fits the filters in the order wanted, in batches; for exports."""
    after = ""
    shown: Users = UserFilter(wanted.filters, User.objects.filter(TABS.get(wanted.tab, Q()))).qs
    while True:
        page = page_of([shown], wanted.order, after=after, size=size)
        places = memberships_of(page.rows)
        yield from ((user, places.get(user.pk, [])) for user in page.rows)
        after = page.after
        if not after:
            return


def people_of(
    company_id: int, *, after: str = "", before: str = "", size: int = PAGE_SIZE
) -> tuple[Page[Membership], dict[int, Place]]:
    """Return a page of a company's people with their standing, in the order that they came. Two queries."""
    rows = Membership.objects.select_related("user").filter(company_id=company_id)
    page = page_of([rows], IN_ORDER_OF_COMING, after=after, before=before, size=size)
    return page, {place.membership.pk: place for place in _places(page.rows)}


def places_of(user: User) -> list[Place]:
    """Return a person's places in companies. Two queries."""
    rows = Membership.objects.select_related("company", "user").filter(user=user).order_by("pk")
    return _places(list(rows))


def _places(rows: Sequence[Membership]) -> list[Place]:
    latest: dict[int, Invitation] = {}
    for invitation in Invitation.objects.filter(membership__in=rows).order_by("pk"):
        latest[invitation.membership_id] = invitation
    return [Place(row, latest.get(row.pk)) for row in rows]


def own_places(account_id: int) -> list[Membership]:
    """Return where the person who signs in with this account belongs: active places in companies not disabled."""
    rows = Membership.objects.select_related("company", "user").filter(
        user__account_id=account_id, state=MembershipState.ACTIVE
    )
    return list(rows.exclude(company__status=CompanyStatus.DISABLED).order_by("company__sort_name", "pk"))


def company_role_of(account_id: int) -> Role | None:
    """Return what the person who signs in with this account is in the companies here, at most; ``None``: nothing."""
    roles = {place.role for place in own_places(account_id)}
    if MembershipRole.ADMINISTRATOR in roles:
        return Role.COMPANY_ADMINISTRATOR
    return Role.USER if roles else None


def administrators_of(company_id: int) -> list[Membership]:
    """Return the Company Administrators of a company that count."""
    rows = Membership.objects.select_related("user").filter(company_id=company_id, role=MembershipRole.ADMINISTRATOR)
    return list(rows.exclude(state=MembershipState.INACTIVE).order_by("pk")[:10])


def names_in(company_id: int, user_ids: Iterable[int]) -> dict[int, str]:
    """Return what a company calls these of its people, by primary key of the person. One query."""
    rows = Membership.objects.select_related("user").filter(company_id=company_id, user_id__in=set(user_ids))
    return {row.user_id: Place(row, None).shown_name or row.user.email for row in rows}


def events_of(user: User) -> list[Event]:
    """Return the latest events about a person, newest first. Sealed values stay sealed. One query."""
    events = Event.objects.filter(marketplace_id=current_marketplace_id(), person__subject=person_subject(user.pk))
    return list(events.order_by("-id")[:MOST_EVENTS])
