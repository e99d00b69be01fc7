"""Reads about people of directories: lists, who waits for an invitation, where each value comes from. In the scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenantry.core.planning.linked import FieldRule
from tenantry.core.planning.users.fields import LABELS, usable_values
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page, bounded_count, page_of
from tenantry.marketplace.models import Invitation, Membership, MembershipState
from tenantry.sync.models import LinkMaker, PeopleReading, PersonStanding, TenantLink, UserLink
from tenantry.sync.people.filters import PeopleFilter
from tenantry.sync.people.licence_names import Licence, name_licences
from tenantry.sync.people.planning import read_person_rules
from tenantry.sync.people.store import record_of

BY_NAME = Order("name", "sort_name")
NEWEST_FIRST = Order("came", "created_at", descending=True)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a directory with what the marketplace makes of them, and the live link, if there is one."""

    standing: PersonStanding
    link: UserLink | None

    @property
    def reason(self) -> str:
        """Why the person is in, out or skipped, in a sentence."""
        return SENTENCES[Reason(self.standing.reason)]

    @property
    def name(self) -> str:
        """The name as the directory has it, else the user name; empty for somebody whose data was removed."""
        person = self.standing.person
        names = f"{person.first_name or ''} {person.last_name or ''}".strip()
        return person.display_name or names or person.user_name or ""


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of people of directories, and how many fit the filters."""

    page: Page[PersonStanding]
    rows: Sequence[PersonRow]
    count: BoundedCount
    applied: PeopleFilter


def list_people(filters: Mapping[str, Any], *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> PeoplePage:
    """Return a page of people by name: narrowed by company, provider, verdict or reason. Three queries."""
    applied = PeopleFilter(filters, PersonStanding.objects.select_related("person", "tenant", "company"))
    rows: QuerySet[PersonStanding] = applied.qs
    page = page_of([rows], BY_NAME, after=after, before=before, size=size)
    found = UserLink.objects.filter(person_id__in=[row.person_id for row in page.rows], ended_at=None)
    links = {link.person_id: link for link in found.select_related("user", "membership")}
    shown = [PersonRow(row, links.get(row.person_id)) for row in page.rows]
    return PeoplePage(page, shown, bounded_count(rows), applied)


def licences_of(row: PersonRow) -> list[Licence] | None:
    """Return the person's licences by name; ``None`` where they are not told. One query."""
    [named] = name_licences([(row.standing.provider, row.standing.person.licences)])
    return named


def find_person(person_id: int) -> PersonRow | None:
    """Return one person of a directory, or ``None`` when this marketplace knows nobody by that key."""
    row = PersonStanding.objects.select_related("person", "tenant", "company").filter(person_id=person_id).first()
    if row is None:
        return None
    link = UserLink.objects.filter(person_id=person_id, ended_at=None).select_related("user", "membership").first()
    return PersonRow(row, link)


def count_by_reason(*, company_id: int | None = None, provider: str = "") -> dict[Reason, int]:
    """Return how many people stand how, for tabs and filters. One query."""
    rows = PersonStanding.objects.all()
    if company_id is not None:
        rows = rows.filter(company_id=company_id)
    if provider:
        rows = rows.filter(provider=provider)
    found = dict(rows.order_by().values_list("reason").annotate(count=Count("pk")))
    return {Reason(name): count for name, count in found.items()}


@dataclass(frozen=True, slots=True)
class PendingUser:
    """Somebody who came in and has not accepted an invitation. ``user_name`` is what the provider signs in with.

    It is an address to write to only if a person says so. ``licences`` is ``None`` where they are not told.
    """

    link: UserLink
    invitation: Invitation | None
    licences: Sequence[Licence] | None

    @property
    def user_name(self) -> str:
        """The directory's user name."""
        return self.link.person.user_name or ""

    @property
    def standing(self) -> str:
        """``not invited``, ``invited``, or how the latest invitation ended."""
        return "not invited" if self.invitation is None else _STANDING.get(self.invitation.state, "not invited")


_STANDING = {"waiting": "invited", "sent": "invited", "bounced": "bounced", "expired": "expired"}


@dataclass(frozen=True, slots=True)
class PendingUsers:
    """One page of people who came in, newest first, and how many there are."""

    page: Page[UserLink]
    rows: Sequence[PendingUser]
    count: BoundedCount


