"""Which marketplaces are linked to a tenant: whether a person's data is another's business, too."""

from django.db import migrations

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the look-up."""

    dependencies = [("sync", "0021_failed_before")]

    operations = [
        NamedLookup(
            "tenant_marketplaces(bigint)",
            "setof bigint",
            "select distinct marketplace_id from sync_tenantlink where tenant_id = $1 and ended_at is null",
        ),
    ]
