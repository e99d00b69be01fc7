"""Shapes of what operators run: marketplaces with their staff and feeds, sharing groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from ninja import Schema
from pydantic import Field

from tenantry.accounts.first_sign_in import waits_for_password
from tenantry.api.problems import Problem
from tenantry.api.shapes import Given, Id, PageQuery, PageShape, one_of
from tenantry.core.feed_filters import FeedFilter, TypedFilter, read_filter
from tenantry.core.permissions import STAFF_ROLES
from tenantry.listing import Page
from tenantry.mail import LANGUAGES
from tenantry.marketplace.models import StaffRole
from tenantry.sync.entitlements import allowed_switches

ROLES = [role.value for role in STAFF_ROLES]


class NumberedQuery(PageQuery):
    """Where a page of a list begins: behind or before the row with an id."""

    q: str = Field("", max_length=100, description="Words of the name.")


class Row(Protocol):
    """What a list of everything consists of."""

    @property
    def id(self) -> int:
        """The row's id."""


R = TypeVar("R", bound=Row)


def sliced(rows: Sequence[R], query: PageQuery) -> Page[Any]:
    """Return one page of ordered rows that are all in memory. Raises :class:`Problem` for a place that is not there."""
    keys = [str(row.id) for row in rows]
    given = query.after or query.before
    if given and given not in keys:
        raise Problem("invalid", "There is no such place in this list.", errors={"after": "Take it from next."})
    at = keys.index(given) if given else 0
    start = at + 1 if query.after else max(0, at - query.limit)
    shown = list(rows[start : start + query.limit])
    before = keys[start] if shown and start else ""
    after = keys[start + len(shown) - 1] if shown and start + len(shown) < len(rows) else ""
    return Page(shown, before, after)


class MarketplaceRow(Schema):
    """A marketplace: nothing of what is inside."""

    id: int
    name: str
    language: str
    sharing_group_id: int | None
    connections: list[int]
    syncing: bool = Field(description="Whether Company Sync is on and allowed.")
    created_at: datetime


class MarketplacePage(PageShape):
    """A page of marketplaces, by name."""

    items: list[MarketplaceRow]


class MarketplaceGiven(Given):
    """A marketplace's name, and the language of e-mails to people whose own is unknown."""

    name: str = Field(min_length=1, max_length=120)
    language: str = one_of(LANGUAGES, "en", "Of e-mails to people whose own language is not known.")


class SwitchesGiven(Given):
    """The operator's switches; what is left out stays."""

    company_sync: bool | None = None
    link_company: bool | None = None
    user_sync_microsoft: bool | None = None
    user_sync_google: bool | None = None


class Switches(Schema):
    """What an operator allows in a marketplace."""

    company_sync: bool
    link_company: bool
    user_sync_microsoft: bool
    user_sync_google: bool

    @classmethod
    def here(cls) -> "Switches":
        """Return the switches of the scope's marketplace."""
        allowed = allowed_switches()
        return cls(**{name: name in allowed for name in cls.model_fields})


class StaffTold(Schema):
    """Somebody who works in the marketplace. ``waits``: nobody set a password yet."""

    id: int
    account_id: int
    name: str
    email: str
    role: str
    waits: bool

    @classmethod
    def of(cls, row: StaffRole) -> "StaffTold":
        """Return somebody as an answer says them."""
        who = row.account
        return cls(
            id=row.pk, account_id=who.pk, name=who.name, email=who.email, role=row.role,
            waits=waits_for_password(who),
        )  # fmt: skip


class StaffGiven(Given):
    """Somebody who is to work in a marketplace. A new account gets a link for its password by e-mail."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field("", max_length=200)
    role: str = one_of(ROLES, ..., "What they are there.")


class StaffRoleGiven(Given):
    """Another role."""

    role: str = one_of(ROLES, ..., "What they become there.")


class FilterTold(Schema):
    """What a feed lets through; an empty part asks for nothing."""

    countries: list[str]
    domains: list[str]
    indirect_resellers: list[str]
    tenant_ids: list[str]


class FilterGiven(Given):
    """What a feed is to let through."""

    countries: list[str] = Field(default_factory=list, max_length=300)
    domains: list[str] = Field(default_factory=list, max_length=5_000)
    indirect_resellers: list[str] = Field(default_factory=list, max_length=5_000)
    tenant_ids: list[str] = Field(default_factory=list, max_length=5_000)

    @property
    def wanted(self) -> FeedFilter:
        """The filter. Raises :class:`Problem` for parts that can't be read."""
        read = read_filter(TypedFilter(**{name: "\n".join(getattr(self, name)) for name in FilterGiven.model_fields}))
        if read.errors:
            raise Problem("invalid", "The filter can't be read.", errors=read.errors)
        return read.value


class FeedTold(Schema):
    """A connection that feeds the marketplace."""

    connection_id: int
    connection: str
    filter: FilterTold


class FeedEffectTold(Schema):
    """What a filter would do, in numbers, judged by what is known of the tenants now."""

    tenants: int
    passing: int
    waiting: int
    entering: int
    leaving: int
    linked: int


class MarketplaceDetail(Schema):
    """A marketplace as operators set it up."""

    id: int
    name: str
    language: str
    sharing_group_id: int | None
    created_at: datetime
    switches: Switches
    staff: list[StaffTold]
    feeds: list[FeedTold]


class GroupTold(Schema):
    """A sharing group: marketplaces whose people are offered each other's decisions."""

    id: int
    name: str
    marketplace_ids: list[int]


class GroupPage(PageShape):
    """A page of sharing groups, by name."""

    items: list[GroupTold]


class GroupGiven(Given):
    """A sharing group as it should be."""

    name: str = Field(min_length=1, max_length=120)
    marketplace_ids: list[Id] = Field(default_factory=list, max_length=10_000)
