"""Observations no longer carry the call budget: it has lines of its own in ``connections``."""

from django.db import migrations


class Migration(migrations.Migration):
    """Drop the index and the columns."""

    dependencies = [("sync", "0012_limits_of_removals"), ("connections", "0005_call_lines")]

    operations = [
        migrations.RemoveIndex("observation", "observation_budget"),
        migrations.RemoveField("observation", "budget_key"),
        migrations.RemoveField("observation", "calls_reserved_until"),
    ]
