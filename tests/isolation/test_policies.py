# ruff: noqa: SLF001  # Django documents _meta and its managers as public
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, connections, models
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import OperationWriter
from tests.isolation.conftest import Two

from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.isolation.policies import IsolateTable, NamedLookup
from tenantry.isolation.roles import refuse_unsafe_role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.runtime.embedded import EmbeddedPostgres


def sql(statement: str, *parameters: str | int) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else [(cursor.rowcount,)]


def test_the_second_wall_shows_nothing_outside_a_scope_even_to_plain_sql(two: Two) -> None:
    assert sql("select count(*) from marketplace_company") == [(0,)]
    assert sql("update marketplace_company set name = 'x'") == [(0,)]
    assert sql("delete from marketplace_company") == [(0,)]


def test_the_second_wall_shows_plain_sql_only_the_scopes_rows(two: Two) -> None:
    with marketplace_scope(two.first):
        assert sql("select name from marketplace_company") == [("Alpine",)]
        assert sql("update marketplace_company set name = 'x' where marketplace_id = %s", two.second) == [(0,)]
        assert sql("select id from marketplace_marketplace") == [(two.first,)]


def test_nothing_can_be_written_into_another_marketplace(two: Two, now: datetime) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), marketplace_scope(two.first):
        Company.objects.create(marketplace_id=two.second, name="x", origin="by_hand", created_at=now)
    columns = ["marketplace_id", "name", "status", "origin", "country", "external_id", "created_at"]
    row = (two.second, "x", "pending", "import", "", "", now)
    with pytest.raises(ProgrammingError, match="row-level security"), marketplace_scope(two.first):
        insert_rows(Company, columns, [row])
    with pytest.raises(ProgrammingError, match="row-level security"), marketplace_scope(two.first):
        Company.objects.update(marketplace_id=two.second)


def test_rows_written_in_bulk_return_their_ids_and_skip_conflicts(two: Two, now: datetime) -> None:
    columns = ["marketplace_id", "name", "status", "origin", "country", "external_id", "created_at"]
    rows = [(two.first, f"c{n}", "pending", "import", "", f"e{n}", now) for n in range(3)]
    with marketplace_scope(two.first):
        assert len(set(insert_rows(Company, columns, rows))) == 3
        assert insert_rows(Company, columns, rows, on_conflict="on conflict do nothing") == []
        assert insert_rows(Company, columns, []) == []


def test_every_table_of_a_marketplace_has_the_second_wall(owner_url: str) -> None:
    owned = {model._meta.db_table for model in apps.get_models() if issubclass(model, MarketplaceOwned)}
    with psycopg.connect(owner_url) as owner:
        walled = {
            str(row[0])
            for row in owner.execute("select relname from pg_class where relrowsecurity and relkind = 'r'").fetchall()
        }
        with_marketplace = {
            str(row[0])
            for row in owner.execute(
                "select table_name from information_schema.columns where column_name = 'marketplace_id' "
                "and table_schema = 'public' and table_name in (select relname from pg_class where relkind = 'r')"
            ).fetchall()
        }
    assert owned <= walled
    assert with_marketplace <= walled


def test_a_named_look_up_crosses_marketplaces_and_is_only_ours_to_call(two: Two, owner_url: str) -> None:
    assert every_marketplace_id() == [two.first, two.second]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("drop role if exists somebody_else")
        owner.execute("create role somebody_else")
        try:
            granted = owner.execute(
                "select has_function_privilege('somebody_else', 'every_marketplace_id()', 'execute'), "
                "has_function_privilege('tenantry_app', 'every_marketplace_id()', 'execute')"
            ).fetchone()
        finally:
            owner.execute("drop role somebody_else")
    assert granted == (False, True)


@pytest.fixture
def as_owner(two: Two, postgres: EmbeddedPostgres) -> Iterator[None]:
    """Connect Django as the owner, as migrations do."""
    current = connections["default"]
    current.close()
    current.settings_dict["USER"] = "postgres"
    yield
    current.close()
    current.settings_dict["USER"] = "tenantry_app"


def forwards(operation: IsolateTable | NamedLookup) -> None:
    with connection.schema_editor() as editor:
        operation.database_forwards("marketplace", editor, ProjectState(), ProjectState())


def backwards(operation: IsolateTable | NamedLookup) -> None:
    with connection.schema_editor() as editor:
        operation.database_backwards("marketplace", editor, ProjectState(), ProjectState())


def test_isolating_a_table_can_be_undone_and_done_again(as_owner: None) -> None:
    walled = (
        "select relrowsecurity, (select count(*) from pg_policy where polrelid = c.oid) "
        "from pg_class c where relname = %s"
    )
    operation = IsolateTable("marketplace_company")
    for _ in range(2):
        backwards(operation)
        assert sql(walled, "marketplace_company") == [(False, 0)]
        forwards(operation)
        assert sql(walled, "marketplace_company") == [(True, 1)]


def test_a_named_look_up_can_be_undone_and_done_again(as_owner: None) -> None:
    there = "select count(*) from pg_proc where proname = 'how_many_there_are'"
    operation = NamedLookup("how_many_there_are()", "bigint", "select count(*) from marketplace_company")
    for _ in range(2):
        forwards(operation)
        assert sql("select how_many_there_are()") == [(2,)]
        backwards(operation)
        assert sql(there) == [(0,)]


@pytest.mark.parametrize(
    "operation",
    [
        IsolateTable("marketplace_company"),
        IsolateTable("audit_event", "marketplace_id", installation_too=True),
        NamedLookup("f(bigint)", "bigint", "select $1"),
    ],
)
def test_an_operation_can_be_written_into_a_migration(operation: IsolateTable | NamedLookup) -> None:
    text, imports = OperationWriter(operation, indentation=0).serialize()
    name, arguments, keywords = operation.deconstruct()
    kind: Any = type(operation)
    again = kind(*arguments, **keywords)
    assert name in text
    assert any("tenantry.isolation.policies" in line for line in imports)
    assert (again.sql, again.reverse_sql) == (operation.sql, operation.reverse_sql)


def test_the_application_role_is_safe(two: Two) -> None:
    refuse_unsafe_role()


def test_a_superuser_is_refused_with_what_to_do(as_owner: None) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"as postgres.*DATABASE_URL name the role tenantry_app"):
        refuse_unsafe_role()


def test_an_owner_of_the_tables_that_is_no_superuser_is_refused(as_owner: None) -> None:
    sql("create role plain_owner")
    sql("grant usage, create on schema public to plain_owner")
    sql("alter table marketplace_marketplace owner to plain_owner")
    sql("set role plain_owner")
    try:
        with pytest.raises(ImproperlyConfigured, match="as plain_owner"):
            refuse_unsafe_role()
    finally:
        sql("reset role")
        sql("alter table marketplace_marketplace owner to postgres")
        sql("revoke all on schema public from plain_owner")
        sql("drop role plain_owner")


def test_a_role_that_bypasses_policies_is_refused(as_owner: None) -> None:
    sql("create role free_rider bypassrls")
    sql("set role free_rider")
    try:
        with pytest.raises(ImproperlyConfigured, match="as free_rider"):
            refuse_unsafe_role()
    finally:
        sql("reset role")
        sql("drop role free_rider")


def test_the_base_is_abstract_and_its_managers_are_scoped() -> None:
    for model in apps.get_models():
        if issubclass(model, MarketplaceOwned):
            assert isinstance(model._default_manager, models.Manager)
            assert type(model._default_manager).__name__ == "ScopedManager"
            assert type(model._base_manager).__name__ == "ScopedManager"
