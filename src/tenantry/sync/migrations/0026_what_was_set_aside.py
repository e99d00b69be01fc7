"""What was being read when a connection was set aside: its list of tenants, or people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Whoever was set aside until now was reading tenants."""

    dependencies = [("sync", "0025_removals_approvers")]

    operations = [
        migrations.AddField(
            "quarantine",
            "kind",
            models.CharField(
                max_length=10,
                choices=[("companies", "the list of tenants"), ("people", "the people of one tenant")],
                default="companies",
                db_default="companies",
            ),
        ),
    ]
