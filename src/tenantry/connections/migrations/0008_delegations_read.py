"""When the delegated administration of a connection's customers was read last, and why it could not be."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies = [("connections", "0007_provider_calls")]

    operations = [
        migrations.AddField("connection", "delegations_read_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "delegations_tried_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "delegations_problem", models.TextField(default="", db_default="")),
    ]