def list_pending_users(
    *,
    company_id: int | None = None,
    provider: str = "",
    invited: bool | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> PendingUsers:
    """Return a page of people who came in and have not accepted yet: of one company, invited or not. Four queries."""
    rows = _pending(company_id=company_id, provider=provider)
    if invited is not None:
        ever = Exists(Invitation.objects.filter(membership_id=OuterRef("membership_id")))
        rows = rows.filter(ever if invited else ~ever)
    shown = rows.select_related("person", "tenant", "user", "membership__company")
    page = page_of([shown], NEWEST_FIRST, after=after, before=before, size=size)
    latest: dict[int, Invitation] = {}
    for one in Invitation.objects.filter(membership_id__in=[row.membership_id for row in page.rows]).order_by("pk"):
        latest[one.membership_id] = one
    named = name_licences([(row.tenant.provider, row.person.licences) for row in page.rows])
    pairs = zip(page.rows, named, strict=True)
    waiting = [PendingUser(row, latest.get(row.membership_id), licences) for row, licences in pairs]
    return PendingUsers(page, waiting, bounded_count(rows))


def _pending(*, company_id: int | None, provider: str) -> QuerySet[UserLink]:
    rows = UserLink.objects.filter(
        ended_at=None, made_by=LinkMaker.CREATED, membership__accepted_at=None, user__erased_at=None
    ).exclude(membership__state=MembershipState.INACTIVE)  # fmt: skip
    if company_id is not None:
        rows = rows.filter(membership__company_id=company_id)
    return rows.filter(tenant__provider=provider) if provider else rows


@dataclass(frozen=True, slots=True)
class SyncedCounts:
    """A company's people at one provider. ``assigned``: in the scope; ``synced``: linked; ``pending``: not accepted."""

    assigned: int
    synced: int
    pending: int
    skipped: int


def counts_of_company(company_id: int, provider: str) -> SyncedCounts:
    """Return the numbers of the company's page of User Sync. Three queries."""
    standings = PersonStanding.objects.filter(company_id=company_id, provider=provider)
    by_verdict = dict(standings.order_by().values_list("verdict").annotate(count=Count("pk")))
    links = UserLink.objects.filter(membership__company_id=company_id, tenant__provider=provider, ended_at=None)
    return SyncedCounts(
        assigned=by_verdict.get("in", 0),
        synced=links.count(),
        pending=_pending(company_id=company_id, provider=provider).count(),
        skipped=by_verdict.get("skipped", 0),
    )


def readings_of_company(company_id: int) -> list[PeopleReading]:
    """Return how the people of the company's tenants are read: API, as of when, stale since when. Two queries."""
    tenants = TenantLink.objects.filter(company_id=company_id, ended_at=None).values_list("tenant_id", flat=True)
    rows = PeopleReading.objects.select_related("tenant", "connection").filter(tenant_id__in=list(tenants))
    return list(rows.order_by("tenant_id", "connection_id"))


@dataclass(frozen=True, slots=True)
class Said:
    """What one directory says of a field, and as of when. ``leads``: its value wins where the provider does."""

    link: UserLink
    value: str
    as_of: datetime | None
    stale_since: datetime | None
    leads: bool


@dataclass(frozen=True, slots=True)
class FieldProvenance:
    """One field of a person: what the marketplace has, which side wins, and what each directory says."""

    field: str
    label: str
    value: str
    rule: FieldRule
    said: Sequence[Said]


def provenance_of(membership: Membership, *, precedence: Mapping[str, int] | None = None) -> list[FieldProvenance]:
    """Return where each field of a person's place comes from. Needs ``membership.user``; three queries."""
    links = list(
        UserLink.objects.select_related("person", "tenant").filter(membership=membership, ended_at=None).order_by("pk")
    )
    ranks = precedence or {}
    links.sort(key=lambda link: (ranks.get(link.tenant.provider, 0), link.person_id))
    readings = _latest_readings([link.tenant_id for link in links])
    values = {link.pk: usable_values(record_of(vars(link.person))) for link in links}
    rules = read_person_rules()
    found = []
    for name, label in LABELS.items():
        said = [
            Said(link, values[link.pk][name], *readings.get(link.tenant_id, (None, None)), leads=link is links[0])
            for link in links
        ]
        ours = getattr(membership, f"profile_{name}", "") or getattr(membership.user, name)
        found.append(FieldProvenance(name, label, ours, rules[name], said))
    return found


def _latest_readings(tenant_ids: Sequence[int]) -> dict[int, tuple[datetime | None, datetime | None]]:
    rows = PeopleReading.objects.filter(
        Q(users_at__isnull=False) | Q(stale_since__isnull=False), tenant_id__in=tenant_ids
    )
    return {row.tenant_id: (row.users_at, row.stale_since) for row in rows.order_by("users_at")}
