"""What delegated administration a partner has in each tenant, and until when."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies = [("sync", "0023_keys_of_contacts")]

    operations = [
        migrations.AddField(
            "sighting", "delegation_status", models.CharField(max_length=30, blank=True, default="", db_default="")
        ),
        migrations.AddField(
            "sighting", "delegation_name", models.CharField(max_length=200, blank=True, default="", db_default="")
        ),
        migrations.AddField(
            "sighting",
            "delegation_roles",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=36), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField("sighting", "delegation_ends_at", models.DateTimeField(null=True)),
        migrations.AddField("sighting", "delegation_read_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "sighting",
            models.Index(
                fields=["connection", "delegation_ends_at"],
                condition=models.Q(delegation_ends_at__isnull=False),
                name="sighting_delegation_ends",
            ),
        ),
    ]
