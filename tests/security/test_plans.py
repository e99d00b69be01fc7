"""Under the second wall, lists and searches still follow their indexes: checked as the application's role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.cast import Cast

from tenantry.isolation.scope import marketplace_scope
from tenantry.listing import Order, page_of
from tenantry.sync.models import PendingCompany, PendingState
from tenantry.sync.pending.filters import PendingFilter
from tenantry.sync.pending.queries import COLUMNS

INDEXES = {
    "name": "pending_by_name",
    "country": "pending_by_country",
    "domain": "pending_by_domain",
    "contact": "pending_by_contact",
    "match": "pending_by_certainty",
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
    assert "pending_key_lookup" in plan
    assert "Seq Scan" not in plan
