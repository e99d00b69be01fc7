"""Whatever happens to the customers, and wherever a sync is cut off: the pending companies are the expected ones."""

from collections.abc import Callable
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.conftest import NOW
from tests.plays import play
from tests.sync.stage import PREVIEW, Clock, Sync, execute, link, make_connection, make_marketplace, runs_of, states_of
from tests.sync.world import World

from tenantry.audit.chain import chain_events
from tenantry.audit.verifying import verify_chain
from tenantry.core.records import Contact, Ending, Relationship
from tenantry.core.search import search_keys
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import NotFound, Unavailable
from tenantry.sync.models import Change, PendingCompany, PendingKey, Run
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.models.runs import LIVE_RUN

NUMBERS = st.integers(1, 9)
CUT = st.sampled_from(["asked", "page", "listed", "begun", "details", "more details"])
SUMS = ("unchanged", "waiting_for_details", "skipped", "with_changes")
MOST_FAILURES = 3  # in a row; a listing that fails many more times ends, and rightly
STATES = ("planned", "held", "approved", "rejected", "applied", "stale", "failed", "cancelled", "undone")


def check_counters(run: Run) -> None:
    """The counters of every run add up."""
    counters = run.counters
    assert run.suspect == "", run.suspect
    assert counters["changes"] == sum(counters.get(f"changes_{state}", 0) for state in STATES)
    if run.observation is not None and run.state in {"done", "previewed"} and not run.note.startswith("What"):
        assert counters["tenants_seen"] == sum(counters.get(f"tenants_{kind}", 0) for kind in SUMS)
        valid = counters["records"] - counters["records_invalid"] - counters["records_repeated"]
        assert counters["tenants_seen"] == valid


