"""Pushes: what providers promised to tell at once, and hints that wait until their time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the table; give hints a time."""

    dependencies = [
        ("connections", "0008_delegations_read"),
        ("sync", "0029_matching_epoch"),
    ]

    operations = [
        migrations.AddField("hint", "due_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "hint",
            "source",
            models.CharField(
                choices=[("notification", "notification"), ("activity", "activity log"), ("push", "push")],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="PushChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="connections.connection"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sync.tenant"),
                ),
                ("uid", models.UUIDField(unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("address", models.TextField()),
                ("resource", models.CharField(blank=True, max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("opening", "opening"), ("open", "open"), ("stopping", "stopping"), ("failed", "failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("messages", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("problem", models.TextField(blank=True)),
                ("shaken", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "tenant"), condition=models.Q(("state", "open")), name="one_open_push"
                    )
                ],
                "indexes": [models.Index(fields=["connection", "state"], name="push_by_state")],
            },
        ),
    ]
