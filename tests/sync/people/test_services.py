"""What pages ask and do: counts of settings that are tried out, lists, links by hand, one person now, two providers."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import MANAGER

from tenantry.core.planning.users.reasons import Reason
from tenantry.core.planning.users.scope import Rule
from tenantry.core.user_settings import ScopeRules
from tenantry.emulator.microsoft.people import SKUS
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import Membership
from tenantry.marketplace.people.pinning import pin_membership, unpin_membership
from tenantry.sync.models import DirectoryUser, PersonStanding, UserLink
from tenantry.sync.people.linking import LinkRefused, link_person, unlink_person
from tenantry.sync.people.one_person import sync_person
from tenantry.sync.people.queries import (
    counts_of_company,
    find_person,
    list_pending_users,
    list_people,
    provenance_of,
    readings_of_company,
)
from tenantry.sync.people.scope_counts import count_scope
from tenantry.sync.requests import SyncRefused


def test_settings_that_are_tried_out_are_counted_with_reasons_and_samples(stage: PeopleStage) -> None:
    moves, staff = stage.emulator.microsoft.moves, stage.emulator.microsoft.people.staff
    stage.add(1)
    stage.add(3)
    moves.suspend(1, 2)
    moves.set_licensed(1, 3, licensed=False)
    staff.join(1, kind="guest", home="visitor@elsewhere.example", given="Gus", family="Guest")
    stage.run()
    with stage.scope():
        everybody = count_scope("microsoft", ScopeRules())
        assert (everybody.inside, everybody.outside, everybody.unread, everybody.stale) == (13, 0, 0, 0)
        with CaptureQueriesContext(
            database,
        ) as asked:
            found = count_scope("microsoft", ScopeRules(no_disabled=True, no_guests=True, licensed_only=True))
        assert len(asked) == 4
        licences = {each.word for sample in found.inside_samples for each in sample.licences}
        assert licences
        assert licences <= {part for part, _ in SKUS}
        by_reason = {each.reason: each for each in found.reasons}
        assert found.inside + found.outside == 13
        assert by_reason[Reason.DISABLED].count >= 1
        assert any(sample.name == "Gus Guest" for sample in by_reason[Reason.GUEST].samples)
        domain = staff.domain(3)
        assert count_scope("microsoft", ScopeRules(domains=(domain,))).inside == 6
        assert set(found.unanswerable) == {Rule.ORG_UNITS}
        assert count_scope("google", ScopeRules()).inside == 0


def test_people_are_listed_with_reasons_and_who_came_in_waits_to_be_invited(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.settle(no_disabled=True)
    stage.emulator.microsoft.moves.suspend(1, 2)
    stage.run()
    with stage.scope():
        skipped = list_people({"company": str(company), "verdict": "out"})
        assert [row.standing.person.external_id for row in skipped.rows] == [stage.user_id(1, 2)]
        assert skipped.rows[0].reason.startswith("Can't sign in")
        with CaptureQueriesContext(database) as asked:
            assert list_people({"provider": "microsoft"}).count.count == 6
        assert len(asked) == 3
        person = find_person(PersonStanding.objects.filter(verdict="in").first().person_id)  # type: ignore[union-attr]
        assert person is not None
        assert person.link is not None
        pending = list_pending_users(company_id=company, invited=False)
        assert {row.standing for row in pending.rows} == {"not invited"}
        place = next(row for row in pending.rows if row.link.user.email)
        invite(membership_id=place.link.membership_id, actor=MANAGER, now=stage.clock())
        assert [row.link.pk for row in list_pending_users(invited=True).rows] == [place.link.pk]
        counts = counts_of_company(company, "microsoft")
        assert (counts.assigned, counts.synced, counts.pending) == (5, 5, 5)
        [reading] = readings_of_company(company)
        assert (reading.api, reading.users_at is not None) == ("graph", True)
        fields = {each.field: each for each in provenance_of(place.link.membership)}
        assert fields["email"].said[0].value == place.link.user.email
        assert fields["email"].said[0].as_of == reading.users_at


def test_one_person_is_synced_now_step_by_step(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    person = DirectoryUser.objects.get(external_id=stage.user_id(1, 4))
    stage.emulator.microsoft.moves.rename(1, 4, family="Umbenannt")
    done = sync_person(marketplace_id=stage.marketplace_id, person_id=person.pk, actor=MANAGER, now=stage.clock())
    assert [step.what for step in done.steps] == [
        "Chose how to ask", "Asked the provider", "Stored what was read", "Planned", "Updated",
    ]  # fmt: skip
    assert stage.member(1, 4).profile_last_name == "Umbenannt"
    stage.emulator.microsoft.moves.delete(1, 4)
    done = sync_person(marketplace_id=stage.marketplace_id, person_id=person.pk, actor=MANAGER, now=stage.clock())
    assert done.steps[-1].what == "Deactivated"
    stage.tenant(1, readable=False)
    done = sync_person(marketplace_id=stage.marketplace_id, person_id=person.pk, actor=MANAGER, now=stage.clock())
    assert not done.steps[-1].well
    stage.settle(user_sync=False)
    with pytest.raises(SyncRefused, match="User Sync is off"):
        sync_person(marketplace_id=stage.marketplace_id, person_id=person.pk, actor=MANAGER, now=stage.clock())


def test_people_link_unlink_and_pin_by_hand_and_the_sync_respects_it(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.run()
    place, person = stage.member(1, 4), stage.link(1, 4).person
    with stage.scope():
        pin_membership(membership_id=place.pk, reason="Our contact", actor=MANAGER, now=stage.clock())
        assert not pin_membership(membership_id=place.pk, reason="", actor=MANAGER, now=stage.clock())
    stage.emulator.microsoft.moves.delete(1, 4)
    assert stage.changes(stage.next_day()) == {}
    assert stage.standing(person.external_id) == ("skipped", "pinned_leaver")
    stage.emulator.microsoft.moves.restore(1, 4)
    with stage.scope():
        assert unpin_membership(membership_id=place.pk, actor=MANAGER, now=stage.clock())
        assert unlink_person(link_id=stage.link(1, 4).pk, actor=MANAGER, now=stage.clock())
    assert "join applied" not in stage.changes(stage.next_day())
    assert stage.standing(person.external_id) == ("skipped", "unlinked_by_hand")
    with stage.scope():
        chief = Membership.objects.get(company_id=company, role="administrator")
        link = link_person(person_id=person.pk, membership_id=chief.pk, actor=MANAGER, now=stage.clock())
        assert link_person(person_id=person.pk, membership_id=chief.pk, actor=MANAGER, now=stage.clock()).pk == link.pk
        other = stage.link(1, 5).person
        with pytest.raises(LinkRefused, match="somebody else"):
            link_person(person_id=other.pk, membership_id=chief.pk, actor=MANAGER, now=stage.clock())
    stage.emulator.microsoft.moves.rename(1, 4, family="Linked")
    stage.next_day()
    with stage.scope():
        chief.refresh_from_db()
        assert chief.profile_last_name == "Linked"
    stage.emulator.microsoft.moves.delete(1, 4)
    stage.next_day()
    with stage.scope():
        chief.refresh_from_db()
        assert chief.state == "active", "whom the sync did not bring is never deactivated"


def test_the_same_person_at_both_providers_stays_until_both_lose_them(stage: PeopleStage) -> None:
    stage.settle("google", leavers="deactivate", precedence=1)
    company = stage.add(1)
    stage.run()
    stage.add(1, google=True, company=company)
    stage.run(connection=stage.google)
    with stage.scope():
        links = UserLink.objects.filter(ended_at=None)
        shared = [
            link for link in links.select_related("tenant", "person")
            if link.tenant.provider == "google" and links.filter(membership_id=link.membership_id).count() == 2
        ]  # fmt: skip
        assert shared, "two of five stand at both"
        google_person = shared[0].person
        place = Membership.objects.get(pk=shared[0].membership_id)
        microsoft_link = links.get(membership=place, tenant__provider="microsoft")
        email = microsoft_link.person.email
    assert google_person.email == email
    known = stage.emulator.microsoft.people
    number = next(n for n in range(6) if known.user_id(stage.someone(1, n)) == microsoft_link.person.external_id)
    stage.emulator.microsoft.moves.delete(1, number)
    assert stage.changes(stage.next_day()) == {"unlink applied": 1}
    assert stage.changes(stage.next_day(connection=stage.google)) == {}
    with stage.scope():
        place.refresh_from_db()
        assert place.state == "active"
    google = stage.emulator.google
    one = google.world.by_user_id(google_person.external_id)
    assert one is not None
    google.people.delete(1, one.number)
    assert stage.changes(stage.next_day(connection=stage.google)) == {"deactivate applied": 1}