class AnyWorld(RuleBasedStateMachine):
    """Moves of the world and of the sync, in any order. ``url`` is the database's owner."""

    url: str

    @initialize()
    def begin(self) -> None:
        execute(self.url, "truncate marketplace_marketplace, connections_connection, sync_tenant, audit_event cascade")
        self.clock = Clock(NOW)
        self.world = World(page_size=2)
        self.sync = Sync(make_connection("C", self.clock), self.world, self.clock)
        self.all = make_marketplace("All", self.clock, self.sync.connection)
        self.swiss = make_marketplace("Swiss", self.clock, self.sync.connection, countries=["CH"])
        self.known: dict[int, str] = {}
        self.customers: set[int] = set()
        self.gone: set[int] = set()
        self.linked: set[int] = set()
        self.settled = False

    @rule(number=NUMBERS, country=st.sampled_from(["DE", "CH"]))
    def add(self, number: int, country: str) -> None:
        if number not in self.known:
            self.world.add(number, country=country)
            self.known[number] = country
            self.customers.add(number)
            self.settled = False

    @rule(number=NUMBERS, name=st.sampled_from(["Alpine", "Boreal", "株式会社"]))
    def rename(self, number: int, name: str) -> None:
        if number in self.known:
            self.world.rename(number, name)

    @rule(number=NUMBERS, email=st.sampled_from(["", "a@x.example", "b@x.example"]))
    def change_contact(self, number: int, email: str) -> None:
        if number in self.known:
            self.world.change_contact(number, Contact("Ada", "Berg", email))

    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        if number in self.known:
            self.world.leave(number)
            self.gone.add(number)
            self.settled = False

    @rule(number=NUMBERS)
    def come_back(self, number: int) -> None:
        if number in self.known:
            self.world.come_back(number)
            self.gone.discard(number)
            self.settled = False

    @rule(number=NUMBERS, relationship=st.sampled_from([Relationship.RESELLER, Relationship.ADVISOR]))
    def change_relationship(self, number: int, relationship: Relationship) -> None:
        if number in self.known:
            self.world.change(number, relationship=relationship)
            move = self.customers.add if relationship is Relationship.RESELLER else self.customers.discard
            move(number)
            self.settled = False

    @rule(number=NUMBERS, error=st.sampled_from([NotFound("Not there."), Unavailable("Down."), None]))
    def refuse(self, number: int, error: Any) -> None:
        if error is None:
            self.world.allow(number)
        else:
            self.world.refuse(number, error)
        self.settled = False

    @rule(number=NUMBERS)
    def link(self, number: int) -> None:
        tenant_known = execute(self.url, "select from sync_tenant where external_id = %s", World.id_of(number))
        if tenant_known and number not in self.linked:
            link(self.all, self.sync.connection, number, self.clock)
            self.linked.add(number)
            self.settled = False

    @rule(hours=st.sampled_from([1, 13, 26]))
    def pass_time(self, hours: int) -> None:
        self.clock.pass_time(hours=hours)

    @rule(ending=st.sampled_from([Ending.CLEAN, Ending.AMBIGUOUS]), preview=st.booleans(), swiss=st.booleans())
    def run(self, ending: Ending, *, preview: bool, swiss: bool) -> None:
        self.world.ending = ending
        marketplace_id = self.swiss if swiss else self.all
        run = self.sync.run(marketplace_id, PREVIEW) if preview else self.sync.run(marketplace_id)
        assert run.state == ("previewed" if preview else "done")
        assert run.complete == (ending is Ending.CLEAN)
        self.settled = False

    @rule(cut=CUT)
    def run_that_is_cut_off(self, cut: str) -> None:
        self.sync.request(self.all)
        steps: dict[str, Callable[[], object]] = {
            "asked": lambda: None,
            "page": self.sync.page,
            "listed": self.sync.list_all,
            "begun": self.sync.begin,
            "details": lambda: self.sync.read_details(batch=1, batches=1),
            "more details": lambda: self.sync.read_details(batch=2, batches=2),
        }
        for step, work in steps.items():
            work()
            if step == cut:
                break
        self.settled = False

    @rule(page=st.integers(1, 3))
    def a_cursor_expires(self, page: int) -> None:
        self.world.expire_cursor_at(page)

    @rule()
    def a_page_fails(self) -> None:
        if self.world.failures_to_come() < MOST_FAILURES:
            self.world.fail_with(Unavailable("Down."))

    @precondition(lambda self: not cast("AnyWorld", self).settled)
    @rule()
    def settle(self) -> None:
        """All faults are mended and a few whole runs go by: then everything is as it should be."""
        self.world.ending = Ending.CLEAN
        for number in self.known:
            self.world.allow(number)
        for _ in range(3):
            self.clock.pass_time(hours=26)
            self.sync.run(self.all)
        self.settled = True
        live = self.customers - self.gone
        waiting = {number for number, state in states_of(self.all).items() if state == "pending"}
        assert waiting == live - self.linked
        swiss = {number for number, state in states_of(self.swiss).items() if state == "pending"}
        assert swiss == {number for number in live if self.known[number] == "CH"}
        self._compare_with_the_world()
        before = {run.pk for run in runs_of(self.all)}
        run = self.sync.run(self.all)
        assert run.pk not in before
        assert run.counters["changes"] == 0
        assert run.note.startswith("Nothing changed")
        with marketplace_scope(self.all):
            assert not Run.objects.filter(state__in=LIVE_RUN, preview=False).exists()

    def _compare_with_the_world(self) -> None:
        with marketplace_scope(self.all):
            for row in PendingCompany.objects.select_related("tenant").filter(state="pending"):
                keys = PendingKey.objects.filter(pending=row).values_list("key", flat=True)
                real = self.world.read_tenant(row.tenant.external_id)
                assert (row.name, row.country, row.domain) == (real.name, real.address.country, (real.domains or ())[0])
                assert row.contact_email == (real.contact.email or row.contact_email)
                assert set(search_keys([row.name], [], [row.tenant.external_id])) <= set(keys)
                assert row.content_hash == row.tenant.content_hash

    @invariant()
    def nothing_is_doubled_and_counters_add_up(self) -> None:
        for marketplace_id in (self.all, self.swiss):
            with marketplace_scope(marketplace_id):
                assert not set(states_of(marketplace_id)) - set(self.known)
                keys = list(PendingKey.objects.values_list("pending_id", "key"))
                assert len(keys) == len(set(keys))
                ended = Run.objects.select_related("observation").exclude(state__in=LIVE_RUN)
                for run in ended:
                    check_counters(run)
                left = Change.objects.filter(state="planned", run__in=ended, run__preview=False)
                assert not left.exists()
                self._check_live_runs()

    def _check_live_runs(self) -> None:
        """One run waits for the list and one has begun. Others were cut off in between, and go when the next begins."""
        live = Run.objects.filter(state__in=LIVE_RUN, preview=False)
        assert live.filter(observation__state__in=LIVE_OBSERVATION).count() <= 1
        assert live.filter(listed_at__isnull=False).count() <= 1
        assert live.count() == live.values("observation").distinct().count()

    def teardown(self) -> None:
        with marketplace_scope(self.all):
            chain_events(marketplace_id=self.all, now=self.clock())
            assert verify_chain(marketplace_id=self.all, now=self.clock()).sentence == ""


def test_after_any_moves_the_pending_companies_are_those_of_the_world(owner_url: str) -> None:
    """A few plays, others each time. TENANTRY_EXAMPLES=500 plays many, and takes minutes to shorten one that fails."""

    class Here(AnyWorld):
        url = owner_url

    play(Here, plays=6, steps=14)
