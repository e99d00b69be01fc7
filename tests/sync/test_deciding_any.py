"""Whatever people decide, undo, import and switch, and whatever syncs bring: what must never be doubled or lost isn't.

In any order: one live link for a tenant, one user for an address, an administrator for whoever had one; and nothing but
the refusals that people are told.
"""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.sync.automatic_stage import Play
from tests.sync.deciding_stage import ALEX, KIM, Desk
from tests.sync.stage import Clock, Sync, make_connection, make_marketplace
from tests.sync.test_any_world import check_counters
from tests.sync.undo_stage import check_undone, drive, start
from tests.sync.world import World

from tenantry.core.company_settings import CompanySettings
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.applying import apply_import_lines
from tenantry.marketplace.imports.reading import read_import
from tenantry.marketplace.imports.services import apply_import, start_import
from tenantry.marketplace.models import Company, ImportState, Membership, MembershipRole, MembershipState, User
from tenantry.marketplace.people.services import (
    LastAdministrator,
    change_role,
    deactivate_membership,
    reactivate_membership,
)
from tenantry.sync.completing import complete_requests
from tenantry.sync.connecting import ConnectRefused, request_connect
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import wake_snoozed
from tenantry.sync.holds.services import HoldRefused
from tenantry.sync.models import Change, Decision, Hold, PendingCompany, Run, TenantLink
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.requests import SyncRefused
from tenantry.sync.undoing.ways import UndoRefused

TOLD = (AlreadyDecided, ConnectRefused, DecisionRefused, HoldRefused, LastAdministrator, SyncRefused, UndoRefused)
_NOTHING_THERE = tuple(model.DoesNotExist for model in (Company, Decision, Hold, Membership, PendingCompany))
_ADDRESSES = ("ada1@customer1.example", "Ada1@Customer1.example", "bo@books.example", "eva@elsewhere.example", "")
_COMPANIES = "external_id,name,country,domains,tenant_ids\n"
_PEOPLE = "company_external_id,email,first_name,last_name,role\n"


