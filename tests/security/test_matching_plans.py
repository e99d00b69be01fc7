"""Candidates and searches descend their indexes, among many companies and under row-level security."""

from collections.abc import Callable

from bench.matching_plans import asking_steps, planned, plans_table
from bench.plans import reads_a_whole_table
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.hostile import HOSTILE
from tests.web.cast import Cast

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.matching import Subject
from tenantry.core.matching.profiles import profile_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.matching.finding import find_matches
from tenantry.sync.matching.keys import forget_company_match_keys, write_company_match_keys
from tenantry.sync.matching.refreshing import match_next
from tenantry.sync.matching.searching import find_companies


def test_every_query_of_matching_and_searching_follows_an_index(crowded: Cast) -> None:
    tenant = Subject("Alder Birch Cedarr GmbH", "t-1", ("alder-birch-cedar.example",), country="DE")
    draft = CompanyDraft("Customer 0007", domains=(DomainDraft("customer7.example"),))
    searches = {text: text for text in ("alder bir", "oak", "a", "aldr brch", "x.example")}
    with marketplace_scope(crowded.northwind.pk):
        company_id = find_companies("alder birch cedar").companies[0].pk
        steps: dict[str, Callable[[], object]] = {
            **asking_steps(tenant, draft, searches),
            "keys": lambda: write_company_match_keys([company_id]),
            "leaving": lambda: forget_company_match_keys([company_id]),
            "matching anew": lambda: match_next(marketplace_id=crowded.northwind.pk, now=timezone.now()),
        }
        found = planned(steps)
    assert {each.step for each in found} == set(steps)
    for each in found:
        assert not reads_a_whole_table(each.plan), f"{each.step}:\n{each.plan}"
    used = {step: {name for each in found if each.step == step for name in each.indexes} for step in steps}
    assert "marketplace_companymatchkey_pkey" in used["candidates of a tenant"]
    assert "marketplace_companykey_pkey" in used["search: alder bir"]
    assert "sync_pendingmatchkey_pkey" in used["tenants like a new company"]
    assert "`marketplace_companymatchkey_pkey`" in plans_table(found)


def test_no_name_makes_a_query_slow(crowded: Cast) -> None:
    """A bound for each query: PostgreSQL ends what takes longer, and the test with it."""
    common = [" ".join(("alder", "birch", "cedar", "oak", "x.example")[:number]) for number in range(1, 6)]
    for name in [*HOSTILE, *common, "a b c d e f g h", "alder " * 16]:
        with marketplace_scope(crowded.northwind.pk):
            with connection.cursor() as cursor:
                cursor.execute("set local statement_timeout = '400ms'")
            with CaptureQueriesContext(connection) as captured:
                find_matches({1: profile_of(Subject(name, domains=(name[:60],)))}, without={})
                matching = len(captured)
                find_companies(name)
            assert matching <= 5, name
            assert len(captured) - matching <= 7, name


def test_one_marketplace_finds_nothing_of_another(crowded: Cast) -> None:
    with marketplace_scope(crowded.contoso.pk):
        assert find_companies("alder birch cedar").companies == []
        assert find_matches({1: profile_of(Subject("Alder Birch Cedar"))}, without={}) == {1: ()}
