"""What monitoring asks across marketplaces: numbers alone."""

from django.db import migrations

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Create the look-ups."""

    dependencies = [("sync", "0017_people_kept")]

    operations = [
        NamedLookup(
            "runs_of_last_day()",
            "table (kind text, state text, runs bigint)",
            """
            select kind, state, count(*) from sync_run
            where created_at > now() - interval '1 day' or state in ('waiting', 'listing', 'applying', 'details')
            group by 1, 2 order by 1, 2
            """,
        ),
        NamedLookup(
            "holds_open()",
            "table (brake text, holds bigint)",
            "select brake, count(*) from sync_hold where state = 'open' group by 1 order by 1",
        ),
    ]
