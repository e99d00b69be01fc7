"""Since when a list lacks somebody's licences, or a tenant's delegated administration, that are still kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns alone."""

    dependencies = [("sync", "0032_narrow_keys")]

    operations = [
        migrations.AddField("directoryuser", "unlicensed_since", models.DateTimeField(null=True)),
        migrations.AddField("sighting", "delegation_missing_since", models.DateTimeField(null=True)),
    ]
