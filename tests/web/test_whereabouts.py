"""*Where is my tenant?*: one box, an answer, and what to do next; never a word of another marketplace."""

import pytest
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.people import add_company
from tests.web.reading import text_of
from tests.web.stage import ACTOR, Customer, Stage

from tenantry.core.feed_filters import FeedFilter
from tenantry.core.whereabouts import Listed, Seen, TenantFacts, Whereabouts, where_is, where_is_unknown
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace
from tenantry.sync.feeds import add_feed
from tenantry.sync.links import link_tenant
from tenantry.sync.models import Observation, Tenant

SEEN = Seen("Partner Center EU", "reseller", ended=False, missing=False, passes=FeedFilter())
FACTS = TenantFacts("AT", ("contoso.at",), "", "id-1", details_read=True, details_problem="", seen=(SEEN,))


def facts(**changed: object) -> TenantFacts:
    values = {name: getattr(FACTS, name) for name in TenantFacts.__dataclass_fields__} | changed
    return TenantFacts(**values)


def through(**parts: tuple[str, ...]) -> tuple[Seen, ...]:
    return (Seen("Partner Center EU", "reseller", ended=False, missing=False, passes=FeedFilter(**parts)),)


@pytest.mark.parametrize(
    ("known", "where", "words"),
    [
        (facts(company="Alpine"), Whereabouts.LINKED, "linked to Alpine"),
        (facts(state="pending"), Whereabouts.WAITING, "waits for a decision"),
        (facts(state="ignored"), Whereabouts.DECIDED, "ignored"),
        (facts(), Whereabouts.COMING, "not among the pending companies yet"),
        (facts(seen=through(countries=("CH", "DE"))), Whereabouts.EXCLUDED, "its country, AT, is not one of CH, DE"),
        (facts(seen=through(domains=("x.example",))), Whereabouts.EXCLUDED, "none of its domains"),
        (
            facts(seen=through(tenant_ids=("id-2",))),
            Whereabouts.EXCLUDED,
            "not among the tenants that",
        ),
        (facts(seen=through(indirect_resellers=("r",))), Whereabouts.EXCLUDED, "indirect reseller"),
        (facts(seen=(SEEN, *through(countries=("CH",)))), Whereabouts.COMING, ""),
        (
            facts(seen=through(countries=("CH",)), details_read=False, details_problem="Not allowed."),
            Whereabouts.PERMISSION_MISSING,
            "Not allowed.",
        ),
        (facts(seen=through(countries=("CH",)), details_read=False), Whereabouts.COMING, "not read yet"),
        (facts(seen=()), Whereabouts.NOT_VISIBLE, "no connection"),
        (
            facts(seen=(Seen("P", "reseller", ended=True, missing=True, passes=FeedFilter()),)),
            Whereabouts.NOT_IN_LIST,
            "has ended",
        ),
        (
            facts(seen=(Seen("P", "reseller", ended=False, missing=True, passes=FeedFilter()),)),
            Whereabouts.NOT_IN_LIST,
            "being checked",
        ),
        (
            facts(seen=(Seen("P", "advisor", ended=False, missing=False, passes=FeedFilter()),)),
            Whereabouts.EXCLUDED,
            "advisor",
        ),
    ],
)
def test_each_state_of_a_tenant_has_its_answer(known: TenantFacts, where: Whereabouts, words: str) -> None:
    answer = where_is(known)
    assert answer.where is where
    assert words in answer.sentence
    assert answer.next_step


@pytest.mark.parametrize(
    ("lists", "where"),
    [
        ([], Whereabouts.NOT_VISIBLE),
        ([Listed("P", complete=True)], Whereabouts.NOT_IN_LIST),
        ([Listed("P", complete=True), Listed("Q", complete=False, trouble="never read.")], Whereabouts.NOT_VISIBLE),
        ([Listed("P", complete=False, trouble="No.", permission=True)], Whereabouts.PERMISSION_MISSING),
    ],
)
def test_a_tenant_that_nobody_showed_has_an_answer_by_what_is_known_of_the_lists(
    lists: list[Listed], where: Whereabouts
) -> None:
    assert where_is_unknown(lists).where is where


def ask(cast: Cast, given: str, who: str = "owner") -> str:
    return text_of(cast.client(who).get("/companies/pending/where/", {"q": given})).partition("Find")[2]


def link(cast: Cast, marketplace: Marketplace, tenant: Tenant, name: str) -> None:
    company = add_company(marketplace, name)
    with marketplace_scope(marketplace.pk):
        link_tenant(
            connection=cast.connection, external_id=tenant.external_id, company=company, reason="", actor=ACTOR,
            now=timezone.now(),
        )  # fmt: skip


def test_a_tenant_is_found_by_domain_address_and_id_in_each_state(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Alpine", "alpine.example"), Customer("Beta", "beta.example")])
    tenant = Tenant.objects.get(name="Alpine")
    for given in ("alpine.example", " https://Alpine.example/about ", "eva@alpine.example", tenant.external_id.upper()):
        assert "in pending companies" in ask(cast, given), given
    link(cast, cast.northwind, tenant, "Alpine Ltd")
    linked = ask(cast, "alpine.example")
    assert "It is linked to Alpine Ltd. What next: Nothing is left to do. Open the company" in linked
    assert "not in the provider's list" in ask(cast, "gamma.example")
    assert "neither a domain nor a tenant ID" in ask(cast, "what?")
    assert "Where is my tenant?" in text_of(cast.client("owner").get("/companies/pending/"))


def test_what_the_connection_could_not_read_is_said_with_what_to_do(cast: Cast, stage: Stage) -> None:
    assert "not visible here" in ask(cast, "alpine.example")
    stage.sync([Customer("Alpine", "alpine.example")])
    failure = {"kind": "ConsentMissing", "what": "Consent was withdrawn.", "next": "Consent again."}
    Observation.objects.update(state="failed", complete=False, failure=failure)
    answer = ask(cast, "beta.example")
    assert "permission missing" in answer
    assert "Consent was withdrawn. What next: Consent again." in answer


def test_another_marketplace_is_never_revealed(cast: Cast, stage: Stage) -> None:
    with marketplace_scope(cast.northwind.pk):
        add_feed(connection=cast.connection, countries=["CH"], actor=OPERATOR, now=timezone.now())
    stage.sync([Customer("Alpine", "alpine.example", country="AT")])
    tenant = Tenant.objects.get(name="Alpine")
    link(cast, cast.contoso, tenant, "Secret Ltd")
    answer = ask(cast, "alpine.example")
    assert "excluded by a rule" in answer
    assert "its country, AT, is not one of CH" in answer
    assert "Secret" not in answer
    assert "Contoso" not in answer


def test_operators_ask_at_a_connection_and_their_look_is_on_record(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Alpine", "alpine.example")])
    client = cast.client("operator")
    assert "Where is my tenant?" in text_of(client.get(f"/operator/connections/{cast.connection.pk}/"))
    page = text_of(client.get(f"/operator/connections/{cast.connection.pk}/where/?q=alpine.example"))
    assert "Northwind in pending companies" in page
    assert "Contoso on its way" in page
    assert "Where is my tenant?" in text_of(cast.client("owner").get("/audit/?by=operator")).partition("When")[2]
