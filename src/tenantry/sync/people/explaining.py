"""Gathers what the rules go by for one person, for ``core.explaining_people``. In the scope; writes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from tenantry.connections.models import Provider
from tenantry.core.explaining import Rule
from tenantry.core.explaining_people import PersonStory, explain_person
from tenantry.core.planning.users.inviting import Newcomer
from tenantry.core.planning.users.matching import Matched, match_person
from tenantry.core.planning.users.planning import Known, PlannedUser, plan_users
from tenantry.core.planning.users.scope import Rule as ScopeRule
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.providers.capabilities import PeopleApi
from tenantry.sync.models import (
    Change,
    ChangeState,
    DirectoryUser,
    Feed,
    LinkMaker,
    PeopleReading,
    PersonStanding,
    TenantLink,
    UserLink,
)
from tenantry.sync.people.held import newcomer_of
from tenantry.sync.people.known import gather_known
from tenantry.sync.people.licence_names import in_words
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.planning import Rulebook, is_same_change, read_rulebook, waiting_changes
from tenantry.sync.people.queries import PersonRow, find_person, licences_of
from tenantry.sync.people.rules import unanswerable
from tenantry.sync.people.views import LinkedTenant, SharedAddresses, these_people
from tenantry.sync.user_settings import read_user_sync

_MOST = 20


@dataclass(frozen=True, slots=True)
class ExplainedPerson:
    """A person of a directory, and each rule with its answer: none for somebody whose data was removed."""

    row: PersonRow
    rules: list[Rule] = field(default_factory=list)


def explain_directory_person(person_id: int) -> ExplainedPerson | None:
    """Explain one person of a directory; ``None`` when this marketplace knows nobody by that key."""
    row = find_person(person_id)
    if row is None:
        return None
    story = _story(row)
    return ExplainedPerson(row, explain_person(story) if story else [])


def people_named(given: str) -> list[int]:
    """Return the people of directories here with this address, user name or id of the provider, a few at most."""
    name = given.strip().lower()
    tenants = TenantLink.objects.filter(ended_at=None).values("tenant_id")
    fits = Q(email=name) | Q(user_name=name) | Q(aliases__contains=[name]) | Q(external_id=given.strip())
    found = DirectoryUser.objects.filter(fits, tenant_id__in=tenants, emptied_at=None)
    known = PersonStanding.objects.filter(person_id__in=found.values("pk"))
    return list(known.order_by("person_id").values_list("person_id", flat=True)[:_MOST])


def _story(row: PersonRow) -> PersonStory | None:
    person_row = row.standing.person
    linked, trouble, seen = _place_of(row)
    people = these_people({linked.tenant_id: linked}, [person_row.pk])
    if not people:
        return None
    [person] = people
    book, shared = read_rulebook(linked.provider), SharedAddresses().of([linked.tenant_id])
    known = gather_known(people, shared, book.precedence)
    link = known.links.get(person.person_id)
    place = known.memberships.get(link.membership_id) if link else None
    planned = _planned(person, known, book, linked.api) if seen else None
    hold, rejected = _stopped(planned)
    return PersonStory(
        person=person,
        settings=book.settings,
        on=read_user_sync()[Provider(linked.provider)].on,
        trouble=trouble,
        planned=planned,
        unanswerable=_unanswerable(linked.api),
        link=link,
        place=place,
        user=_user(person),
        matched=_matched(person, known, shared[linked.tenant_id]) if link is None else Matched(),
        hold=hold,
        rejected=rejected,
        owners=book.fields,
        newcomer=_newcomer(person),
        invite_since=book.invite_since,
        licences=in_words(licences_of(row)) or [],
    )


def _place_of(row: PersonRow) -> tuple[LinkedTenant, str, bool]:
    """Return the person's tenant, why it can't be read now, and whether a connection sees it."""
    standing = row.standing
    feeds = Feed.objects.filter(
        connection__sightings__tenant_id=standing.tenant_id, connection__sightings__ended_at=None
    )
    connections = list(feeds.order_by("id").values_list("connection_id", flat=True))
    for connection_id in connections:
        found = linked_tenants(connection_id, only=[standing.tenant_id]).get(standing.tenant_id)
        if found is not None:
            return found, _trouble(connection_id, standing.tenant_id), True
    tenant = standing.tenant
    return LinkedTenant(tenant.pk, tenant.external_id, standing.company_id, tenant.provider), "", False


def _trouble(connection_id: int, tenant_id: int) -> str:
    reading = PeopleReading.objects.filter(connection_id=connection_id, tenant_id=tenant_id).first()
    if reading is None or reading.stale_since is None:
        return ""
    return f"Not since {reading.stale_since:%Y-%m-%d}. {(reading.failure or {}).get('what', '')}".strip()


def _planned(person: DirectoryPerson, known: Known, book: Rulebook, api: str) -> PlannedUser:
    [planned] = plan_users([person], known, book.through(api), book.fields)
    return planned


def _unanswerable(api: str) -> dict[ScopeRule, str]:
    return unanswerable(PeopleApi(api)) if api in set(PeopleApi) else {}


def _matched(person: DirectoryPerson, known: Known, shared: Iterable[str]) -> Matched:
    held = known.holders.get(person.company_id, {})
    return match_person(person, {each: held[each] for each in person.addresses if each in held}, set(shared))


def _stopped(planned: PlannedUser | None) -> tuple[str, str]:
    """Return why a brake keeps what is planned, or that somebody rejected it."""
    if planned is None or planned.kind is None:
        return "", ""
    key = planned.person.person_id
    change = waiting_changes([key]).get(key)
    if change is None or not is_same_change(change, planned):
        return "", ""
    if change.state == ChangeState.REJECTED:
        return "", f"Somebody rejected exactly this on {change.settled_at or change.created_at:%Y-%m-%d}."
    held = Change.objects.select_related("hold").get(pk=change.pk).hold
    return (held.reason if held else "It waits for a release."), ""


def _user(person: DirectoryPerson) -> str:
    link = UserLink.objects.filter(person_id=person.person_id).select_related("user").order_by("-pk").first()
    return (link.user.name or link.user.email or "a user without a name") if link else ""


def _newcomer(person: DirectoryPerson) -> Newcomer | None:
    """Return the person as the rule of inviting sees them, if the sync brought them."""
    live = UserLink.objects.filter(person_id=person.person_id, ended_at=None, made_by=LinkMaker.CREATED)
    link = live.select_related("membership__user").first()
    return newcomer_of(link.membership, came_at=link.created_at) if link else None
