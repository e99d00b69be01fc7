"""What providers call the SKUs that people have: licences are shown by name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A shared table, empty: names come while people are read."""

    dependencies = [("sync", "0030_pushes")]

    operations = [
        migrations.CreateModel(
            name="LicenceName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=20)),
                ("sku_id", models.CharField(db_collation="C", max_length=100)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(blank=True, max_length=200)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("provider", "sku_id"), name="licence_named_once")],
            },
        ),
    ]
