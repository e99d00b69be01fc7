"""Decisions on one pending company, and taking them back."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from tests.sync.deciding_stage import ALEX, Desk
from tests.sync.stage import Clock, Sync, make_marketplace, rows
from tests.sync.world import World

from tenantry.connections.models import Connection
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, CompanyDomain, CompanyTenantId, Membership
from tenantry.sync.deciding.drafts import draft_of
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import wake_snoozed
from tenantry.sync.deciding.undoing import explain_undo
from tenantry.sync.models import CompanySyncSettings, Decision, PendingCompany


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    """Three tenants wait; linking is allowed."""
    world.add(1, 2, 3)
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.allow_links()
    return desk


def test_creating_makes_a_company_its_administrator_and_the_link_together(desk: Desk) -> None:
    decided = desk.create(1)
    pending = desk.pending(1)
    assert (pending.state, pending.company_id, pending.decided_by_name) == (
        "created",
        decided.company_id,
        "Kim Manager",
    )
    with marketplace_scope(desk.marketplace_id):
        company = Company.objects.get(pk=decided.company_id or 0)
        assert (company.name, company.origin, company.contact_email) == (
            "Customer 1 Ltd",
            "sync",
            "ada1@customer1.example",
        )
        assert [row.domain for row in CompanyDomain.objects.filter(company=company)] == ["customer1.example"]
        assert [row.external_id for row in CompanyTenantId.objects.filter(company=company)] == [World.id_of(1)]
        membership = Membership.objects.select_related("user").get(company=company)
        assert (membership.role, membership.user.name) == ("administrator", "Ada Number1")
    assert [(link.company_id, link.decision_id) for link in desk.links()] == [(decided.company_id, decided.decision_id)]


def test_a_form_that_is_sent_again_doubles_nothing_and_names_who_decided_what(desk: Desk) -> None:
    desk.create(1)
    with pytest.raises(AlreadyDecided) as told:
        desk.create(1, actor=ALEX)
    assert (told.value.who, told.value.when) == ("Kim Manager", desk.clock())
    assert "became the company Customer 1 Ltd" in told.value.what
    with marketplace_scope(desk.marketplace_id):
        assert Company.objects.count() == 1
        assert Decision.objects.count() == 1


def test_a_stale_page_decides_nothing(desk: Desk) -> None:
    seen = desk.pending(1).version
    desk.undo(desk.ignore(1).decision_id)
    with pytest.raises(AlreadyDecided, match="taken back"):
        desk.create(1, seen_version=seen)


def test_two_people_at_once_make_one_decision(desk: Desk) -> None:
    company_id = desk.company("Customer 1")
    start = threading.Barrier(2)
    said: list[object] = []

    def decide(number: int) -> None:
        start.wait()
        try:
            said.append(desk.create(1) if number else desk.link(1, company_id, actor=ALEX))
        except AlreadyDecided as told:
            said.append(told)
        finally:
            connections.close_all()

    people = [threading.Thread(target=decide, args=(number,)) for number in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(isinstance(each, AlreadyDecided) for each in said) == [False, True]
    assert len(desk.links()) == 1


def test_a_company_without_a_first_person_is_not_created(desk: Desk, world: World, sync: Sync) -> None:
    world.add(4, contact=Contact())
    sync.run(desk.marketplace_id)
    with pytest.raises(DecisionRefused) as refused:
        desk.create(4)
    assert list(refused.value.errors) == ["contact_email"]
    assert desk.pending(4).state == "pending"


@pytest.mark.parametrize(
    ("off", "word"),
    [("company_sync", "Company Sync"), ("link_company", "operator"), ("create_automatically", "automatically")],
)
def test_linking_is_refused_with_the_reason(desk: Desk, off: str, word: str, owner_url: str) -> None:
    company_id = desk.company("Customer 1")
    with marketplace_scope(desk.marketplace_id):
        if off == "create_automatically":
            CompanySyncSettings.objects.update(create_automatically=True)
        elif off == "company_sync":
            CompanySyncSettings.objects.update(company_sync=False)
    if off == "link_company":
        rows(owner_url, "update sync_entitlement set link_company = false returning 1")
    with pytest.raises(DecisionRefused, match=word):
        desk.link(1, company_id)
    assert desk.pending(1).state == "pending"
    assert desk.create(2).company_id


def test_linking_creates_and_renames_nothing_unless_asked_to_fill_blanks(desk: Desk) -> None:
    company_id = desk.company("Kunde Eins", country="")
    desk.link(1, company_id)
    with marketplace_scope(desk.marketplace_id):
        company = Company.objects.get(pk=company_id)
        assert (company.name, company.country, company.contact_email) == ("Kunde Eins", "", "")
        assert not Membership.objects.exists()
    decided = desk.link(2, company_id, fill_blanks=True, add_contact=True)
    with marketplace_scope(desk.marketplace_id):
        company = Company.objects.get(pk=company_id)
        assert (company.name, company.country, company.contact_email) == ("Kunde Eins", "DE", "ada2@customer2.example")
        assert Membership.objects.get(company=company).role == "administrator"
    desk.undo(decided.decision_id)
    with marketplace_scope(desk.marketplace_id):
        assert Company.objects.get(pk=company_id).country == ""
    assert desk.pending(2).state == "pending"
    assert desk.pending(2).by_hand


def test_what_another_marketplace_has_does_not_exist(desk: Desk, connection: Connection, clock: Clock) -> None:
    elsewhere = Desk(make_marketplace("Contoso", clock, connection), clock, desk.sync)
    theirs = elsewhere.company("Customer 1")
    with pytest.raises(Company.DoesNotExist):
        desk.link(1, theirs)
    pending_id = desk.pending(1).pk
    with marketplace_scope(elsewhere.marketplace_id):
        assert not PendingCompany.objects.filter(pk=pending_id).exists()
    with pytest.raises(Decision.DoesNotExist):
        elsewhere.undo(desk.ignore(2).decision_id)


def test_an_undone_creation_leaves_nothing_behind_and_waits_for_a_person(desk: Desk) -> None:
    decided = desk.create(1)
    undone = desk.undo(decided.decision_id)
    pending = desk.pending(1)
    assert (pending.state, pending.by_hand, pending.company, pending.decided_at) == ("pending", True, None, None)
    assert desk.links() == []
    with marketplace_scope(desk.marketplace_id):
        assert not Company.objects.exists()
        assert Decision.objects.get(pk=decided.decision_id).undone_by_id == undone.decision_id
    with pytest.raises(AlreadyDecided):
        desk.undo(decided.decision_id)
    with pytest.raises(DecisionRefused, match="put this tenant aside"):
        desk.create(1, by_rule=True)
    assert desk.create(1).company_id


def test_a_company_that_somebody_entered_is_not_un_created_and_that_is_said_beforehand(desk: Desk) -> None:
    decided = desk.create(1)
    with marketplace_scope(desk.marketplace_id):
        Membership.objects.update(accepted_at=desk.clock())
        decision = Decision.objects.get(pk=decided.decision_id)
        effect = explain_undo(decision, actor=ALEX, may_undo_any=True, now=desk.clock())
    assert not effect.possible
    assert "Disable it instead" in effect.refusal
    with pytest.raises(DecisionRefused, match="Disable"):
        desk.undo(decided.decision_id)
    assert len(desk.links()) == 1


def test_support_takes_back_its_own_decisions_only_and_nobody_old_ones(desk: Desk) -> None:
    managers, own = desk.ignore(1), desk.ignore(2, actor=ALEX)
    with pytest.raises(DecisionRefused, match="Kim Manager decided this"):
        desk.undo(managers.decision_id, actor=ALEX, any_of=False)
    desk.undo(own.decision_id, actor=ALEX, any_of=False)
    desk.clock.now += timedelta(days=30, seconds=1)
    with pytest.raises(DecisionRefused, match="30 days"):
        desk.undo(managers.decision_id)


def test_only_the_last_decision_is_taken_back(desk: Desk) -> None:
    ignored = desk.ignore(1)
    reopened = desk.reopen(1)
    with pytest.raises(DecisionRefused, match="after this"):
        desk.undo(ignored.decision_id)
    desk.undo(reopened.decision_id)
    assert desk.pending(1).state == "ignored"
    desk.undo(ignored.decision_id)
    assert desk.pending(1).state == "pending"


def test_what_is_snoozed_comes_back_on_its_day_by_itself(desk: Desk) -> None:
    desk.snooze(1, days=2)
    desk.snooze(2, days=4)
    desk.clock.now += timedelta(days=3)
    assert wake_snoozed(marketplace_id=desk.marketplace_id, now=desk.clock()) == 1
    assert wake_snoozed(marketplace_id=desk.marketplace_id, now=desk.clock()) == 0
    assert [desk.pending(number).state for number in (1, 2)] == ["pending", "snoozed"]


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_day_that_makes_no_sense_is_refused(desk: Desk, days: int) -> None:
    with pytest.raises(DecisionRefused, match="within a year"):
        desk.snooze(1, days=days)


def test_ignoring_needs_a_reason_of_the_list(desk: Desk) -> None:
    wrong: list[dict[str, Any]] = [
        {"reason_key": "because"},
        {"reason_key": "other"},
        {"reason_key": "other", "reason": "x" * 501},
    ]
    for how in wrong:
        with pytest.raises(DecisionRefused):
            desk.ignore(1, **how)
    desk.ignore(1, reason_key="other", reason="Merged \x00 with\u202e <b>us</b> \U0001f600")
    with marketplace_scope(desk.marketplace_id):
        assert Decision.objects.get().reason.endswith("\U0001f600")


def test_the_sync_goes_on_with_what_was_decided(desk: Desk, sync: Sync, world: World) -> None:
    created = desk.create(1)
    desk.ignore(2)
    world.rename(1, "Renamed Ltd")
    world.rename(2, "Renamed too Ltd")
    sync.run(desk.marketplace_id)
    assert [desk.pending(number).state for number in (1, 2, 3)] == ["created", "ignored", "pending"]
    assert desk.pending(2).name == "Renamed too Ltd"
    desk.undo(created.decision_id)
    sync.run(desk.marketplace_id)
    pending = desk.pending(1)
    assert (pending.state, pending.name) == ("pending", "Renamed Ltd")
    with marketplace_scope(desk.marketplace_id):
        assert draft_of(pending).name == "Renamed Ltd"
