"""Google customers have a list of their own in each marketplace."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


class Migration(migrations.Migration):
    """Make it."""

    dependencies = [("marketplace", "0001_initial"), ("sync", "0018_operations")]

    operations = [
        migrations.CreateModel(
            name="GoogleTenant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "marketplace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="marketplace.marketplace"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sync.tenant"),
                ),
                (
                    "state",
                    models.CharField(
                        max_length=12,
                        default="needs_link",
                        choices=[
                            ("needs_link", "needs link"),
                            ("linked", "linked"),
                            ("ignored", "ignored"),
                            ("gone", "no longer seen"),
                        ],
                    ),
                ),
                ("gone_from", models.CharField(blank=True, max_length=12)),
                ("sort_name", models.CharField(db_collation="C", max_length=200)),
                ("domain", models.CharField(max_length=255)),
                ("content_hash", models.UUIDField()),
                (
                    "rejected",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("first_seen_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("version", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("marketplace", "tenant"), name="one_google_tenant")
                ],
                "indexes": [
                    models.Index(fields=["marketplace", "state", "sort_name", "id"], name="google_tenant_by_name")
                ],
            },
        ),
        IsolateTable("sync_googletenant"),
        NamedLookup(
            "google_marketplaces_of(bigint)",
            "table (marketplace_id bigint, tenant_ids text[])",
            """
            select f.marketplace_id, f.tenant_ids from sync_feed f
            join sync_entitlement e on e.marketplace_id = f.marketplace_id
            join connections_connection c on c.id = f.connection_id
            where f.connection_id = $1 and c.provider = 'google' and e.user_sync_google
            order by f.marketplace_id
            """,
        ),
    ]
