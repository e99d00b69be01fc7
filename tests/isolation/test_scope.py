# ruff: noqa: ARG005  # every verb is called alike
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from tests.isolation.conftest import Two

from tenantry.isolation.scope import OutsideScope, current_marketplace_id, marketplace_scope
from tenantry.marketplace.models import Company, CompanyOrigin, Marketplace, StaffRole


def setting() -> str:
    """What the database believes the marketplace to be."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting('tenantry.marketplace', true), '')")
        return str(cursor.fetchone()[0])


def names() -> list[str]:
    return sorted(Company.objects.values_list("name", flat=True))


def test_a_scope_sees_its_own_marketplace_and_no_other(two: Two) -> None:
    with marketplace_scope(two.first):
        assert names() == ["Alpine"]
        assert Marketplace.objects.get().pk == two.first
    with marketplace_scope(two.second):
        assert names() == ["Boreal"]


def test_the_same_scope_inside_itself_is_free(two: Two) -> None:
    with marketplace_scope(two.first):
        with marketplace_scope(two.first):
            assert names() == ["Alpine"]
        assert current_marketplace_id() == two.first
        assert names() == ["Alpine"]


def test_another_scope_inside_one_is_refused_and_the_outer_one_goes_on(two: Two) -> None:
    with marketplace_scope(two.first):
        with pytest.raises(OutsideScope, match="was opened"), marketplace_scope(two.second):
            pass
        assert names() == ["Alpine"]


def test_the_setting_is_gone_after_the_transaction(two: Two) -> None:
    with marketplace_scope(two.first):
        assert setting() == str(two.first)
    assert setting() == ""
    with pytest.raises(OutsideScope):
        current_marketplace_id()


def test_the_setting_is_gone_in_the_transaction_around_it(two: Two) -> None:
    with transaction.atomic():
        with marketplace_scope(two.first):
            assert names() == ["Alpine"]
        assert setting() == ""
        with marketplace_scope(two.second):
            assert names() == ["Boreal"]


def test_an_exception_inside_undoes_the_work_and_ends_the_scope(two: Two, now: datetime) -> None:
    with pytest.raises(ValueError, match="stop"), marketplace_scope(two.first):  # noqa: PT012  # the scope is the point
        Company.objects.create(marketplace_id=two.first, name="Never", origin="by_hand", created_at=now)
        raise ValueError("stop")
    assert setting() == ""
    with marketplace_scope(two.first):
        assert names() == ["Alpine"]


def test_an_exception_inside_a_transaction_around_it_ends_the_scope(two: Two) -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match="stop"), marketplace_scope(two.first):
            raise ValueError("stop")
        assert setting() == ""
        with marketplace_scope(two.second):
            assert names() == ["Boreal"]


def test_an_error_of_the_database_comes_out_as_itself(two: Two, now: datetime) -> None:
    refused = pytest.raises(IntegrityError)
    with refused, marketplace_scope(two.first), connection.cursor() as cursor:  # the second statement fails
        cursor.execute(
            "insert into marketplace_staffrole (marketplace_id, account_id, role, created_at) values (%s, 99, 'x', %s)",
            [two.first, now],
        )
        cursor.execute("set constraints all immediate")
    assert setting() == ""
    with marketplace_scope(two.second):
        assert names() == ["Boreal"]


def test_an_error_of_the_database_inside_a_transaction_comes_out_as_itself(two: Two) -> None:
    with transaction.atomic():
        refused = pytest.raises(ProgrammingError, match="nowhere")
        with refused, marketplace_scope(two.first), connection.cursor() as cursor:
            cursor.execute("select * from nowhere")
        with marketplace_scope(two.second):
            assert names() == ["Boreal"]


def test_a_thread_starts_outside_any_scope(two: Two) -> None:
    def look() -> str:
        try:
            return ",".join(names())
        except OutsideScope:
            return "refused"
        finally:
            connections.close_all()

    with marketplace_scope(two.first), ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() == "refused"


def test_threads_in_different_scopes_never_see_each_other(two: Two) -> None:
    seen: list[tuple[int, list[str]]] = []
    together = threading.Barrier(4)

    def look(marketplace_id: int) -> None:
        together.wait(10)
        for _ in range(20):
            with marketplace_scope(marketplace_id):
                seen.append((marketplace_id, names()))
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, [two.first, two.second] * 2))
    assert len(seen) == 80
    assert all(found == (["Alpine"] if where == two.first else ["Boreal"]) for where, found in seen)


def a_company(two: Two, now: datetime) -> Company:
    return Company(marketplace_id=two.first, name="New", origin=CompanyOrigin.BY_HAND, created_at=now)


VERBS: dict[str, Callable[[Two, datetime], Any]] = {
    "all": lambda two, now: Company.objects.all(),
    "filter": lambda two, now: Company.objects.filter(name="Alpine"),
    "exclude": lambda two, now: Company.objects.exclude(name="Alpine"),
    "none": lambda two, now: Company.objects.none(),
    "get": lambda two, now: Company.objects.get(name="Alpine"),
    "first": lambda two, now: Company.objects.first(),
    "exists": lambda two, now: Company.objects.exists(),
    "count": lambda two, now: Company.objects.count(),
    "aggregate": lambda two, now: Company.objects.aggregate(),
    "values": lambda two, now: Company.objects.values("name"),
    "in_bulk": lambda two, now: Company.objects.in_bulk([1]),
    "iterator": lambda two, now: Company.objects.iterator(),
    "explain": lambda two, now: Company.objects.explain(),
    "raw": lambda two, now: list(Company.objects.raw("select * from marketplace_company")),
    "create": lambda two, now: Company.objects.create(marketplace_id=two.first, name="x", created_at=now),
    "bulk_create": lambda two, now: Company.objects.bulk_create([a_company(two, now)]),
    "bulk_update": lambda two, now: Company.objects.bulk_update([Company(pk=1, name="x")], ["name"]),
    "get_or_create": lambda two, now: Company.objects.get_or_create(name="x"),
    "update_or_create": lambda two, now: Company.objects.update_or_create(name="x"),
    "update": lambda two, now: Company.objects.update(name="x"),
    "delete": lambda two, now: Company.objects.all().delete(),
    "save": lambda two, now: a_company(two, now).save(),
    "save_again": lambda two, now: Company(pk=1, marketplace_id=two.first, name="x", created_at=now).save(),
    "refresh_from_db": lambda two, now: Company(pk=1).refresh_from_db(),
    "delete_one": lambda two, now: Company(pk=1, marketplace_id=two.first).delete(),
    "own_marketplace": lambda two, now: Marketplace.objects.get(pk=two.first),
    "related": lambda two, now: Company(pk=1, marketplace_id=two.first).marketplace,
    "reverse_related": lambda two, now: Company(pk=1, marketplace_id=two.first).links.all(),
    "another_table": lambda two, now: StaffRole.objects.filter(account_id=1).exists(),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_outside_a_scope_is_refused_before_it_reaches_the_database(now: datetime, verb: str) -> None:
    with pytest.raises(OutsideScope):
        VERBS[verb](Two(1, 2), now)


LATE: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "bool": bool,
    "len": len,
    "get": lambda rows: rows.get(),
    "first": lambda rows: rows.first(),
    "narrow": lambda rows: list(rows.filter(name="Alpine").order_by("id")[:1]),
    "values": lambda rows: list(rows.values_list("name", flat=True)),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "contains": lambda rows: rows.contains(Company(pk=1)),
    "iterator": lambda rows: list(rows.iterator()),
    "aggregate": lambda rows: rows.aggregate(),
    "in_bulk": lambda rows: rows.in_bulk([1]),
    "update": lambda rows: rows.update(name="x"),
    "delete": lambda rows: rows.delete(),
    "explain": lambda rows: rows.explain(),
}


def test_a_query_carried_out_of_its_scope_is_refused_whatever_it_is_asked(two: Two) -> None:
    for verb in LATE.values():
        with marketplace_scope(two.first):
            rows = Company.objects.all()
        with pytest.raises(OutsideScope):
            verb(rows)


def test_rows_that_were_read_inside_may_be_shown_outside(two: Two) -> None:
    with marketplace_scope(two.first):
        rows = Company.objects.all()
        assert len(rows) == 1
    assert [row.name for row in rows] == ["Alpine"]


def test_every_verb_works_inside_a_scope(two: Two, now: datetime) -> None:
    with marketplace_scope(two.first):
        company = Company.objects.create(marketplace_id=two.first, name="New", origin="by_hand", created_at=now)
        company.name = "Newer"
        company.save()
        company.refresh_from_db()
        assert company.marketplace.name == "First"
        assert company.links.count() == 0
        assert Company.objects.filter(name="Newer").update(name="Newest") == 1
        assert [row.name for row in Company.objects.order_by("name").iterator()] == ["Alpine", "Newest"]
        assert Company.objects.in_bulk([company.pk])[company.pk].name == "Newest"
        assert company.delete()[0] == 1
        assert names() == ["Alpine"]
