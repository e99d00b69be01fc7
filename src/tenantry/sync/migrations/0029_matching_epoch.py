"""Since when no change of a company was turned into work for the matcher."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """One small table; a marketplace's row is made when it is first matched."""

    dependencies = [("sync", "0028_changes_of_people")]

    operations = [
        migrations.CreateModel(
            name="MatchingEpoch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.BigIntegerField()),
                (
                    "marketplace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="marketplace.marketplace"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("marketplace",), name="one_matching_epoch")],
            },
        ),
        IsolateTable("sync_matchingepoch"),
    ]  # fmt: skip
