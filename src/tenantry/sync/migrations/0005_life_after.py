"""How far a linked company follows its tenant, and the decisions of other marketplaces that may be offered."""

from django.db import migrations, models

from tenantry.isolation.policies import NamedLookup


class Migration(migrations.Migration):
    """Add the column and the look-up."""

    dependencies = [("marketplace", "0005_operator_view"), ("sync", "0004_automatic_creation")]

    operations = [
        migrations.AddField("tenantlink", "compared_at", models.DateTimeField(null=True)),
        NamedLookup(
            "offered_decisions(bigint, bigint)",
            "table (marketplace text, shared boolean, kind text, company_name text, country text, "
            "registration_number text, decided_at timestamptz)",
            """
            with here as (
                select m.id, m.sharing_group_id from marketplace_marketplace m
                join sync_pendingcompany p on p.marketplace_id = m.id and p.tenant_id = $1
                where m.id = nullif(current_setting('tenantry.marketplace', true), '')::bigint
            )
            select m.name, coalesce(m.sharing_group_id = here.sharing_group_id, false), d.kind,
                coalesce(c.name, d.company_name), coalesce(c.country, ''), coalesce(c.registration_number, ''),
                d.created_at
            from here
            join marketplace_marketplace m on m.id <> here.id and (
                m.sharing_group_id = here.sharing_group_id
                or 2 = (
                    select count(*) from marketplace_staffrole r join accounts_account a on a.id = r.account_id
                    where r.account_id = $2 and a.is_active and r.role = 'marketplace manager'
                    and r.marketplace_id in (here.id, m.id)
                )
            )
            join sync_pendingcompany p on p.marketplace_id = m.id and p.tenant_id = $1
                and p.state in ('created', 'linked', 'ignored')
            join lateral (
                select * from sync_decision d where d.pending_id = p.id and d.kind in ('create', 'link', 'ignore')
                and d.undone_by_id is null order by d.id desc limit 1
            ) d on true
            left join marketplace_company c on c.id = d.company_id
            order by m.name, m.id
            """,
        ),
    ]
