"""Migration operations for the second wall: row-level policies and named look-ups.

The owner of the tables migrates and is not bound by the policies; the application never connects as
the owner (``roles.refuse_unsafe_role`` checks at start).
"""

from django.db import migrations


def _isolation_sql(table: str, column: str, *, installation_too: bool) -> str:
    # nullif: after a transaction the setting is '', not NULL; unset shows no rows
    current = "nullif(current_setting('tenantry.marketplace', true), '')::bigint"
    own = f"{column} = coalesce({current}, 0)" if installation_too else f"{column} = {current}"
    return (
        f"alter table {table} enable row level security;"
        f"create policy marketplace_only on {table} using ({own}) with check ({own});"
    )


class IsolateTable(migrations.RunSQL):
    """Show the rows of ``table`` only to transactions of their marketplace.

    ``installation_too`` also keeps rows of the installation itself, as marketplace 0, visible and
    writable outside any scope (the audit of operators needs that).
    """

    def __init__(self, table: str, column: str = "marketplace_id", *, installation_too: bool = False) -> None:
        self.table = table
        self.column = column
        self.installation_too = installation_too
        super().__init__(
            sql=_isolation_sql(table, column, installation_too=installation_too),
            reverse_sql=f"drop policy marketplace_only on {table}; alter table {table} disable row level security;",
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Tell Django how to write this operation into a migration file."""
        return "IsolateTable", [self.table, self.column], {"installation_too": self.installation_too}


class NamedLookup(migrations.RunSQL):
    """A read across marketplaces that has a name: a function that runs as the owner of the tables.

    These are the only ways past the policies. ``signature`` is ``name(arguments)``, ``returns`` the
    result type, ``query`` one SQL select.
    """

    def __init__(self, signature: str, returns: str, query: str) -> None:
        self.signature = signature
        self.returns = returns
        self.query = query
        super().__init__(
            sql=(
                f"create function {signature} returns {returns} language sql stable security definer "
                f"set search_path = public, pg_temp as $lookup$ {query} $lookup$;"
                f"revoke all on function {signature} from public;"
            ),
            reverse_sql=f"drop function {signature};",
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Tell Django how to write this operation into a migration file."""
        return "NamedLookup", [self.signature, self.returns, self.query], {}
