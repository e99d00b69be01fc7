"""Kept answers that have a secret are sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column."""

    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.AddField("storedanswer", "sealed_body", models.BinaryField(null=True)),
    ]
