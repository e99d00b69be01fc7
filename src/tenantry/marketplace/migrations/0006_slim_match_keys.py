"""Match keys as narrow rows. They are made of what companies say: the table is made anew, its rows follow (sync 0007)."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Make the table anew."""

    dependencies = [("marketplace", "0005_operator_view")]

    operations = [
        migrations.DeleteModel(name="CompanyMatchKey"),
        migrations.CreateModel(
            name="CompanyMatchKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "marketplace_id", "key", "company_id", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(db_collation="C", max_length=61)),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                        to="marketplace.company",
                    ),
                ),
                (
                    "marketplace",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE,
                        related_name="+", to="marketplace.marketplace",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        IsolateTable("marketplace_companymatchkey"),
    ]  # fmt: skip
