"""What retention has to know across marketplaces: which observations a run still names."""

from django.db import migrations

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the look-up."""

    dependencies = [("sync", "0008_match_keys")]

    operations = [
        NamedLookup(
            "observations_with_runs(bigint[])",
            "setof bigint",
            "select distinct observation_id from sync_run where observation_id = any($1)",
        ),
    ]
