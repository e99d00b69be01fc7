"""Reads about invitations, in the marketplace's scope. What an inviter sees is the same whoever has the address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from tenantry.listing import PAGE_SIZE, Order, Page, bounded_count, page_of
from tenantry.listing.tabs import TabCounts, count_tabs
from tenantry.mail import MailSetup
from tenantry.marketplace.invitations.filters import InvitationFilter
from tenantry.marketplace.models import (
    LIVE_INVITATION,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
    MembershipState,
)

# Each state is a query of its own, so that it follows its index (marketplace, state, created_at, id).
TABS: Mapping[str, tuple[InvitationState, ...]] = {
    "open": tuple(LIVE_INVITATION),
    "accepted": (InvitationState.ACCEPTED,),
    "ended": (InvitationState.EXPIRED, InvitationState.REVOKED),
}
NEWEST = Order("created", "created_at", descending=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks at. ``companies``: the only ones that they may see, or ``None`` for all."""

    tab: str
    filters: Mapping[str, Any]
    companies: Collection[int] | None = None
    after: str = ""
    before: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, with how many fit the filters in every tab."""

    page: Page[Invitation]
    counts: TabCounts
    applied: InvitationFilter


@dataclass(frozen=True, slots=True)
class MailTrouble:
    """Why invitations do not leave: what the setup ``lacks``, or the ``problem`` that the last attempt met."""

    lacks: str
    problem: str
    waiting: int


def list_invitations(wanted: Wanted) -> Listed:
    """Return the page that is wanted, newest first. The number of queries does not depend on what there is."""
    everything = InvitationFilter(wanted.filters, _visible(wanted.companies))
    states = TABS.get(wanted.tab, TABS["open"])
    parts = [_with_replacement(everything.qs.filter(state=state)) for state in states]
    page = page_of(parts, NEWEST, after=wanted.after, before=wanted.before, size=wanted.size)
    tabs = {tab: Q(state__in=states) for tab, states in TABS.items()}
    counts = count_tabs(tabs, everything)
    return Listed(page, counts, everything)


def _visible(companies: Collection[int] | None) -> QuerySet[Invitation]:
    rows = Invitation.objects.select_related("membership__user", "membership__company")
    return rows if companies is None else rows.filter(membership__company_id__in=companies)


def _with_replacement(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Say of each row whether a newer invitation took its place (``replaced``)."""
    newer = Invitation.objects.filter(membership_id=OuterRef("membership_id"), pk__gt=OuterRef("pk"))
    return rows.annotate(replaced=Exists(newer))


def companies_administered_by(account_id: int) -> list[int]:
    """Return the companies of the marketplace that an account administers."""
    places = Membership.objects.filter(
        user__account_id=account_id, role=MembershipRole.ADMINISTRATOR, state=MembershipState.ACTIVE
    )
    return list(places.values_list("company_id", flat=True))


def mail_trouble() -> MailTrouble | None:
    """Return why invitations wait longer than they should; ``None`` while mail flows."""
    setup: MailSetup = settings.MAIL
    waiting = Invitation.objects.filter(state=InvitationState.WAITING)
    if setup.lacks:
        return MailTrouble(setup.lacks, "", bounded_count(waiting).count)
    stuck = waiting.exclude(problem="").order_by("created_at", "pk").first()
    return MailTrouble("", stuck.problem, bounded_count(waiting).count) if stuck else None


def anything_waits() -> bool:
    """Whether an invitation waits to be sent."""
    return Invitation.objects.filter(state=InvitationState.WAITING).exists()
