"""Where each directory tells what changed, and when everybody was last listed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns alone: the next run lists everybody, and gets a position."""

    dependencies = [("sync", "0027_values_taken_back")]

    operations = [
        migrations.AddField("peoplereading", "changes", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("peoplereading", "listed_at", models.DateTimeField(null=True)),
    ]
