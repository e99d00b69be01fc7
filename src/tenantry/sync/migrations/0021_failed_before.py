"""Of the tenants that a reading could not read: how many of them could not be read the last time either."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the count."""

    dependencies = [("sync", "0020_queue_samples")]

    operations = [
        migrations.AddField("observation", "details_failed_before", models.IntegerField(default=0, db_default=0))
    ]
