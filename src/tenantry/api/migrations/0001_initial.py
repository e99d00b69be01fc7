"""Answers to calls with an ``Idempotency-Key``."""

from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create the table."""

    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("marketplace_id", models.BigIntegerField()),
                ("token_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=200)),
                ("request", models.BinaryField(max_length=32)),
                ("status", models.IntegerField(default=0)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["marketplace_id", "created_at"], name="answer_by_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("marketplace_id", "token_id", "key"), name="one_answer_per_key")
                ],
            },
        ),
        IsolateTable("api_storedanswer", installation_too=True),
    ]
