"""People who were erased, and whether a login is needed by anybody else."""

from django.db import migrations, models

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the column and the look-up."""

    dependencies = [("accounts", "0002_identities"), ("marketplace", "0006_slim_match_keys")]

    operations = [
        migrations.AddField("user", "erased_at", models.DateTimeField(null=True)),
        NamedLookup(
            "account_in_use(bigint)",
            "boolean",
            """
            select exists (select from accounts_account where id = $1 and is_operator)
                or exists (select from marketplace_staffrole where account_id = $1)
                or exists (select from marketplace_user where account_id = $1)
            """,
        ),
    ]
