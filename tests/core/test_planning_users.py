"""What becomes of people of directories: who comes in, who is whom, who goes, and what never happens."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.people_world import COMPANY_OF, EVERYBODY, Store, person

from tenantry.core.planning.linked import FieldRule
from tenantry.core.planning.users.fields import changed_fields, usable_values
from tenantry.core.planning.users.inviting import Newcomer, is_invited_by_rule
from tenantry.core.planning.users.planning import UserChangeKind as Kind
from tenantry.core.planning.users.reasons import CONFLICTS, SENTENCES, Reason, Verdict, verdict_of
from tenantry.core.planning.users.scope import Rule, ScopeFacts, judge_scope, usable_rules
from tenantry.core.planning.users.views import DirectoryPerson, LinkView, MembershipView
from tenantry.core.records import DirectoryUser, PersonKind
from tenantry.core.user_settings import Leavers, ScopeRules, UserSettings

REPORT_ONLY = replace(EVERYBODY, leavers=Leavers.REPORT_ONLY)
"""As ``EVERYBODY``, but who leaves is only reported."""


def kinds(store: Store, people: list[DirectoryPerson], settings: UserSettings = EVERYBODY) -> list[Kind | None]:
    return [each.kind for each in store.plan(people, settings)]


def reasons(store: Store, people: list[DirectoryPerson], settings: UserSettings = EVERYBODY) -> list[Reason]:
    return [each.reason for each in store.plan(people, settings)]


@pytest.mark.parametrize(
    ("facts", "rules", "expected"),
    [
        (ScopeFacts(), ScopeRules(), None),
        (ScopeFacts(kind=PersonKind.SERVICE), ScopeRules(), Reason.NO_PERSON),
        (ScopeFacts(named=False), ScopeRules(), Reason.NO_PERSON),
        (ScopeFacts(kind=PersonKind.GUEST), ScopeRules(no_guests=True), Reason.GUEST),
        (ScopeFacts(kind=None), ScopeRules(no_guests=True), Reason.NOT_TOLD),
        (ScopeFacts(enabled=False), ScopeRules(no_disabled=True), Reason.DISABLED),
        (ScopeFacts(enabled=True, archived=True), ScopeRules(no_disabled=True), Reason.DISABLED),
        (ScopeFacts(enabled=None), ScopeRules(no_disabled=True), Reason.NOT_TOLD),
        (ScopeFacts(licensed=False), ScopeRules(licensed_only=True), Reason.NOT_LICENSED),
        (ScopeFacts(licensed=None), ScopeRules(licensed_only=True), Reason.NOT_TOLD),
        (ScopeFacts(enabled=False), ScopeRules(licensed_only=True, no_disabled=True), Reason.DISABLED),
        (ScopeFacts(domain="b.example"), ScopeRules(domains=("a.example",)), Reason.OTHER_DOMAIN),
        (ScopeFacts(domain="a.example"), ScopeRules(domains=("a.example",)), None),
        (ScopeFacts(org_unit="/Sales/North"), ScopeRules(org_units=("/sales",)), None),
        (ScopeFacts(org_unit="/Salesmen"), ScopeRules(org_units=("/sales",)), Reason.OTHER_ORG_UNIT),
        (ScopeFacts(org_unit="/"), ScopeRules(org_units=("/",)), None),
    ],
)  # fmt: skip
def test_the_scope_says_why_somebody_is_out_and_never_guesses(
    facts: ScopeFacts, rules: ScopeRules, expected: Reason | None
) -> None:
    assert judge_scope(facts, rules) is expected


def test_a_rule_that_the_provider_can_t_answer_is_no_rule() -> None:
    rules = usable_rules(ScopeRules(no_guests=True, domains=("a.example",)), {Rule.NO_GUESTS: "Not told."})
    assert rules == ScopeRules(domains=("a.example",))
    assert usable_rules(rules, {Rule.DOMAINS: "Not told."}) == ScopeRules()


def test_every_reason_has_a_verdict_and_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert {verdict_of(reason) for reason in CONFLICTS} == {Verdict.SKIPPED}


def test_somebody_new_comes_in_and_is_kept_current() -> None:
    store, ada = Store(), person(1, "ada@a.example")
    [created] = store.plan([ada])
    assert (created.kind, created.before) == (Kind.CREATE, None)
    assert dict(created.after or {}) == {
        "email": "ada@a.example", "first_name": "Ada", "last_name": "Lind", "role": "user",
    }  # fmt: skip
    store.apply(created)
    assert kinds(store, [ada]) == [None]
    renamed = person(1, "ada.berg@a.example", name="Ada Berg")
    [update] = store.plan([renamed])
    assert update.kind is Kind.UPDATE
    assert update.before == {"profile_last_name": "Lind", "email": "ada@a.example", "last_name": "Lind"}
    assert update.because == "The directory says otherwise: e-mail address and last name."
    blank = replace(renamed, values=dict.fromkeys(ada.values, ""), addresses=())
    store.apply(update)
    assert kinds(store, [blank]) == [None]


def test_of_somebody_whom_others_know_too_a_directory_says_the_profile_alone() -> None:
    place = MembershipView(1, 1, own=False, profile={"first_name": "A"}, user={"email": "own@b.example"})
    changed = changed_fields(person(1, "ada@a.example"), place, {}, leads=True)
    assert changed == {"profile_first_name": "Ada", "profile_last_name": "Lind"}
    assert changed_fields(person(1, "ada@a.example"), place, {}, leads=False) == {"profile_last_name": "Lind"}
    ours = dict.fromkeys(("first_name", "last_name"), FieldRule.OURS)
    assert changed_fields(person(1, "ada@a.example"), place, ours, leads=True) == {}


def test_values_that_can_t_be_kept_are_left_out_one_by_one() -> None:
    told = DirectoryUser("1", email="not an address", first_name="x" * 400, last_name="Lind", user_name="ada@a.example")
    kept = {"email": "", "first_name": "", "last_name": "Lind", "phone": "", "language": ""}
    assert usable_values(told) == kept
    nameless = DirectoryUser("1", user_name="ada@a.onmicrosoft.com")
    assert usable_values(nameless) == kept | {"first_name": "ada@a.onmicrosoft.com", "last_name": ""}
    assert not any(usable_values(DirectoryUser("1")).values())


def test_an_address_that_a_restore_left_mangled_is_none() -> None:
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    read = DirectoryUser(external_id=key, email="0F8FAD5Bd9cb469fa16570867728950e@a.example", first_name="Ada")
    assert usable_values(read)["email"] == ""
    assert usable_values(replace(read, email="ada@a.example"))["email"] == "ada@a.example"


def test_an_address_within_the_company_joins_and_one_outside_does_not() -> None:
    store = Store()
    inside = store.add(100, "ada@a.example")
    store.add(200, "bo@a.example")
    ada, bo = person(1, "ada@a.example"), person(2, "bo@a.example", name="Bo Ek")
    joined, created = store.plan([ada, bo])
    assert (joined.kind, joined.membership_id, joined.reason) == (Kind.JOIN, inside, Reason.KEPT_BY_HAND)
    assert created.kind is Kind.CREATE
    store.settle([ada, bo])
    changed = person(1, "ada@a.example", name="Eve Black")
    assert kinds(store, [changed, replace(ada, gone=True)])[0] is None, "whom the sync did not bring stays as they are"
    [left] = store.plan([replace(ada, gone=True)])
    assert (left.kind, left.after) == (Kind.REPORT_LEFT, {"linked": False, "active": True})


def test_who_is_meant_is_a_person_s_decision_where_it_is_not_clear() -> None:
    store = Store()
    twice = [person(1, "x@a.example"), person(2, "x@a.example")]
    assert reasons(store, twice) == [Reason.SHARED_ADDRESS] * 2
    store.add(100, "a@a.example")
    store.add(100, "b@a.example")
    both = replace(person(3, "a@a.example"), addresses=("a@a.example", "b@a.example"))
    assert reasons(store, [both]) == [Reason.SEVERAL_USERS]
    store.settle([person(4, "a@a.example")])
    assert reasons(store, [person(5, "a@a.example")]) == [Reason.TAKEN_BY_COLLEAGUE]
    assert reasons(store, [person(6, "a@a.example", tenant=2)]) == [Reason.KEPT_BY_HAND]


def test_an_address_that_was_somebody_else_s_with_a_login_is_not_handed_on() -> None:
    store, first = Store(), person(1, "x@a.example")
    store.settle([first])
    store.settle([replace(first, gone=True)])
    store.memberships[1] = replace(store.memberships[1], has_login=True)
    assert reasons(store, [person(2, "x@a.example")]) == [Reason.ADDRESS_USED_BEFORE]


def test_somebody_who_leaves_goes_and_comes_back_to_the_same_place() -> None:
    store, ada = Store(), person(1, "ada@a.example")
    store.settle([ada])
    assert reasons(store, [replace(ada, missed=True)]) == [Reason.MISSED_ONCE]
    [gone] = store.plan([replace(ada, gone=True, deleted=True)])
    assert (gone.kind, gone.reason) == (Kind.DEACTIVATE, Reason.DELETED)
    store.apply(gone)
    [back] = store.plan([ada])
    assert (back.kind, back.membership_id) == (Kind.REACTIVATE, gone.membership_id)


def test_people_who_leave_are_only_reported_until_the_setting_says_otherwise() -> None:
    store, ada = Store(), person(1, "ada@a.example")
    store.settle([ada])
    left = replace(ada, gone=True)
    assert kinds(store, [left], REPORT_ONLY) == [Kind.REPORT_LEFT]
    store.settle([left], REPORT_ONLY)
    assert kinds(store, [ada], REPORT_ONLY) == [Kind.JOIN]
    assert kinds(store, [left], EVERYBODY) == [Kind.DEACTIVATE]


def test_a_place_lives_while_any_of_its_links_lives() -> None:
    store, here, there = Store(), person(1, "ada@a.example"), person(2, "ada@a.example", tenant=2)
    assert store.plan([here, there])[1].again
    store.settle([here, there])
    assert {link.membership_id for link in store.links.values()} == {1}
    assert kinds(store, [replace(here, gone=True), there]) == [Kind.UNLINK, None]
    assert kinds(store, [replace(here, gone=True), replace(there, gone=True)]) == [Kind.UNLINK, Kind.DEACTIVATE]


def test_two_directories_that_say_different_names_do_not_take_turns() -> None:
    store, here, there = Store(), person(1, "ada@a.example"), person(2, "ada@a.example", tenant=2, name="Adelaide L")
    store.settle([here, there])
    assert kinds(store, [here, there]) == kinds(store, [there, here]) == [None, None]


def test_the_last_administrator_and_pinned_people_stay() -> None:
    store, ada, bo = Store(), person(1, "ada@a.example"), person(2, "bo@a.example", name="Bo Ek")
    store.settle([ada, bo])
    for key in (1, 2):
        store.memberships[key] = replace(store.memberships[key], administrator=True)
    leavers = [replace(ada, gone=True), replace(bo, gone=True)]
    assert [(each.kind, each.reason) for each in store.plan(leavers)] == [
        (Kind.DEACTIVATE, Reason.LEFT), (None, Reason.LAST_ADMINISTRATOR),
    ]  # fmt: skip
    store.memberships[1] = replace(store.memberships[1], pinned=True)
    assert reasons(store, leavers) == [Reason.PINNED_LEAVER, Reason.LEFT]
    assert reasons(store, [person(1, "new@a.example")]) == [Reason.PINNED]


def test_what_people_decided_stays() -> None:
    store, ada = Store(), person(1, "ada@a.example")
    store.settle([ada])
    store.memberships[1] = replace(store.memberships[1], active=False)
    assert reasons(store, [ada]) == [Reason.DEACTIVATED_BY_HAND]
    store.memberships[1] = replace(store.memberships[1], active=True, live=())
    store.links[1] = replace(store.links[1], live=False, ended_by_hand=True)
    assert reasons(store, [ada]) == [Reason.UNLINKED_BY_HAND]
    store.links[1] = replace(store.links[1], ended_by_hand=False)
    store.memberships[1] = replace(store.memberships[1], erased=True)
    assert reasons(store, [ada]) == [Reason.ERASED]


def test_out_of_the_scope_is_leaving_and_not_told_is_nothing() -> None:
    store, ada = Store(), person(1, "ada@a.example")
    store.settle([ada])
    licensed = replace(EVERYBODY, scope=ScopeRules(licensed_only=True))
    unknown = replace(ada, facts=replace(ada.facts, licensed=None))
    unlicensed = replace(ada, facts=replace(ada.facts, licensed=False))
    assert (kinds(store, [unknown], licensed), reasons(store, [unknown], licensed)) == ([None], [Reason.FOLLOWS])
    assert kinds(store, [unlicensed], licensed) == [Kind.DEACTIVATE]
    newcomer = replace(unknown, person_id=9, addresses=())
    assert reasons(store, [newcomer], licensed) == [Reason.NOT_TOLD]


@pytest.mark.parametrize(
    ("change", "invited"),
    [({}, True), ({"invited": True}, False), ({"accepted": True}, False), ({"active": False}, False),
     ({"email": ""}, False), ({"email": "ada@a.onmicrosoft.com"}, False), ({"came_at": 1}, False)],
)  # fmt: skip
def test_the_rule_invites_who_came_in_since_it_was_on_and_can_be_written_to(
    change: dict[str, object], *, invited: bool, now: object
) -> None:
    base = Newcomer(now, "ada@a.example")  # type: ignore[arg-type]  # the fixture is a moment
    since = base.came_at
    early = {"came_at": since.replace(year=2020)} if "came_at" in change else change
    newcomer = replace(base, **early)
    assert is_invited_by_rule(newcomer, since) is invited
    assert not is_invited_by_rule(newcomer, None)


_ADDRESSES = st.sampled_from(["", "a@a.example", "b@a.example", "c@a.example", "d@b.example"])
_STEP = st.fixed_dictionaries({
    "who": st.integers(1, 6), "email": _ADDRESSES, "name": st.sampled_from(["Ada Lind", "Bo Ek"]),
    "state": st.sampled_from(["there", "there", "missed", "gone"]),
})  # fmt: skip


@settings(max_examples=120)
@given(
    steps=st.lists(_STEP, max_size=14),
    settings_=st.sampled_from([EVERYBODY, REPORT_ONLY]),
    admins=st.sets(st.integers(1, 4)),
    locals_=st.lists(
        st.tuples(st.sampled_from([100, 200]), _ADDRESSES.filter(bool)), max_size=3, unique_by=lambda each: each[1]
    ),
)
def test_whatever_directories_do_nobody_is_doubled_merged_or_lost(
    steps: list[dict[str, object]], settings_: UserSettings, admins: set[int], locals_: list[tuple[int, str]]
) -> None:
    store, directory = Store(), dict[int, DirectoryPerson]()
    for company, email in locals_:
        store.add(company, email, administrator=True)
    by_hand = dict(store.memberships)
    for step in steps:
        directory |= _after(step)
        places, links = dict(store.memberships), dict(store.links)
        last = store.settle(list(directory.values()), settings_)
        assert not any(each.kind for each in last), "planning what was applied gives nothing"
        _check_identities(store, links)
        _check_places(store, places, by_hand)
        missed = {number for number, each in directory.items() if each.missed}
        assert not missed & {number for number in links if links[number] != store.links[number]}, "absence alone"
        for key in admins & store.memberships.keys():
            store.memberships[key] = replace(store.memberships[key], administrator=True)


def _after(step: dict[str, object]) -> dict[int, DirectoryPerson]:
    number = int(str(step["who"]))
    fresh = person(number, str(step["email"]), tenant=(number % 3) + 1, name=str(step["name"]))
    return {number: replace(fresh, missed=step["state"] == "missed", gone=step["state"] == "gone")}


def _check_identities(store: Store, before: dict[int, LinkView]) -> None:
    for number, link in before.items():
        assert store.links[number].membership_id == link.membership_id, "a person keeps their place for ever"
    for number, link in store.links.items():
        assert store.companies[link.membership_id] == COMPANY_OF[(number % 3) + 1], "only within the company"


def _check_places(store: Store, before: dict[int, MembershipView], by_hand: dict[int, MembershipView]) -> None:
    for place in store.memberships.values():
        tenants = [living.tenant_id for living in place.live]
        assert len(tenants) == len(set(tenants)), "two people of one directory are never one"
        assert place.active or not place.live
    for key, place in by_hand.items():
        assert (store.memberships[key].user, store.memberships[key].active) == (place.user, True), "never touched"
    for company in {store.companies[key] for key, place in before.items() if place.administrator and place.active}:
        here = [place for key, place in store.memberships.items() if store.companies[key] == company]
        assert any(place.administrator and place.active for place in here), "an administrator stays"
