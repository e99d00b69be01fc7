"""What can be taken back, and why not: for any facts, either a refusal or what it does, never both."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import NOW

from tenantry.core.planning.companies import ChangeKind
from tenantry.core.planning.linked import FIELDS, LinkedKind, digest_of_value
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.undoing import (
    FOLLOWS_PROVIDER,
    UNDO_FOR,
    ChangeFacts,
    DecisionFacts,
    Effect,
    ValuesFacts,
    judge_decision,
    judge_values,
    kept_away,
    restorable,
    why_not,
)
from tenantry.core.undoing_people import PlaceFacts, judge_arrival, judge_invitation, judge_linking, judge_return

KINDS = st.sampled_from(["create", "link", "ignore", "snooze", "reopen", "not_this_company", "undo"])
FACTS = st.builds(
    DecisionFacts,
    kind=KINDS,
    actor_name=st.just("Kim"),
    decided_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=NOW.tzinfo)),  # noqa: DTZ001  # given the zone there
    undone_by=st.sampled_from(["", "Alex"]),
    own=st.booleans(),
    standing=st.booleans(),
    former=st.sampled_from(["pending", "held", "ignored", "snoozed", ""]),
    company=st.just("Contoso"),
    company_there=st.booleans(),
    in_use=st.lists(st.just("somebody edited it"), max_size=2),
    filled=st.lists(st.sampled_from(sorted(FIELDS)), max_size=2),
    contact_added=st.booleans(),
    invitation=st.sampled_from(["", "eva@contoso.example"]),
    invitation_left=st.booleans(),
)
VALUES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.one_of(st.none(), st.text(max_size=3)))


def _makes_sense(effect: Effect) -> None:
    assert effect.possible == bool(effect.does)
    for sentence in (*effect.does, *effect.stays, *([effect.refusal] if effect.refusal else [])):
        assert sentence.endswith(".")


@given(facts=FACTS)
def test_a_decision_is_refused_for_a_reason_or_says_what_it_does(facts: DecisionFacts) -> None:
    effect = judge_decision(facts, now=NOW)
    _makes_sense(effect)
    shut = facts.undone_by or facts.kind == "undo" or not facts.own or NOW - facts.decided_at > UNDO_FOR
    later = not facts.standing and facts.kind != "not_this_company"
    used = facts.kind == "create" and facts.company_there and facts.in_use
    assert effect.possible == (not (shut or later or used))
    left = facts.kind == "create" and facts.company_there and facts.invitation and facts.invitation_left
    assert (not effect.possible) or (("can't be unsent" in " ".join(effect.stays)) == bool(left))


@given(
    before=VALUES, after=VALUES, current=st.one_of(st.none(), VALUES), linked=st.booleans(),
    bound=st.sets(st.sampled_from(sorted(FIELDS)), max_size=2),
)  # fmt: skip
def test_only_values_that_nobody_changed_since_go_back_to_what_they_were(
    before: dict[str, str | None],
    after: dict[str, str | None],
    current: dict[str, str | None] | None,
    linked: bool,  # noqa: FBT001  # a drawn value
    bound: set[str],
) -> None:
    facts = ValuesFacts("Contoso", before, after, current, linked, bound)
    restored = restorable(facts)
    for name, value in restored.items():
        assert current is not None
        assert (current.get(name), value) == (after[name], before.get(name))
        assert name not in bound
    effect = judge_values(facts)
    _makes_sense(effect)
    assert effect.possible == bool(restored)
    assert bool(effect.stays) == (0 < len(restored) < len(after))


def test_what_follows_the_provider_or_was_not_made_or_is_old_or_an_undo_itself_has_its_reason() -> None:
    made = ChangeFacts("company.create", "applied", NOW)
    assert why_not(made, now=NOW + UNDO_FOR) == ""
    reasons = {
        why_not(made, now=NOW + UNDO_FOR + timedelta(seconds=1)),
        why_not(ChangeFacts("company.create", "planned", None), now=NOW),
        why_not(ChangeFacts("company.create", "applied", NOW, preview=True), now=NOW),
        why_not(ChangeFacts("company.create", "undone", NOW), now=NOW),
        why_not(ChangeFacts("undo.company.create", "applied", NOW, undoing=True), now=NOW),
    }
    assert (len(reasons), all(reasons)) == (4, True)
    follows = {kind.value for kind in ChangeKind if kind is not ChangeKind.CREATE} | {
        LinkedKind.ENDED.value, LinkedKind.RETURNED.value,
    }  # fmt: skip
    follows |= {UserChangeKind.UNLINK.value, UserChangeKind.REPORT_LEFT.value}
    assert set(FOLLOWS_PROVIDER) == follows
    assert all(why_not(ChangeFacts(kind, "applied", NOW), now=NOW) for kind in follows)


PLACES = st.builds(
    PlaceFacts, st.just("Eva"), st.just("Contoso"), there=st.booleans(), active=st.booleans(), linked=st.booleans(),
    accepted=st.booleans(), known_elsewhere=st.booleans(), edited=st.booleans(), role_changed=st.booleans(),
    last_administrator=st.booleans(), invitation=st.sampled_from(["", "eva@contoso.example"]),
    letter_left=st.booleans(),
)  # fmt: skip


@given(facts=PLACES)
def test_what_the_sync_did_to_a_place_is_taken_back_only_while_nobody_touched_it_and_a_sent_letter_is_told(
    facts: PlaceFacts,
) -> None:
    untouched = not (facts.accepted or facts.known_elsewhere or facts.edited or facts.role_changed)
    stands = facts.there and facts.active and facts.linked and not facts.last_administrator
    expected = {
        judge_arrival: stands and untouched,
        judge_return: stands,
        judge_linking: facts.there and facts.linked,
        judge_invitation: facts.there and not facts.accepted and bool(facts.invitation),
    }
    for judge, possible in expected.items():
        effect = judge(facts)
        _makes_sense(effect)
        assert effect.possible == possible
        letter = possible and bool(facts.invitation) and facts.letter_left and judge is not judge_linking
        assert ("can't be unsent" in " ".join(effect.stays)) == letter


def test_taking_back_an_older_value_keeps_the_newer_one_away_that_was_taken_back_before() -> None:
    first = kept_away({"name": "newer"}, {}, {"name": "newer"})
    assert first == {"name": digest_of_value("newer")}
    assert kept_away({"name": "older"}, first, {"name": "newer"}) == first
    assert kept_away({"name": "older"}, first, {"name": "newest"}) == {"name": digest_of_value("older")}
