"""The application's database role: what it may do, and the refusal to run as anything stronger."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

APPLICATION_ROLE = "tenantry_app"
APPEND_ONLY = ("audit_event", "audit_chainlink")

_GRANTS = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{APPLICATION_ROLE}') then
    create role {APPLICATION_ROLE} login nosuperuser nobypassrls;
  end if;
end $$;
grant usage on schema public to {APPLICATION_ROLE};
grant select, insert, update, delete on all tables in schema public to {APPLICATION_ROLE};
grant usage, select on all sequences in schema public to {APPLICATION_ROLE};
grant execute on all functions in schema public to {APPLICATION_ROLE};
revoke insert, update, delete on django_migrations from {APPLICATION_ROLE};
alter role {APPLICATION_ROLE} set idle_in_transaction_session_timeout = '10min';
"""  # noqa: S608  # the role's name is ours


def grant_application_role(using: str = "default", **_: Any) -> None:
    """Give the application's role its rights on everything that was migrated. Runs as the owner.

    The audit's tables are append-only for it: it may read and insert, never change or remove.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_GRANTS)
        for table in APPEND_ONLY:
            cursor.execute("select to_regclass(%s)", [table])
            if cursor.fetchone() != (None,):
                cursor.execute(f"revoke update, delete, truncate on {table} from {APPLICATION_ROLE}")


def refuse_unsafe_role() -> None:
    """Raise ``ImproperlyConfigured`` when the application is connected as a role that policies do not bind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, rolsuper or rolbypassrls, "
            "exists (select from pg_class where relname = 'marketplace_marketplace' "
            "and pg_has_role(current_user, relowner, 'member')) from pg_roles where rolname = current_user"
        )
        name, exempt, owner = cursor.fetchone() or ("nobody", True, True)
    if exempt or owner:
        raise ImproperlyConfigured(
            f"The application is connected to PostgreSQL as {name}, whom row-level security does not bind. "
            f"Let DATABASE_URL name the role {APPLICATION_ROLE}, and DATABASE_OWNER_URL the owner."
        )
