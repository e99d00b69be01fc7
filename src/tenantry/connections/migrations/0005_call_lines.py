"""The call budgets move from observations to lines of their own: people are read without an observation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Make the table."""

    dependencies = [("connections", "0004_consent")]

    operations = [
        migrations.CreateModel(
            name="CallLine",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("reserved_until", models.DateTimeField()),
                ("per_second", models.FloatField()),
                ("refused_rate", models.FloatField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
