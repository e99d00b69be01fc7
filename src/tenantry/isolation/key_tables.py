"""Tables of the words by which rows are found: for migrations that make their rows narrow."""

from typing import Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class NarrowKeys(migrations.SeparateDatabaseAndState):
    """Take the id and the foreign keys off a table of keys; what rows are found by becomes its primary key.

    ``model`` has the columns ``marketplace``, ``key`` and ``owner`` alone; rows stay. Indexes that begin with the
    marketplace go: the primary key does their work. ``indexed``: the owner's own index stays as well.
    """

    reversible = False

    def __init__(self, app: str, model: str, owner: str, to: str, *, indexed: bool = True) -> None:
        self.given = (app, model, owner, to, indexed)
        table = f"{app}_{model.lower()}"
        super().__init__(
            database_operations=[migrations.RunSQL(_NARROW.format(table=table, owner=f"{owner}_id"))],
            state_operations=_states(model, owner, to, indexed=indexed),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Tell Django how to write this operation into a migration file."""
        *given, indexed = self.given
        return "NarrowKeys", list(given), {"indexed": indexed}


_NARROW = """
do $$ declare found record; begin
  for found in select conname from pg_constraint where conrelid = '{table}'::regclass and contype = 'f' loop
    execute format('alter table {table} drop constraint %I', found.conname);
  end loop;
  for found in
    select i.indexrelid::regclass as name from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = '{table}'::regclass and not i.indisprimary and a.attname = 'marketplace_id'
  loop
    execute format('drop index %s', found.name);
  end loop;
end $$;
alter table {table} drop column id;
delete from {table} a using {table} b where a.ctid < b.ctid
    and a.marketplace_id = b.marketplace_id and a.key = b.key and a.{owner} = b.{owner};
alter table {table} add primary key (marketplace_id, key, {owner});
"""


def _states(model: str, owner: str, to: str, *, indexed: bool) -> list[Operation]:
    def reference(target: str, *, index: bool) -> models.ForeignKey[models.Model, models.Model]:
        return models.ForeignKey(
            db_constraint=False, db_index=index, on_delete=models.CASCADE, related_name="+", to=target
        )

    key = models.CompositePrimaryKey(
        "marketplace_id", "key", f"{owner}_id", blank=True, editable=False, primary_key=True, serialize=False
    )
    columns: list[tuple[str, Any]] = [
        ("pk", key),
        ("key", models.CharField(db_collation="C", max_length=64)),
        ("marketplace", reference("marketplace.marketplace", index=False)),
        (owner, reference(to, index=indexed)),
    ]
    options = {"abstract": False, "base_manager_name": "objects"}
    return [migrations.DeleteModel(name=model), migrations.CreateModel(name=model, fields=columns, options=options)]
