"""Under the second wall, lists and searches still follow their indexes: checked as the application's role."""

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.cast import Cast

from tenantry.isolation.scope import marketplace_scope
from tenantry.listing import BoundedCount, Order, page_of
from tenantry.listing.searching import WordSearch
from tenantry.listing.tabs import count_tabs, total_of
from tenantry.sync.models import PendingCompany, PendingKey, PendingState
from tenantry.sync.pending.filters import PendingFilter
from tenantry.sync.pending.queries import COLUMNS

TABS = {"all": Q(), "none": Q(state=PendingState.HELD)}
INDEXES = {
    "name": "pending_by_name",
    "country": "pending_by_country",
    "domain": "pending_by_domain",
    "contact": "pending_by_contact",
    "match": "pending_by_certainty",
    "problems": "pending_by_problem",
    "first_seen": "pending_by_age",
}


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"explain {sql.replace('%', '%%')}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_a_page_in_the_middle_is_one_descent_of_the_order_s_index(name: str, descending: bool, many: Cast) -> None:  # noqa: FBT001  # a parameter of the test
    order = Order(name, COLUMNS[name], descending=descending)
    with marketplace_scope(many.northwind.pk):
        rows = [PendingCompany.objects.filter(state=PendingState.PENDING)]
        first = page_of(rows, order)
        with CaptureQueriesContext(connection) as captured:
            page_of(rows, order, after=first.after)
        (query,) = captured.captured_queries
        plan = _plan(query["sql"])
    assert INDEXES[name] in plan
    assert "ROW(" in plan.split("Index Cond")[1]
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


def test_a_rare_word_is_found_by_its_index(many: Cast) -> None:
    with marketplace_scope(many.northwind.pk), CaptureQueriesContext(connection) as captured:
        rows = PendingFilter({"q": "quixotic0042"}, PendingCompany.objects.all(), now=timezone.now()).qs
        assert list(rows) == []
        rows = PendingFilter({"q": "quixot"}, PendingCompany.objects.all(), now=timezone.now()).qs
        assert [row.name for row in rows] == ["Quixotic 0042"]
        plan = _plan(captured.captured_queries[-1]["sql"])
    assert "sync_pendingkey_pkey" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("words", ["quixotic", "cust 0042", "0042", "nobody", ""])
def test_frequent_and_rare_words_are_looked_for_in_two_ways_with_one_result(words: str, many: Cast) -> None:
    with marketplace_scope(many.northwind.pk):
        everything = PendingCompany.objects.all()
        by_the_rarest = WordSearch(words, PendingKey.objects.all(), "pending_id").among(everything)
        row_by_row = WordSearch(words, PendingKey.objects.all(), "pending_id", few=-1).among(everything)
        found = sorted(by_the_rarest.values_list("name", flat=True))
        assert found == sorted(row_by_row.values_list("name", flat=True))
        if words:
            assert "pending_keys_of_one" in row_by_row.explain()
    assert bool(found) is (words not in {"nobody", ""})


def test_words_that_many_rows_have_are_not_counted_and_the_page_says_over(many: Cast) -> None:
    with marketplace_scope(many.northwind.pk):
        applied = PendingFilter({"q": "0042"}, PendingCompany.objects.all(), now=timezone.now())
        page = page_of([applied.qs], Order("name", COLUMNS["name"]), size=1)
        exact = count_tabs(TABS, applied)
        applied.words = WordSearch("0042", PendingKey.objects.all(), "pending_id", few=-1)
        unknown = count_tabs(TABS, applied)
        ids = PendingCompany.objects.filter(tenant__external_id__startswith="0042").exclude(name__endswith="0042")
        by_chance = ids.count()
    assert total_of("all", exact, page) == BoundedCount(2 + by_chance, over=False)
    assert unknown == {"all": None, "none": None}
    assert total_of("all", unknown, page) == BoundedCount(1, over=True)


@pytest.mark.parametrize("problem", ["contact_missing", "reserved"])
def test_rows_with_a_problem_are_found_by_its_index(problem: str, many: Cast) -> None:
    with marketplace_scope(many.northwind.pk):
        rows = PendingFilter({"problem": problem}, PendingCompany.objects.all(), now=timezone.now()).qs
        plan = rows.filter(state=PendingState.PENDING).order_by().explain()
    assert "pending_by_problem" in plan
