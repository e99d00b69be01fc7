"""Why is it like this: whatever the row, each rule answers as the function that decides does."""

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import NOW

from tenantry.core.explaining import Says, TenantStory, explain_tenant
from tenantry.core.feed_filters import FeedFilter
from tenantry.core.planning.companies import PendingView, TenantView, plan_company
from tenantry.core.planning.creation import CandidateView, GuardedContacts, Standing, judge_candidate
from tenantry.core.planning.linked import FIELDS, FieldRule, LinkedView, digest_of_value, plan_linked
from tenantry.core.tenants import Snapshot
from tenantry.core.whereabouts import Seen, TenantFacts

SNAPSHOTS = st.builds(
    Snapshot, st.sampled_from(["A", "B"]), st.just("DE"), st.just("a.example"), st.just(""), st.just(""), st.just(())
)
SEEN = st.builds(
    Seen, st.just("Partner Center"), st.sampled_from(["reseller", "advisor"]), st.booleans(), st.booleans(),
    st.sampled_from([FeedFilter(), FeedFilter(countries=("CH",)), FeedFilter(tenant_ids=("t-1",))]),
)  # fmt: skip
FACTS = st.builds(
    TenantFacts, country=st.sampled_from(["DE", "CH", ""]), domains=st.just(("a.example",)),
    indirect_reseller=st.just(""),
    external_id=st.just("t-1"), details_read=st.booleans(), details_problem=st.sampled_from(["", "Refused."]),
    seen=st.lists(SEEN, max_size=2).map(tuple),
)  # fmt: skip
CANDIDATES = st.builds(
    CandidateView, problems=st.sampled_from([(), ("contact_missing",), ("details_not_read",)]),
    contact_email=st.sampled_from(["a@a.example", "a@staff.example"]), details_read=st.booleans(),
    compared=st.booleans(), certainty=st.integers(0, 4), by_hand=st.booleans(), reserved=st.booleans(),
    contact_shared=st.booleans(),
)  # fmt: skip
VALUES = st.fixed_dictionaries(dict.fromkeys(FIELDS, st.sampled_from([None, "x", "y"])))
LINKED = st.builds(
    LinkedView, st.just(1), st.just("t-1"), st.just(7), st.just("Contoso"), VALUES, VALUES, leads=st.booleans(),
    over=st.booleans(), taken_back=st.dictionaries(st.sampled_from(list(FIELDS)), st.just(digest_of_value("x"))),
)  # fmt: skip
RULES = st.fixed_dictionaries(dict.fromkeys(FIELDS, st.sampled_from(list(FieldRule))))
GUARDED = GuardedContacts(domains=frozenset({"staff.example"}))


STORIES = st.builds(
    TenantStory,
    facts=FACTS,
    tenant=st.builds(
        TenantView, st.just(1), st.just("t-1"), SNAPSHOTS, live=st.booleans(), linked=st.booleans(),
        absence=st.just("It is gone."),
    ),
    pending=st.one_of(st.none(), st.builds(PendingView, st.sampled_from(["pending", "held", "withdrawn"]), SNAPSHOTS)),
    first_seen_at=st.just(NOW), on=st.booleans(), automatic=st.booleans(), since=st.just(NOW.replace(year=2020)),
    invites=st.booleans(), compared=st.booleans(), candidate=st.one_of(st.none(), CANDIDATES), guarded=st.just(GUARDED),
    linked=st.one_of(st.none(), LINKED), owners=RULES,
)  # fmt: skip


@given(story=STORIES)
def test_each_rule_answers_as_the_function_that_decides(story: TenantStory) -> None:
    rules = {rule.asks: rule for rule in explain_tenant(story)}
    for rule in rules.values():
        for sentence in (rule.asks, rule.given, rule.answer, *rule.parts):
            assert sentence.endswith((".", "?"))
    queue = rules["Is the row in the queue what the provider says?"]
    assert (queue.says is Says.GOES_ON) == (plan_company(story.tenant, story.pending) is None)
    if story.candidate is not None and story.automatic:
        verdict = judge_candidate(story.candidate, GUARDED, invites=story.invites)
        said = rules["May a rule create a company of it?"].says
        expected = {Standing.CREATE: Says.GOES_ON, Standing.LATER: Says.WAITS, Standing.NOT_BY_RULE: Says.STOPS}
        assert said is expected[verdict.standing]
    linked = story.linked
    if linked is not None:
        change = plan_linked(linked, story.owners)
        taken = change is not None and "relationship_ended" not in change.after
        if linked.over == linked.flagged or not linked.leads:
            assert (rules["Which fields of the company follow the tenant?"].says is Says.WAITS) == taken
