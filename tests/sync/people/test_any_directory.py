"""Whatever happens in directories, and wherever runs are cut off: everybody stays who they are, and whose they are."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.conftest import NOW
from tests.connections.directory_stage import close_kept
from tests.plays import play
from tests.sync.people.stage import make_stage
from tests.sync.stage import MANAGER, execute, rows

from tenantry.connections.models import Connection
from tenantry.emulator.server import Emulator
from tenantry.emulator.staff import Someone, is_present
from tenantry.emulator.staff_moves import StaffMoves
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people.bringing import bring_person
from tenantry.sync.models import DirectoryUser, UserLink

FIRST, SECOND = 1, 3
"""The emulated companies. Both have a Microsoft directory, the first one at Google, too."""
WHERE = st.sampled_from([FIRST, SECOND])
NUMBER = st.integers(0, 5)
MAILBOX = st.sampled_from(["office", "ada.lind", "bo.ek", "support"])
_OUTSIDE = """
select m.id, m.role, m.state, m.profile_first_name, m.profile_last_name, m.company_id, u.email, u.first_name,
    u.last_name, u.id
from marketplace_membership m join marketplace_user u on u.id = m.user_id
where not m.company_id = any(%s) order by m.id
"""


class AnyDirectory(RuleBasedStateMachine):
    """Moves of people and runs, in any order. ``url`` is the database's owner, ``emulator`` serves one play."""

    url: str
    home: Any

    @initialize(deactivates=st.booleans())
    def begin(self, *, deactivates: bool) -> None:
        execute(self.url, "truncate marketplace_marketplace, connections_connection, sync_tenant, audit_event cascade")
        execute(self.url, "truncate connections_callline")
        self.emulator = Emulator(
            customers=6, google_customers=6, limit=0, google_quota=0, people=6, seed=5, home=self.home
        ).__enter__()
        self.stage = make_stage(self.emulator, NOW)
        for provider, precedence in (("microsoft", 0), ("google", 1)):
            self.stage.settle(
                provider, leavers="deactivate" if deactivates else "report_only", precedence=precedence,
                no_disabled=True,
            )  # fmt: skip
        companies = [self.stage.add(FIRST), self.stage.add(SECOND)]
        self.stage.add(FIRST, google=True, company=companies[0])
        self._strangers()
        self.companies = companies
        self.outside = self._outside()
        self.chiefs = {one.pk: self._face(one) for company in companies for one in self.stage.members(company)}
        self.places: dict[int, int] = {}
        self.addresses: dict[int, set[str]] = {}

    def _strangers(self) -> None:
        """A company without a directory, whose people have addresses like those of the directories."""
        stage, domain = self.stage, self.emulator.microsoft.people.staff.domain(FIRST)
        with stage.scope():
            row = create_company(
                draft=CompanyDraft("Elsewhere", "DE"), origin=CompanyOrigin.BY_HAND, actor=MANAGER, now=stage.clock()
            )
            for mailbox in ("office", "bo.ek"):
                bring_person(
                    company_id=row.pk, email=f"{mailbox}@{domain}", first_name="Stella", last_name="Strange", phone="",
                    language="", role=MembershipRole.USER, origin=CompanyOrigin.BY_HAND, actor=MANAGER,
                    now=stage.clock(),
                )  # fmt: skip

    # What happens to people.

    @rule(company=WHERE, mailbox=MAILBOX)
    def hire(self, company: int, mailbox: str) -> None:
        if mailbox not in self._mailboxes(company):
            self._moves().join(company, given="Nora", family="Neu", mailbox=mailbox)

    @rule(company=WHERE, number=NUMBER, family=st.sampled_from(["Alt", "Neu", "Øst"]))
    def rename(self, company: int, number: int, family: str) -> None:
        self._moves().rename(company, number, family=family)

    @rule(company=WHERE, number=NUMBER, mailbox=MAILBOX)
    def readdress(self, company: int, number: int, mailbox: str) -> None:
        if self._is_there(company, number) and mailbox not in self._mailboxes(company):
            self._moves().readdress(company, number, mailbox)

    @rule(company=WHERE, number=NUMBER, suspended=st.booleans())
    def suspend(self, company: int, number: int, *, suspended: bool) -> None:
        move = self._moves().suspend if suspended else self._moves().resume
        move(company, number)

    @rule(company=WHERE, number=NUMBER, google=st.booleans(), purged=st.booleans())
    def leave(self, company: int, number: int, *, google: bool, purged: bool) -> None:
        moves, google = self._moves(google=google and company == FIRST), google and company == FIRST
        staff = self._staff(google=google)
        if is_present(staff.someone(company, number)):
            moves.delete(company, number)
            if purged:
                staff.change(company, number, purged=True)

    @rule(company=WHERE, number=NUMBER, google=st.booleans())
    def come_back(self, company: int, number: int, *, google: bool) -> None:
        google = google and company == FIRST
        one = self._staff(google=google).someone(company, number)
        if one.deleted_at is not None and not one.purged:
            self._moves(google=google).restore(company, number)

    @rule(company=WHERE, readable=st.booleans())
    def close(self, company: int, *, readable: bool) -> None:
        self.stage.tenant(company, readable=readable)

    @rule(which=st.integers(0, 5))
    def hand_over(self, which: int) -> None:
        """The only administrator of the first company becomes a user, and somebody whom the sync brought follows."""
        with self.stage.scope():
            here = Membership.objects.filter(company_id=self.companies[0], origin="sync", state="active").order_by("pk")
            heir = here[which : which + 1].first()
            if heir is not None:
                Membership.objects.filter(company_id=self.companies[0]).update(role="user")
                Membership.objects.filter(pk=heir.pk).update(role="administrator")
                self.chiefs = {key: face for key, face in self.chiefs.items() if face[0] != self.companies[0]}

    # What the sync does.

    @rule(google=st.booleans(), hours=st.sampled_from([1, 25]))
    def run(self, *, google: bool, hours: int) -> None:
        self.stage.clock.pass_time(hours=hours)
        run = self.stage.run(connection=self._connection(google=google))
        assert (run.state, run.suspect) == ("done", "")
        self._check()

    @rule(google=st.booleans(), looks=st.integers(0, 9))
    def run_that_is_cut_off(self, *, google: bool, looks: int) -> None:
        self.stage.request(connection=self._connection(google=google))
        count = iter(range(10_000))
        self.stage.drive(connection=self._connection(google=google), stop=lambda: next(count) >= looks)
        self._check()

    # What always holds.

    def _check(self) -> None:
        assert self._outside() == self.outside, "nobody outside the companies is changed"
        with self.stage.scope():
            links = list(UserLink.objects.select_related("membership", "person", "tenant"))
            people = list(DirectoryUser.objects.all())
            admins = Membership.objects.filter(role="administrator", state="active")
            assert set(admins.values_list("company_id", flat=True)) >= set(self.companies), "an administrator stays"
            for key, face in self.chiefs.items():
                assert self._face(Membership.objects.select_related("user").get(pk=key)) == face
        self._check_people(people)
        self._check_links(links)

    def _check_people(self, people: list[DirectoryUser]) -> None:
        assert len({(one.tenant_id, one.external_id) for one in people}) == len(people), "nobody is doubled"
        sizes = self._staff().size(FIRST) + self._staff().size(SECOND) + self._staff(google=True).size(FIRST)
        assert len(people) <= sizes, "nobody is invented"
        for one in people:
            seen = self.addresses.setdefault(one.pk, set())
            seen |= {one.email or "", one.user_name or "", *(one.aliases or ())} - {""}

    def _check_links(self, links: list[UserLink]) -> None:
        living: dict[int, list[UserLink]] = {}
        for link in links:
            assert self.places.setdefault(link.person_id, link.membership_id) == link.membership_id, "a place for ever"
            company = self.companies[0 if link.tenant.provider == "google" else self._place_of(link)]
            assert link.membership.company_id == company, "only within the company"
            if link.ended_at is None:
                living.setdefault(link.membership_id, []).append(link)
        for several in living.values():
            assert len({link.tenant_id for link in several}) == len(several), "two colleagues are never one"
            assert len(several) == 1 or set.intersection(*(self.addresses[link.person_id] for link in several))

    def _place_of(self, link: UserLink) -> int:
        return 0 if link.tenant.external_id == self.emulator.world.tenant_id(FIRST) else 1

    def _outside(self) -> list[tuple[Any, ...]]:
        companies = getattr(self, "companies", [*self.stage.companies.values()])
        return rows(self.url, _OUTSIDE, companies)

    @staticmethod
    def _face(one: Membership) -> tuple[Any, ...]:
        return one.company_id, one.state, one.role, one.profile_first_name, one.user.email, one.user.name

    def _is_there(self, company: int, number: int) -> bool:
        return is_present(self._staff().someone(company, number))

    def _mailboxes(self, company: int) -> set[str]:
        present: list[Someone] = [one for one in self._staff().everybody(company) if is_present(one)]
        return {box for one in present for box in (one.mailbox, *one.former)}

    def _staff(self, *, google: bool = False) -> Any:
        return self.emulator.google.world.staff if google else self.emulator.microsoft.people.staff

    def _moves(self, *, google: bool = False) -> StaffMoves:
        return self.emulator.google.people if google else self.emulator.microsoft.moves

    def _connection(self, *, google: bool) -> Connection:
        found = self.stage.google if google else self.stage.microsoft
        assert found is not None
        return found

    def teardown(self) -> None:
        close_kept()
        if hasattr(self, "emulator"):
            self.emulator.__exit__(None, None, None)


@pytest.mark.timeout(3_600)
def test_after_any_moves_everybody_is_who_they_were_and_whose_they_were(owner_url: str, emulator_home: Any) -> None:
    """A few plays, others each time. TENANTRY_EXAMPLES=200 plays many, and takes minutes to shorten one that fails."""

    class Here(AnyDirectory):
        url = owner_url
        home = emulator_home

    play(Here, plays=2, steps=12)
