"""Why is it like this, for people of real directories: what the page, the API and the terminal say. Nothing changes."""

import json

from tests.commands import tenantry
from tests.sync.people.stage import PeopleStage
from tests.sync.people.test_releasing_removals import gone, rows_of
from tests.sync.stage import MANAGER

from tenantry.core.explaining import Rule
from tenantry.marketplace.people.pinning import pin_membership
from tenantry.sync.models import Change, DirectoryUser, PersonStanding, UserLink
from tenantry.sync.people.explaining import explain_directory_person, people_named
from tenantry.sync.people.linking import unlink_person


def explained(stage: PeopleStage, person_id: int) -> dict[str, Rule]:
    with stage.scope():
        found = explain_directory_person(person_id)
        assert found is not None
        return {rule.asks: rule for rule in found.rules}


def test_every_rule_is_told_for_whoever_follows_is_pinned_unlinked_or_new(stage: PeopleStage) -> None:
    stage.add(1)
    stage.settle(no_disabled=True, domains=[stage.emulator.microsoft.people.staff.domain(1)])
    stage.run()
    link = stage.link(1, 1)
    rules = explained(stage, link.person_id)
    assert rules["Is User Sync on for this provider?"].answer.startswith("Yes")
    assert rules["Is the person in the scope?"].parts[-1] == "Only these domains: lets them through."
    assert rules["What would the next sync do?"].answer == "Nothing: it is as the rules want it."
    assert rules["Does the rule invite them?"].answer == "No: a person invites."
    with stage.scope():
        pin_membership(membership_id=link.membership_id, reason="Stays.", actor=MANAGER, now=stage.clock())
    assert "Pinned: yes." in explained(stage, link.person_id)[
        "Does anything keep the sync from changing this user?"
    ].parts  # fmt: skip
    with stage.scope():
        unlink_person(link_id=link.pk, actor=MANAGER, now=stage.clock())
    assert explained(stage, link.person_id)["Is the person linked to a user here?"].answer.startswith("No, and no rule")
    with stage.scope():
        standings, changes, links = PersonStanding.objects.count(), Change.objects.count(), UserLink.objects.count()
        address = DirectoryUser.objects.get(external_id=stage.user_id(1, 2)).user_name or ""
    told = tenantry("why", address, "--json")
    with stage.scope():
        assert (standings, changes, links) == (
            PersonStanding.objects.count(), Change.objects.count(), UserLink.objects.count(),
        )  # fmt: skip
    [row] = json.loads(told.out)["people"]
    assert (row["marketplace"], row["where"], len(row["rules"]) >= 8) == ("Northwind", "in", True)
    assert "1. Is User Sync on for this provider?" in tenantry("why", row["person_id"], "--person").out
    nobody = tenantry("why", "nobody@nowhere.example")
    assert (nobody.code, "No directory of a linked company here" in nobody.err) == (1, True)


def test_a_held_removal_says_which_brake_keeps_it(stage: PeopleStage) -> None:
    hold = gone(stage, 3)
    person_id = rows_of(stage)[0].change.person_id or 0
    rules = explained(stage, person_id)
    assert rules["What would the next sync do?"].answer == "It would deactivate their place."
    brake = rules["Does a brake hold it?"]
    assert (brake.given, brake.answer) == (hold.reason, "Yes: it waits on the page Held for a release.")
    with stage.scope():
        assert people_named("nobody@nowhere.example") == []
