"""Links that took a membership with them, tries of one tenant in a run, and whose people anybody still needs."""

from django.db import migrations, models

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the columns and the look-up."""

    dependencies = [("sync", "0016_hints")]

    operations = [
        migrations.AddField("runtenant", "attempts", models.SmallIntegerField(default=0, db_default=0)),
        migrations.AddField("userlink", "deactivated", models.BooleanField(default=False, db_default=False)),
        NamedLookup(
            "people_referenced(bigint[])",
            "setof bigint",
            """
            select person_id from sync_userlink where person_id = any($1)
            union select person_id from sync_personstanding where person_id = any($1)
            """,
        ),
        NamedLookup(
            "people_needed(bigint[], timestamptz)",
            "setof bigint",
            """
            select person_id from sync_userlink where person_id = any($1) and ended_at is null
            union select person_id from sync_personstanding
            where person_id = any($1) and (verdict <> 'out' or since > $2)
            """,
        ),
    ]
