"""*Sync this person now*: reads one person, plans, and applies, telling each step. No transaction spans the network."""

from dataclasses import dataclass, field
from datetime import datetime

from tenantry.audit.events import SYSTEM, Actor
from tenantry.connections.directories import open_directory
from tenantry.connections.models import Connection
from tenantry.core.planning.users.planning import PlannedUser
from tenantry.core.planning.users.reasons import SENTENCES
from tenantry.core.records import DirectoryUser as Record
from tenantry.core.records import Presence
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import NotFound, ProviderError
from tenantry.sync.models import Change, ChangeState, DirectoryUser, Feed, Run, RunState, TenantLink, Trigger
from tenantry.sync.observe.listing import failure_of
from tenantry.sync.people.admitting import admit_person
from tenantry.sync.people.applying import apply_next
from tenantry.sync.people.finishing import finish_people_run
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.planning import decide_people, read_rulebook, store_plan
from tenantry.sync.people.runs import PeopleRun, Wish, create_people_run, end_people_run
from tenantry.sync.people.store import store_gone, store_present
from tenantry.sync.people.views import SharedAddresses, these_people
from tenantry.sync.requests import SyncRefused
from tenantry.sync.user_settings import read_user_sync

_NOBODY = "This person is in no directory that is linked to a company here."
_OFF = "User Sync is off for this provider. A manager turns it on under Settings, Data Sync."
_NO_CONNECTION = "No connection that can read people sees this directory now. Ask your operator."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, and how it went. ``well`` is false for what went wrong."""

    what: str
    outcome: str
    well: bool = True


@dataclass(slots=True)
class PersonSync:
    """What syncing one person did: its steps in order, and the run that has the changes."""

    run_id: int
    steps: list[Step] = field(default_factory=list)

    def note(self, what: str, outcome: str, *, well: bool = True) -> None:
        """Add a step."""
        self.steps.append(Step(what, outcome, well))


def sync_person(*, marketplace_id: int, person_id: int, actor: Actor, now: datetime) -> PersonSync:
    """Read one person at the provider, and do what follows. ``person_id`` is a ``DirectoryUser``.

    Call it outside any transaction: it asks the provider in between. Raises
    :class:`~tenantry.sync.requests.SyncRefused` when it can't begin; later trouble is told as a step.
    """
    with marketplace_scope(marketplace_id):
        person, connection, company_id = _begin(person_id)
        wish = Wish(actor, Trigger.PERSON, company_id=company_id, person_id=person_id)
        run = create_people_run(marketplace_id=marketplace_id, connection_id=connection.pk, wish=wish, now=now)
    ref = PeopleRun(run.pk, marketplace_id, company_id, run.state, preview=False)
    sync = PersonSync(run.pk)
    try:
        read = _read(sync, connection, person)
    except ProviderError as error:
        failure = failure_of(error)
        sync.note("Asked the provider", f"{failure['what']} {failure['next']}", well=False)
        end_people_run(ref, state=RunState.FAILED, failure=failure, now=now)
        return sync
    _plan_and_apply(sync, ref, person, read, now=now)
    return sync


def _begin(person_id: int) -> tuple[DirectoryUser, Connection, int]:
    person = DirectoryUser.objects.select_related("tenant").filter(pk=person_id).first()
    link = TenantLink.objects.filter(tenant_id=person.tenant_id, ended_at=None).first() if person else None
    if person is None or link is None:
        raise SyncRefused(_NOBODY)
    if not any(each.on for provider, each in read_user_sync().items() if provider == person.tenant.provider):
        raise SyncRefused(_OFF)
    feeds = Feed.objects.select_related("connection").filter(
        connection__enabled=True,
        connection__sightings__tenant_id=person.tenant_id,
        connection__sightings__ended_at=None,
    )
    usable = [feed.connection for feed in feeds.order_by("id") if feed.connection.ready_for_people]
    if not usable:
        raise SyncRefused(_NO_CONNECTION)
    return person, usable[0], link.company_id


def _read(sync: PersonSync, connection: Connection, person: DirectoryUser) -> Record | None:
    with open_directory(connection, person.tenant.external_id) as opened:
        sync.note("Chose how to ask", opened.choice.reason)
        try:
            read = admit_person(opened.source.read_user(person.tenant.external_id, person.external_id))
        except NotFound:
            sync.note("Asked the provider", "It does not show this person now. Only complete listings tell who left.")
            return None
    there = read.presence is Presence.PRESENT
    sync.note("Asked the provider", "The person is in the directory." if there else "The person was deleted there.")
    return read


def _plan_and_apply(
    sync: PersonSync, ref: PeopleRun, person: DirectoryUser, read: Record | None, *, now: datetime
) -> None:  # fmt: skip
    with marketplace_scope(ref.marketplace_id):
        sync.note("Stored what was read", _store(person, read, now=now))
        run = Run.objects.select_related("connection").get(pk=ref.run_id)
        for planned in _plan(run, person, now=now):
            sync.note("Planned", planned.because or SENTENCES[planned.reason])
    apply_next(ref.run_id, marketplace_id=ref.marketplace_id, actor=SYSTEM, now=now)
    finish_people_run(ref, clock=lambda: now, should_stop=lambda: False)
    with marketplace_scope(ref.marketplace_id):
        changes = list(Change.objects.filter(run_id=ref.run_id).order_by("id"))
    for change in changes:
        well = change.state in {ChangeState.APPLIED, ChangeState.HELD}
        said = change.problem or (
            "A brake holds it: a person decides." if change.state == ChangeState.HELD else "Done."
        )
        sync.note(WORDS.get(change.kind, change.kind), said, well=well)
    if not changes:
        sync.note("Applied", "Nothing had to change.")


WORDS = {
    "user.create": "Came in",
    "user.join": "Linked",
    "user.update": "Updated",
    "user.reactivate": "Reactivated",
    "user.deactivate": "Deactivated",
    "user.unlink": "Unlinked",
    "user.report_left": "Reported as gone",
    "user.invite": "Invited",
}
"""What each kind of change did, in a word or two."""


def _store(person: DirectoryUser, read: Record | None, *, now: datetime) -> str:
    if read is None:
        return "Nothing: the person stays as known."
    if read.presence is not Presence.PRESENT:
        return "Noted." if store_gone([(person.tenant_id, read)], now=now) else "Nothing new."
    return "Something was new." if store_present([(person.tenant_id, read)], now=now).changed else "Nothing new."


def _plan(run: Run, person: DirectoryUser, *, now: datetime) -> list[PlannedUser]:
    assert run.connection is not None  # noqa: S101 (a run of people has one)
    tenants = linked_tenants(run.connection_id or 0, only=[person.tenant_id])
    people = these_people(tenants, [person.pk])
    shared = SharedAddresses().of(tenants)
    planned = decide_people(people, tenants, read_rulebook(run.connection.provider), shared)
    store_plan(run, planned, now=now)
    return planned
