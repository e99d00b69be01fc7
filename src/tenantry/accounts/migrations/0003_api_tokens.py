"""Tokens of the REST API, the look-up before the marketplace is known, and the count of their uses."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


class Migration(migrations.Migration):
    """Create the tables."""

    dependencies = [("accounts", "0002_identities")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("marketplace_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=12)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("scopes", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["marketplace_id", "created_at", "id"], name="token_by_marketplace")]
            },
        ),
        IsolateTable("accounts_apitoken", installation_too=True),
        migrations.CreateModel(
            name="TokenUse",
            fields=[
                ("token_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("window_at", models.DateTimeField()),
                ("asked", models.IntegerField()),
                ("last_used_at", models.DateTimeField()),
            ],
        ),
        NamedLookup(
            "api_token_by_digest(bytea)",
            "table (id bigint, account_id bigint, marketplace_id bigint, name text, scopes jsonb, "
            "expires_at timestamptz)",
            """
            select t.id, t.account_id, t.marketplace_id, t.name, t.scopes, t.expires_at from accounts_apitoken t
            join accounts_account a on a.id = t.account_id and a.is_active
            where t.digest = $1 and t.revoked_at is null
            """,
        ),
    ]
