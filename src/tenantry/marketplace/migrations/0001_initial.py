"""The first tables of marketplace."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


class Migration(migrations.Migration):
    """Create them."""

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Marketplace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('status', models.CharField(choices=[('pending', 'pending'), ('enabled', 'enabled'), ('disabled', 'disabled'), ('without_login', 'without login')], default='without_login', max_length=20)),
                ('origin', models.CharField(choices=[('by_hand', 'created by hand'), ('import', 'import'), ('sync', 'Company Sync')], max_length=20)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('external_id', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField()),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('marketplace', 'external_id'), name='company_external_id_once')],
            },
        ),
        migrations.CreateModel(
            name='StaffRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('operator', 'operator'), ('marketplace manager', 'marketplace manager'), ('sales support', 'sales support'), ('customer support', 'customer support')], max_length=30)),
                ('created_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('marketplace', 'account'), name='one_role_per_marketplace')],
            },
        ),
        IsolateTable("marketplace_marketplace", "id"),
        IsolateTable("marketplace_staffrole"),
        IsolateTable("marketplace_company"),
        NamedLookup(
            "workplaces_of_account(bigint)",
            "table (marketplace_id bigint, name text, role text)",
            """
            select m.id, m.name, case when a.is_operator then 'operator' else r.role end
            from accounts_account a
            cross join marketplace_marketplace m
            left join marketplace_staffrole r on r.marketplace_id = m.id and r.account_id = a.id
            where a.id = $1 and a.is_active and (a.is_operator or r.id is not null)
            order by m.name, m.id
            """,
        ),
        NamedLookup("every_marketplace_id()", "setof bigint", "select id from marketplace_marketplace order by id"),
    ]