@dataclass
class Life:
    """A marketplace with four customers, and everything that may happen to it. ``had``: see ``check``."""

    desk: Desk
    play: Play
    world: World
    had: set[int] = field(default_factory=set)

    def step(self, what: str, number: int, pick: int) -> None:
        """Do something to the customer ``number``; ``pick`` chooses among what there is."""
        self.desk.clock.pass_time(hours=7)
        try:
            self.steps(number, pick)[what]()
        except (*TOLD, *_NOTHING_THERE):
            return

    def steps(self, number: int, pick: int) -> dict[str, Callable[[], object]]:
        desk, world, play = self.desk, self.world, self.play
        return {
            "create": lambda: desk.create(number, invite=bool(pick % 2)),
            "link": lambda: desk.link(number, self.company(pick), fill_blanks=True, add_contact=bool(pick % 2)),
            "ignore": lambda: desk.ignore(number),
            "snooze": lambda: desk.snooze(number),
            "wake": lambda: wake_snoozed(marketplace_id=desk.marketplace_id, now=desk.clock()),
            "reopen": lambda: desk.reopen(number),
            "not this": lambda: desk.reject(number, self.company(pick)),
            "undo": lambda: self.undo(pick),
            "undo a run": lambda: self.undo_run(pick),
            "sync": lambda: desk.sync.run(desk.marketplace_id),
            "rename": lambda: world.rename(number, f"Customer {pick} Ltd"),
            "contact": lambda: world.change_contact(number, Contact("Ada", "Berg", _ADDRESSES[pick % len(_ADDRESSES)])),
            "leave": lambda: world.leave(number),
            "come back": lambda: world.come_back(number),
            "settings": lambda: self.save(pick),
            "release": play.release,
            "reject": lambda: play.reject(play.held()[:1]),
            "work": play.work,
            "connect": lambda: self.connect(number, pick),
            "import companies": lambda: self.import_file(
                f"{_COMPANIES}C{pick},Customer {number},DE,customer{number}.example,{World.id_of(number)}\n"
            ),
            "import people": lambda: self.import_file(
                f"{_PEOPLE}C{pick},{_ADDRESSES[number]},Ada,Berg,{'administrator' if pick % 2 else 'user'}\n"
            ),
            "demote": lambda: self.place(pick, "demote"),
            "promote": lambda: self.place(pick, "promote"),
            "deactivate": lambda: self.place(pick, "deactivate"),
            "reactivate": lambda: self.place(pick, "reactivate"),
        }

    def company(self, pick: int) -> int:
        with marketplace_scope(self.desk.marketplace_id):
            found = list(Company.objects.order_by("pk").values_list("pk", flat=True))
        return found[pick % len(found)] if found else 0

    def undo(self, pick: int) -> None:
        with marketplace_scope(self.desk.marketplace_id):
            found = list(Decision.objects.order_by("-pk").values_list("pk", flat=True))
        self.desk.undo(found[pick % min(3, len(found))] if found else 0, actor=ALEX)

    def undo_run(self, pick: int) -> None:
        """Take back all of a run that can be: what was declared reversible is what it was before."""
        pk, clock = self.desk.marketplace_id, self.desk.clock
        with marketplace_scope(pk):
            found = list(Run.objects.order_by("-pk").values_list("pk", flat=True))
        check_undone(pk, drive(pk, start(pk, found[pick % len(found)], clock), clock).pk)

    def save(self, pick: int) -> None:
        self.play.save(CompanySettings(pick != 0, pick in {1, 2}, pick in {1, 3}))

    def connect(self, number: int, pick: int) -> None:
        company = self.company(pick)
        with marketplace_scope(self.desk.marketplace_id):
            made = request_connect(company_id=company, given=World.id_of(number), actor=KIM, now=self.desk.clock())
            complete_requests(now=self.desk.clock(), request=made.pk)

    def import_file(self, text: str) -> None:
        pk, now = self.desk.marketplace_id, self.desk.clock()
        with marketplace_scope(pk):
            job = start_import(file_name="file.csv", content=text.encode(), actor=KIM, now=now)
        assert read_import(job.pk, marketplace_id=pk, clock=self.desk.clock, should_stop=lambda: False)
        with marketplace_scope(pk):
            job.refresh_from_db()
            if job.state != ImportState.PLANNED:
                return
            apply_import(import_id=job.pk, actor=KIM, now=now)
        assert apply_import_lines(job.pk, marketplace_id=pk, clock=self.desk.clock, should_stop=lambda: False)

    def place(self, pick: int, do: str) -> None:
        with marketplace_scope(self.desk.marketplace_id):
            found = list(Membership.objects.order_by("pk").values_list("pk", flat=True))
            told: dict[str, Any] = {
                "membership_id": found[pick % len(found)] if found else 0,
                "actor": KIM,
                "now": self.desk.clock(),
            }
            if do in {"demote", "promote"}:
                change_role(role=MembershipRole.USER if do == "demote" else MembershipRole.ADMINISTRATOR, **told)
            elif do == "deactivate":
                deactivate_membership(**told)
            else:
                reactivate_membership(**told)

    def check(self) -> None:
        """Whoever had an administrator has one; no link, no address twice; rows, links and holds tell the same."""
        with marketplace_scope(self.desk.marketplace_id):
            linked = list(TenantLink.objects.filter(ended_at=None).values_list("tenant_id", flat=True))
            assert len(linked) == len(set(linked))
            addresses = [email.lower() for email in User.objects.exclude(email="").values_list("email", flat=True)]
            assert len(addresses) == len(set(addresses))
            places = Membership.objects.filter(role=MembershipRole.ADMINISTRATOR)
            have = set(places.exclude(state=MembershipState.INACTIVE).values_list("company_id", flat=True))
            self.had = (self.had | have) & set(Company.objects.values_list("pk", flat=True))
            assert self.had <= have
            made = Change.objects.filter(kind="company.create", state__in=["held", "approved", "failed"])
            kept = set(made.values_list("tenant_id", flat=True))
            for pending in PendingCompany.objects.all():
                assert (pending.state in {"created", "linked"}) == (pending.tenant_id in linked)
                assert (pending.company_id is not None) == (pending.tenant_id in linked)
                assert (pending.snoozed_until is not None) == (pending.state == "snoozed")
                assert pending.state != "held" or pending.tenant_id in kept
            for run in Run.objects.exclude(state__in=LIVE_RUN).select_related("observation"):
                check_counters(run)


_WHAT = (
    "create", "link", "ignore", "snooze", "wake", "reopen", "not this", "undo", "undo", "undo a run", "undo a run",
    "sync", "sync", "sync",
    "rename", "contact", "leave", "come back", "settings", "settings", "release", "release", "reject", "work", "work",
    "connect", "import companies", "import people", "demote", "promote", "deactivate", "reactivate",
)  # fmt: skip
_STEP = st.tuples(st.sampled_from(_WHAT), st.integers(1, 4), st.integers(0, 4))
_THOROUGH = "TENANTRY_EXAMPLES" in os.environ


@pytest.mark.timeout(600)
@settings(
    max_examples=int(os.environ.get("TENANTRY_EXAMPLES", "10")), deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=list(Phase) if _THOROUGH else [Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(plays=st.lists(_STEP, min_size=8, max_size=24))
def test_no_order_of_decisions_syncs_imports_and_settings_doubles_or_loses_what_must_not_be(
    plays: list[tuple[str, int, int]], database: str, clock: Clock
) -> None:
    world = World()
    world.add(1, 2)
    connection = make_connection(f"Partner {uuid.uuid4()}", clock)
    pk, sync = make_marketplace("Northwind", clock, connection), Sync(connection, world, clock)
    life = Life(Desk(pk, clock, sync), Play(sync, world, pk, clock), world)
    sync.run(pk)
    life.desk.allow_links()
    life.desk.company("Customer 1", domains=("customer1.example",))
    world.add(3, 4)
    for what, number, pick in plays:
        life.step(what, number, pick)
        life.check()
