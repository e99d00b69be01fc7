"""How long the queue was, hour by hour."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create the table."""

    dependencies = [("marketplace", "0009_people"), ("sync", "0019_google_tenants")]

    operations = [
        migrations.CreateModel(
            name="QueueSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("waiting", models.IntegerField()),
                ("held", models.IntegerField()),
                ("snoozed", models.IntegerField()),
                (
                    "marketplace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="marketplace.marketplace",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="queuesample",
            constraint=models.UniqueConstraint(fields=("marketplace", "hour"), name="one_queue_sample_an_hour"),
        ),
        IsolateTable("sync_queuesample"),
    ]
