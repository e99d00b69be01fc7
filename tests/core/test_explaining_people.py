"""Why is it like this, for a person: whatever the world, each rule answers as the function that decides does."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.core.people_world import EVERYBODY, Store, person

from tenantry.core.explaining import Rule as Told
from tenantry.core.explaining import Says
from tenantry.core.explaining_people import PersonStory, explain_person
from tenantry.core.planning.users.matching import match_person
from tenantry.core.planning.users.planning import PlannedUser
from tenantry.core.planning.users.reasons import Verdict, verdict_of
from tenantry.core.planning.users.scope import Rule, ScopeFacts, judge_scope, usable_rules
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.core.records import PersonKind
from tenantry.core.user_settings import Leavers, ScopeRules, UserSettings

FACTS = st.builds(
    ScopeFacts, st.sampled_from([None, *PersonKind]), st.sampled_from([None, True, False]), st.just(None),
    st.sampled_from([None, True, False]), st.sampled_from(["a.example", "b.example"]),
    st.sampled_from([None, "/sales", "/labs"]), st.booleans(),
)  # fmt: skip
SCOPES = st.builds(
    ScopeRules, st.booleans(), st.booleans(), st.booleans(), st.sampled_from([(), ("a.example",)]),
    st.sampled_from([(), ("/sales",)]),
)  # fmt: skip
UNANSWERABLE = st.sampled_from([{}, {Rule.NO_GUESTS: "The Partner Center does not tell who is a guest."}])
STANDING = st.fixed_dictionaries({"gone": st.booleans(), "missed": st.booleans(), "usable": st.booleans()})


def story_of(
    store: Store, who: DirectoryPerson, settings: UserSettings, **more: object
) -> tuple[PersonStory, PlannedUser]:
    """The story as ``sync.people.explaining`` tells it, of a world of values."""
    known = store.known([who])
    [planned] = store.plan([who], settings)
    link = known.links.get(who.person_id)
    held = known.holders.get(who.company_id, {})
    story = PersonStory(
        who, settings, on=True, planned=planned, link=link,
        place=known.memberships.get(link.membership_id) if link else None, user="Ada Lind",
        matched=match_person(who, {each: held[each] for each in who.addresses if each in held}, ()),
    )  # fmt: skip
    return replace(story, **more), planned  # type: ignore[arg-type]  # members of the story


DRAWN = st.fixed_dictionaries({
    "facts": FACTS, "scope": SCOPES, "cannot": UNANSWERABLE, "standing": STANDING, "known": st.booleans(),
    "held": st.booleans(), "leavers": st.sampled_from(list(Leavers)), "name": st.sampled_from(["Ada Lind", "Ada Berg"]),
    "place": st.fixed_dictionaries({"pinned": st.booleans(), "active": st.booleans(), "brought": st.booleans()}),
})  # fmt: skip


@given(drawn=DRAWN)
def test_each_rule_answers_as_the_function_that_decides(drawn: dict[str, Any]) -> None:
    store = Store()
    if drawn["known"]:
        store.settle([person(1, "ada@a.example")])
        [key] = store.memberships
        store.memberships[key] = replace(store.memberships[key], **drawn["place"])
    now = replace(person(1, "ada@a.example", name=drawn["name"]), facts=drawn["facts"], **drawn["standing"])
    chosen = replace(EVERYBODY, scope=drawn["scope"], leavers=drawn["leavers"])
    counted = replace(chosen, scope=usable_rules(drawn["scope"], drawn["cannot"]))
    story, planned = story_of(store, now, counted)
    story = replace(story, settings=chosen, unanswerable=drawn["cannot"], hold="Held." if drawn["held"] else "")
    rules = {rule.asks: rule for rule in explain_person(story)}
    for rule in rules.values():
        for sentence in (rule.asks, rule.given, rule.answer, *rule.parts):
            assert sentence.endswith((".", "?")), sentence
    outside = judge_scope(now.facts, counted.scope)
    assert (rules["Is the person in the scope?"].says is Says.GOES_ON) == (outside is None)
    settled = Says.GOES_ON if verdict_of(planned.reason) is Verdict.IN else Says.STOPS
    assert rules["What would the next sync do?"].says is (Says.WAITS if planned.kind else settled)
    assert (rules["Is the person in the directory?"].says is Says.STOPS) == now.gone
    assert ("Does a brake hold it?" in rules) >= drawn["held"]
    asked = "Does a user of the company have the address?" in rules
    assert asked == (story.link is None and not now.gone)


def told(store: Store, who: DirectoryPerson, **more: object) -> dict[str, Told]:
    story, _ = story_of(store, who, EVERYBODY, **more)
    return {rule.asks: rule for rule in explain_person(story)}


def test_each_field_says_which_side_wins_and_what_comes_of_it() -> None:
    store = Store()
    store.settle([person(1, "ada@a.example")])
    fields = told(store, person(1, "ada.berg@a.example", name="Ada Berg"))["Which fields follow the directory?"]
    assert fields.answer == "The next sync takes: e-mail address and last name." or "last name" in fields.answer
    assert "First name (the provider wins): is the same." in fields.parts
    assert "Last name (the provider wins): is taken." in fields.parts
    assert "Phone number (the provider wins): the directory says nothing." in fields.parts


def test_a_person_of_a_directory_that_nobody_sees_stays_as_known() -> None:
    rules = told(Store(), person(1, "ada@a.example"), planned=None)
    assert rules["Can the directory be read?"].says is Says.STOPS
    assert "What would the next sync do?" not in rules


def test_who_is_let_through_for_a_licence_is_told_which_one() -> None:
    chosen = replace(EVERYBODY, scope=ScopeRules(licensed_only=True))
    who = replace(person(1, "ada@a.example"), facts=ScopeFacts(licensed=True))
    story, _ = story_of(Store(), who, chosen, licences=["Microsoft 365 E3"])
    [scope] = [rule for rule in explain_person(story) if rule.asks == "Is the person in the scope?"]
    assert scope.parts == ["Only with a licence: lets them through: Microsoft 365 E3."]
