"""What operators see of a connection on its page: its last test, a sign-in under way, when its secret ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies = [("connections", "0001_initial")]

    operations = [
        migrations.AddField("connection", "sealed_sign_in", models.BinaryField(null=True)),
        migrations.AddField("connection", "secret_expires_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "signed_in_as", models.CharField(max_length=254, default="", db_default="")),
        migrations.AddField("connection", "signed_in_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "test_results", models.JSONField(null=True)),
        migrations.AddField("connection", "relationship_link", models.TextField(default="", db_default="")),
        migrations.AddField("connection", "relationship_link_at", models.DateTimeField(null=True)),
    ]
