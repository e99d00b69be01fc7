"""The operator's list of marketplaces, and finding companies whose reseller relationship ended."""

from django.db import migrations, models

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the look-up and the index."""

    dependencies = [("accounts", "0001_initial"), ("marketplace", "0004_invitation_sending")]

    operations = [
        migrations.AddIndex(
            "company",
            models.Index(
                fields=["marketplace", "sort_name", "id"],
                condition=models.Q(relationship_ended_at__isnull=False),
                name="company_without_relationship",
            ),
        ),
        NamedLookup(
            "marketplaces_for_operator(bigint)",
            "table (id bigint, name text, language text, sharing_group_id bigint, created_at timestamptz)",
            """
            select m.id, m.name, m.language, m.sharing_group_id, m.created_at from marketplace_marketplace m
            where exists (select from accounts_account a where a.id = $1 and a.is_operator and a.is_active)
            order by m.name, m.id
            """,
        ),
    ]
