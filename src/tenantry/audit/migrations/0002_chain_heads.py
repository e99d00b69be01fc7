"""Heads of chains, what checking them found, retention of events, and finding events by kind, person and time."""

from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup

# The application may not remove events. It may ask for this: the oldest ones of the marketplace that it is in, from
# the chain's beginning on, and never of the last thirty days. The caller signs the chain's new beginning.
_PURGE = """
create function purge_audit_events(before timestamptz, most integer)
returns table (removed bigint, last_sequence bigint, last_digest bytea)
language plpgsql security definer set search_path = public, pg_temp as $purge$
declare
  place bigint := coalesce(nullif(current_setting('tenantry.marketplace', true), '')::bigint, 0);
  cutoff timestamptz := least(before, now() - interval '30 days');
  kept bigint;
begin
  select l.sequence into kept from audit_chainlink l
  where l.marketplace_id = place and l.chained_at >= cutoff order by l.sequence limit 1;
  select l.sequence, l.digest into last_sequence, last_digest from (
    select c.sequence, c.digest from audit_chainlink c
    where c.marketplace_id = place and (kept is null or c.sequence < kept) order by c.sequence limit most
  ) l order by l.sequence desc limit 1;
  if last_sequence is null then
    return;
  end if;
  with links as (
    delete from audit_chainlink c where c.marketplace_id = place and c.sequence <= last_sequence returning c.event_id
  )
  delete from audit_event e using links where e.id = links.event_id;
  get diagnostics removed = row_count;
  return next;
end
$purge$;
revoke all on function purge_audit_events(timestamptz, integer) from public;
"""


class Migration(migrations.Migration):
    """Make the tables, the look-up, the function and the indexes."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ChainCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("marketplace_id", models.BigIntegerField(unique=True)),
                ("sequence", models.BigIntegerField(default=0)),
                ("digest", models.BinaryField(default=b"")),
                ("started_at", models.DateTimeField()),
                ("held_at", models.DateTimeField(null=True)),
                ("links", models.BigIntegerField(default=0)),
                ("fault", models.TextField(blank=True)),
                ("fault_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("marketplace_id", models.BigIntegerField(unique=True)),
                ("sequence", models.BigIntegerField()),
                ("digest", models.BinaryField()),
                ("base_sequence", models.BigIntegerField(db_default=0, default=0)),
                ("base_digest", models.BinaryField(db_default=b"", default=b"")),
                ("mark", models.BinaryField()),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="event",
            name="kind",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(models.F("action"), models.Value("^[^.]*\\.[^.]*"), function="substring"),
                output_field=models.CharField(max_length=80),
            ),
        ),
        migrations.AddIndex("event", models.Index(fields=["marketplace_id", "at", "id"], name="event_by_time")),
        migrations.AddIndex("event", models.Index(fields=["marketplace_id", "kind", "at", "id"], name="event_by_kind")),
        migrations.AddIndex(
            "event", models.Index(fields=["marketplace_id", "actor_id", "at", "id"], name="event_by_actor")
        ),
        migrations.AddIndex(
            "event", models.Index(fields=["marketplace_id", "person", "at", "id"], name="event_by_person")
        ),
        IsolateTable("audit_chainhead", installation_too=True),
        IsolateTable("audit_chaincheck", installation_too=True),
        NamedLookup(
            "audit_standings()",
            "table (marketplace_id bigint, held_at timestamptz, links bigint, fault text, fault_at timestamptz)",
            "select marketplace_id, held_at, links, fault, fault_at from audit_chaincheck order by marketplace_id",
        ),
        migrations.RunSQL(sql=_PURGE, reverse_sql="drop function purge_audit_events(timestamptz, integer);"),
    ]
