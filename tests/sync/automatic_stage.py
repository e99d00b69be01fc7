"""The set of automatic creation: a partner with new customers, a marketplace that creates them, its manager."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from tests.sync.stage import MANAGER, Clock, Sync, changes_of, never, pending_of, run_of
from tests.sync.world import World

from tenantry.core.company_settings import CompanySettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Invitation
from tenantry.sync.company_settings import SavedSettings, save_company_settings
from tenantry.sync.holds.applying import apply_released
from tenantry.sync.holds.kinds import HeldRow
from tenantry.sync.holds.queries import digest_of, held_rows
from tenantry.sync.holds.services import Selection, reject_rows, release_rows
from tenantry.sync.models import Change, ChangeState, Hold, PendingCompany, Run
from tenantry.sync.observe.details import Answer, next_due
from tenantry.sync.observe.keeping import keep_answers
from tenantry.sync.switches import read_company_sync

CREATING = CompanySettings(company_sync=True, create_automatically=True, sales_support=True, customer_support=True)
INVITING = replace(CREATING, invite_admins=True)


class Play:
    """One marketplace with one connection, from the manager's side."""

    def __init__(self, sync: Sync, world: World, marketplace_id: int, clock: Clock) -> None:
        self.sync, self.world, self.marketplace_id, self.clock = sync, world, marketplace_id, clock

    def save(self, wanted: CompanySettings) -> SavedSettings:
        """Save the settings, and let a minute go by."""
        with marketplace_scope(self.marketplace_id):
            version = read_company_sync().version
            saved = save_company_settings(wanted=wanted, seen_version=version, actor=MANAGER, now=self.clock())
        self.clock.pass_time(minutes=1)
        return saved

    def run(self) -> Run:
        """Take a sync to its end, all details read at once."""
        requested = self.sync.request(self.marketplace_id)
        self.sync.list_all()
        self.sync.begin()
        due = next_due(self.sync.connection.pk, limit=100_000, now=self.clock())
        answers = [Answer(each, self.world.read_tenant(each.external_id), None) for each in due]
        keep_answers(self.sync.observation().pk, answers, now=self.clock())
        self.sync.finish()
        return run_of(self.marketplace_id, requested.pk)

    def later_run(self) -> Run:
        """Take a sync to its end a day later, when details are read again."""
        self.clock.pass_time(hours=26)
        return self.run()

    def hold(self) -> Hold:
        with marketplace_scope(self.marketplace_id):
            return Hold.objects.latest("id")

    def held(self) -> list[HeldRow]:
        """The rows as the hold's page shows them."""
        with marketplace_scope(self.marketplace_id):
            return held_rows(self.hold())

    def release(self, rows: Iterable[HeldRow] | None = None, *, typed: int | None = None) -> int:
        """Release these rows as they were seen, or everything."""
        with marketplace_scope(self.marketplace_id):
            return release_rows(
                hold_id=self.hold().pk, selection=self._chosen(rows), actor=MANAGER, now=self.clock(), typed=typed
            ).released

    def reject(self, rows: Iterable[HeldRow]) -> int:
        with marketplace_scope(self.marketplace_id):
            return reject_rows(
                hold_id=self.hold().pk, selection=self._chosen(rows), actor=MANAGER, now=self.clock()
            )  # fmt: skip

    def _chosen(self, rows: Iterable[HeldRow] | None) -> Selection:
        if rows is None:
            return Selection({}, digest_of(self.held()))
        contents: dict[int, UUID] = {row.change.pk: row.content for row in rows}
        return Selection(contents)

    def work(self) -> None:
        """Do the job that a release leaves in the queue."""
        assert apply_released(marketplace_id=self.marketplace_id, clock=self.clock, should_stop=never)

    def companies(self) -> int:
        with marketplace_scope(self.marketplace_id):
            return Company.objects.count()

    def invitations(self) -> int:
        with marketplace_scope(self.marketplace_id):
            return Invitation.objects.count()

    def changes(self, state: ChangeState) -> list[Change]:
        with marketplace_scope(self.marketplace_id):
            return list(Change.objects.filter(kind="company.create", state=state).order_by("id"))

    def pending(self, number: int) -> PendingCompany:
        return pending_of(self.marketplace_id)[World.id_of(number)]

    def change_states(self, run: Run) -> list[str]:
        return [each.state for each in changes_of(self.marketplace_id, run.pk) if each.kind == "company.create"]
