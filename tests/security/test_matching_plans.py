"""Candidates and searches descend their indexes, among many companies and under row-level security."""

from collections.abc import Callable

from bench.plans import plans_of, reads_a_whole_table
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
from tenantry.sync.pending.lookalikes import tenants_like


def test_every_query_of_matching_and_searching_follows_an_index(crowded: Cast) -> None:
    tenant = profile_of(Subject("Alder Birch Cedarr GmbH", "t-1", ("alder-birch-cedar.example",), country="DE"))
    draft = CompanyDraft("Customer 0007", domains=(DomainDraft("customer7.example"),))
    with marketplace_scope(crowded.northwind.pk):
        company_id = find_companies("alder birch cedar").companies[0].pk
        steps: dict[str, Callable[[], object]] = {
            "candidates": lambda: find_matches({1: tenant}, without={}),
            "search": lambda: [find_companies(text) for text in ("alder bir", "oak", "a", "aldr brch", "x.example")],
            "duplicates": lambda: tenants_like(draft),
            "keys": lambda: write_company_match_keys([company_id]),
            "leaving": lambda: forget_company_match_keys([company_id]),
            "matching anew": lambda: match_next(marketplace_id=crowded.northwind.pk, now=timezone.now()),
        }
        plans = {name: plans_of(step) for name, step in steps.items()}
    assert all(plans.values())
    for name, found in plans.items():
        for plan in found:
            assert not reads_a_whole_table(plan), f"{name}:\n{plan}"
    assert "marketplace_companymatchkey_pkey" in "".join(plans["candidates"])
    assert "company_key_lookup" in "".join(plans["search"])
    assert "sync_pendingmatchkey_pkey" in "".join(plans["duplicates"])


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
