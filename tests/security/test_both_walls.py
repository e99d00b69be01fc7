"""Every table of a marketplace stands behind both walls, and each wall holds alone."""

from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from psycopg import sql
from tests.security.rows import fill_empty
from tests.web.cast import Cast

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.isolation.scope import OutsideScope, marketplace_scope
from tenantry.marketplace.models import Marketplace

OWNED = [model for model in apps.get_models() if issubclass(model, MarketplaceOwned)]
# These carry the marketplace by plain id, because 0 stands for the installation itself.
BY_PLAIN_ID = {"audit_event", "audit_chainlink", "audit_personkey", "audit_chainhead", "audit_chaincheck"}
# Found before a marketplace is known, by a secret: the policy alone guards them.
BY_POLICY_ALONE = {"accounts_apitoken", "api_storedanswer"}
_TABLES = (
    "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'marketplace_id'"
)

Owner = psycopg.Connection[tuple[Any, ...]]


def _table(model: type[Any]) -> str:
    return str(model._meta.db_table)  # noqa: SLF001  # Django documents _meta as public


def _about(statement: LiteralString, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def _tables(owner: Owner) -> set[str]:
    return {str(row[0]) for row in owner.execute(_TABLES).fetchall()}


def _fill(full: Cast, owner: Owner) -> None:
    for table in sorted(_tables(owner) - BY_PLAIN_ID):
        fill_empty(owner, table, [full.northwind.pk, full.contoso.pk])


def test_every_table_with_a_marketplace_has_a_policy_that_checks_reads_and_writes(owner: Owner, database: str) -> None:
    guarded = owner.execute(
        "select c.relname, p.polcmd, p.polqual is not null, p.polwithcheck is not null, p.polpermissive "
        "from pg_class c join pg_policy p on p.polrelid = c.oid where c.relrowsecurity"
    ).fetchall()
    whole = {str(row[0]) for row in guarded if row[1:] == ("*", True, True, True)}
    assert _tables(owner) - whole == set()
    assert "marketplace_marketplace" in whole
    assert len(guarded) == len(whole), "a second policy on a table would let through what either of them does"


def test_every_table_with_a_marketplace_is_behind_the_first_wall_too(owner: Owner, database: str) -> None:
    assert _tables(owner) == {_table(model) for model in OWNED} | BY_PLAIN_ID | BY_POLICY_ALONE


@pytest.mark.parametrize("model", OWNED, ids=_table)
def test_no_query_for_a_marketplace_s_table_runs_outside_a_scope(model: Any, database: str) -> None:
    base = model._base_manager  # noqa: SLF001  # what Django follows relations by
    asked: tuple[Callable[[], object], ...] = (
        model.objects.all,
        model.objects.count,
        model.objects.exists,
        model.objects.update,
        base.all,
        lambda: model.objects.filter(pk=1).first(),
        lambda: model.objects.exclude(pk=1).exists(),
        lambda: model.objects.bulk_create([]),
    )
    for ask in asked:
        with pytest.raises(OutsideScope):
            ask()


def test_the_marketplace_itself_is_not_readable_outside_its_scope(cast: Cast) -> None:
    with pytest.raises(OutsideScope):
        Marketplace.objects.count()
    with marketplace_scope(cast.northwind.pk):
        assert [place.name for place in Marketplace.objects.all()] == ["Northwind"]


def test_without_the_setting_the_application_s_role_sees_nothing_at_all(full: Cast, owner: Owner) -> None:
    _fill(full, owner)
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("tenantry_app",)
        for table in sorted(_tables(owner) - BY_PLAIN_ID | {"marketplace_marketplace"}):
            there = owner.execute(_about("select count(*) from {}", table)).fetchone()
            assert there is not None
            assert int(there[0]) > 0, f"{table} is empty: this test would prove nothing about it"
            cursor.execute(_about("select count(*) from {}", table))
            assert (table, cursor.fetchone()) == (table, (0,))


def test_of_the_audit_only_the_installation_s_own_shows_without_the_setting(full: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select distinct marketplace_id from audit_event")
        assert cursor.fetchall() == [(0,)]


def test_with_the_first_wall_gone_the_second_shows_only_the_scope_s_rows(full: Cast, owner: Owner) -> None:
    _fill(full, owner)
    with marketplace_scope(full.northwind.pk), connection.cursor() as cursor:
        for table in sorted(_tables(owner)):
            cursor.execute(_about("select distinct marketplace_id from {}", table))
            assert {row[0] for row in cursor.fetchall()} <= {full.northwind.pk}
            cursor.execute(_about("select count(*) from {} where marketplace_id = %s", table), [full.contoso.pk])
            assert (table, cursor.fetchone()) == (table, (0,))


@pytest.mark.parametrize(
    "statement",
    [
        "update sync_pendingcompany set state = 'ignored' where marketplace_id = %s",
        "delete from sync_pendingkey where marketplace_id = %s",
        "delete from marketplace_staffrole where marketplace_id = %s",
        "update sync_companysyncsettings set company_sync = false where marketplace_id = %s",
        "update sync_entitlement set company_sync = true where marketplace_id = %s",
    ],
)
def test_with_the_first_wall_gone_no_row_of_another_marketplace_changes(statement: str, full: Cast) -> None:
    with marketplace_scope(full.northwind.pk), connection.cursor() as cursor:
        cursor.execute(statement, [full.contoso.pk])
        assert cursor.rowcount == 0


@pytest.mark.parametrize("table", ["sync_pendingcompany", "sync_run", "marketplace_company", "marketplace_staffrole"])
def test_no_row_can_be_moved_into_another_marketplace(table: str, full: Cast) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        marketplace_scope(full.northwind.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(_about("update {} set marketplace_id = %s", table), [full.contoso.pk])


@pytest.mark.parametrize("table", ["audit_event", "audit_chainlink"])
@pytest.mark.parametrize("verb", ["update {} set id = id", "delete from {}", "truncate {} cascade"])
def test_what_is_on_record_can_t_be_changed_or_removed(table: str, verb: LiteralString, full: Cast) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        marketplace_scope(full.northwind.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(_about(verb, table))


@pytest.mark.parametrize(
    "statement",
    [
        "alter table sync_run disable row level security",
        "drop policy marketplace_only on sync_run",
        "create policy open on sync_run using (true)",
        "set role postgres",
        "set session authorization postgres",
        "create function peek() returns bigint language sql security definer as 'select 1::bigint'",
        "create table loot (id bigint)",
        "alter role tenantry_app bypassrls",
        "insert into django_migrations (app, name, applied) values ('sync', '9999', now())",
        "copy sync_run to program 'cat'",
    ],
)
def test_the_application_s_role_can_t_take_the_second_wall_down(statement: str, full: Cast) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_row_security_can_t_be_switched_off_for_a_session(full: Cast) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("set local row_security = off; select count(*) from sync_run")


def test_the_named_look_ups_are_the_only_functions_that_run_as_the_owner(owner: Owner, database: str) -> None:
    found = owner.execute("select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace")
    assert {row[0] for row in found.fetchall()} == {
        "runs_of_last_day", "holds_open",  # numbers alone, for monitoring
        "workplaces_of_account", "every_marketplace_id", "marketplaces_fed_by", "live_runs_of_connection",
        "marketplaces_for_operator", "offered_decisions", "invitation_by_token", "audit_standings", "account_in_use",
        "observations_with_runs", "live_people_runs", "marketplaces_syncing_people", "tenants_linked_anywhere",
        "people_referenced", "people_needed", "tenant_marketplaces",
        "api_token_by_digest",  # before a marketplace is known
        "endpoints_with_due_deliveries", "google_marketplaces_of",
        "purge_audit_events",  # the oldest of the marketplace it is called in, never of the last thirty days
        "company_keeps_administrator", "company_remembers_administrator",  # triggers: they see all memberships
    }  # fmt: skip
