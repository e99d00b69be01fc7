"""Keys of the full matcher: their table made anew, and every marketplace's keys to be written."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable

_MARKETPLACE = models.ForeignKey(
    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="marketplace.marketplace"
)
_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
_OWNED = {"abstract": False, "base_manager_name": "objects"}


class Migration(migrations.Migration):
    """Make tables, and ask for the keys."""

    dependencies = [("marketplace", "0006_slim_match_keys"), ("sync", "0007_problem_bits")]

    operations = [
        migrations.DeleteModel(name="PendingMatchKey"),
        migrations.CreateModel(
            name="PendingMatchKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "marketplace_id", "key", "pending_id", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(db_collation="C", max_length=61)),
                (
                    "marketplace",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE,
                        related_name="+", to="marketplace.marketplace",
                    ),
                ),
                (
                    "pending",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                        to="sync.pendingcompany",
                    ),
                ),
            ],
            options=_OWNED,
        ),
        IsolateTable("sync_pendingmatchkey"),
        migrations.DeleteModel(name="StaleMatchKey"),
        migrations.CreateModel(
            name="StaleMatching",
            fields=[
                ("id", _ID),
                ("key", models.CharField(blank=True, db_collation="C", max_length=61)),
                ("company_id", models.BigIntegerField(null=True)),
                ("pending_id", models.BigIntegerField(null=True)),
                ("marketplace", _MARKETPLACE),
            ],
            options=_OWNED,
        ),
        IsolateTable("sync_stalematching"),
        migrations.CreateModel(
            name="KeyRebuild",
            fields=[
                ("id", _ID),
                ("companies_done", models.BooleanField(db_default=False, default=False)),
                ("after", models.BigIntegerField(db_default=0, default=0)),
                ("marketplace", _MARKETPLACE),
            ],
            options={
                **_OWNED,
                "constraints": [models.UniqueConstraint(fields=("marketplace",), name="one_key_rebuild")],
            },
        ),
        IsolateTable("sync_keyrebuild"),
        migrations.RunSQL(
            "insert into sync_keyrebuild (marketplace_id) select id from marketplace_marketplace",
            migrations.RunSQL.noop,
        ),
    ]  # fmt: skip
