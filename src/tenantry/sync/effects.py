"""What saving other Company Sync settings would do, in numbers. Reads only; runs in a marketplace's scope."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenantry.accounts.models import Account
from tenantry.core.company_settings import CompanySettings
from tenantry.core.permissions import Role
from tenantry.core.planning.creation import Standing, judge_candidate
from tenantry.listing import BoundedCount, bounded_count
from tenantry.marketplace.models import StaffRole
from tenantry.sync.automatic.candidates import Place, next_candidates
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.models import Feed, Observation, PendingCompany, PendingState

_BATCH = 500
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a decision, seen as automatic creation would see it.

    ``creatable`` could be created in bulk, ``unread`` have no details or no comparison yet, ``hindered`` counts by
    reason the others. Only the first ones are looked at; ``partly`` says that there are more.
    """

    waiting: BoundedCount
    creatable: int = 0
    unread: int = 0
    hindered: Mapping[str, int] | None = None
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """The connections that would be read, by name, and how many tenants their last complete lists had, if known."""

    names: Sequence[str]
    tenants: int | None


def measure_backlog(*, invites: bool) -> Backlog:
    """Look at what waits, where ``invites`` says whether contacts would be invited. The cost does not grow with it."""
    waiting = bounded_count(PendingCompany.objects.filter(state=PendingState.PENDING))
    guarded = guarded_contacts()
    hindered: Counter[str] = Counter()
    creatable = unread = looked_at = 0
    place: Place | None = Place()
    while place is not None and looked_at < _MOST:
        found = next_candidates(place, limit=_BATCH)
        for verdict in (judge_candidate(candidate.facts, guarded, invites=invites) for candidate in found):
            creatable += verdict.standing is Standing.CREATE
            unread += verdict.standing is Standing.LATER
            hindered.update(verdict.problems[:1])
        looked_at += len(found)
        place = Place(found[-1].first_seen_at, found[-1].pending_id) if len(found) == _BATCH else None
    return Backlog(waiting, creatable, unread, hindered, partly=place is not None)


def staff_in(role: Role) -> list[str]:
    """Return the names of the people who have this role here."""
    holders = Account.objects.filter(pk__in=StaffRole.objects.filter(role=role.value).values("account_id"))
    return [account.get_full_name() for account in holders.order_by("name", "email")]


def roles_that_change(before: CompanySettings, after: CompanySettings) -> dict[Role, bool]:
    """Return the support roles that gain (true) or lose (false) Pending companies."""
    pairs = {
        Role.SALES_SUPPORT: (before.sales_support, after.sales_support),
        Role.CUSTOMER_SUPPORT: (before.customer_support, after.customer_support),
    }
    return {role: now for role, (was, now) in pairs.items() if was != now}


def sources() -> Sources:
    """Return what would be read. A feed that takes a part says nothing of the whole: others' customers are in it."""
    feeds = list(
        Feed.objects.select_related("connection").filter(connection__enabled=True).order_by("connection__name")
    )
    names = [feed.connection.name for feed in feeds]
    if any(feed.countries or feed.domains or feed.indirect_resellers or feed.tenant_ids for feed in feeds):
        return Sources(names, None)
    lasts = [Observation.of_tenants(feed.connection_id).filter(complete=True).order_by("-id").first() for feed in feeds]
    known = [last.records - last.invalid - last.repeated for last in lasts if last is not None]
    return Sources(names, sum(known) if known and len(known) == len(feeds) else None)
