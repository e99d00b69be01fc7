"""The first tables of sync."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


class Migration(migrations.Migration):
    """Create them."""

    initial = True

    dependencies = [
        ('connections', '0001_initial'),
        ('marketplace', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting to start'), ('listing', 'reading the list'), ('done', 'list read'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=12)),
                ('generation', models.IntegerField(default=1)),
                ('cursor', models.TextField(blank=True)),
                ('pages', models.IntegerField(default=0)),
                ('complete', models.BooleanField(default=False)),
                ('preview_only', models.BooleanField(default=False)),
                ('records', models.IntegerField(default=0)),
                ('invalid', models.IntegerField(default=0)),
                ('repeated', models.IntegerField(default=0)),
                ('new', models.IntegerField(default=0)),
                ('changed', models.IntegerField(default=0)),
                ('expected', models.IntegerField(null=True)),
                ('details_read', models.IntegerField(default=0)),
                ('details_failed', models.IntegerField(default=0)),
                ('details_total', models.IntegerField(default=0)),
                ('budget_key', models.CharField(blank=True, max_length=80)),
                ('calls_reserved_until', models.DateTimeField(null=True)),
                ('failure', models.JSONField(null=True)),
                ('failures_in_a_row', models.IntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('listed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='observations', to='connections.connection')),
            ],
        ),
        migrations.CreateModel(
            name='ObservationPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('generation', models.IntegerField()),
                ('number', models.IntegerField()),
                ('tenant_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('observation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='page_rows', to='sync.observation')),
            ],
        ),
        migrations.CreateModel(
            name='PendingCompany',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'needs decision'), ('held', 'held'), ('ignored', 'ignored'), ('snoozed', 'snoozed'), ('created', 'created'), ('linked', 'linked'), ('withdrawn', 'withdrawn')], default='pending', max_length=12)),
                ('name', models.TextField()),
                ('sort_name', models.TextField(db_collation='C')),
                ('country', models.CharField(max_length=2)),
                ('domain', models.CharField(db_collation='C', max_length=255)),
                ('contact_name', models.TextField()),
                ('contact_email', models.TextField()),
                ('sort_contact', models.TextField(db_collation='C')),
                ('problems', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('content_hash', models.UUIDField()),
                ('first_seen_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PendingKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(db_collation='C', max_length=64)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('pending', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.pendingcompany')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trigger', models.CharField(choices=[('button', 'Sync now'), ('settings', 'Company Sync switched on'), ('command_line', 'command line'), ('schedule', 'schedule')], max_length=20)),
                ('preview', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting to start'), ('listing', 'reading the list'), ('applying', 'planning and applying'), ('details', 'reading details'), ('done', 'done'), ('previewed', 'previewed'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=12)),
                ('complete', models.BooleanField(default=False)),
                ('requested_by', models.CharField(blank=True, max_length=200)),
                ('plan_cursor', models.BigIntegerField(default=0)),
                ('counters', models.JSONField(default=dict)),
                ('suspect', models.TextField(blank=True)),
                ('failure', models.JSONField(null=True)),
                ('note', models.TextField(blank=True)),
                ('cancel_requested_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('listed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('observation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sync.observation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20)),
                ('cloud', models.CharField(max_length=20)),
                ('external_id', models.CharField(max_length=64)),
                ('name', models.TextField()),
                ('domain', models.CharField(max_length=255)),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)),
                ('country', models.CharField(db_default='', default='', max_length=2)),
                ('contact_first_name', models.TextField(db_default='', default='')),
                ('contact_last_name', models.TextField(db_default='', default='')),
                ('contact_email', models.TextField(db_default='', default='')),
                ('contact_phone', models.TextField(db_default='', default='')),
                ('contact_language', models.TextField(db_default='', default='')),
                ('address', models.JSONField(null=True)),
                ('registration_number', models.TextField(db_default='', default='')),
                ('delegated_admin', models.BooleanField(null=True)),
                ('indirect_reseller_id', models.CharField(db_default='', default='', max_length=64)),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None)),
                ('details_at', models.DateTimeField(null=True)),
                ('details_problem', models.TextField(db_default='', default='')),
                ('content_hash', models.UUIDField()),
                ('first_seen_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'cloud', 'external_id'), name='tenant_identity_once')],
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('relationship', models.CharField(max_length=20)),
                ('content_hash', models.UUIDField()),
                ('first_seen_at', models.DateTimeField()),
                ('missing_since', models.DateTimeField(null=True)),
                ('missing_listings', models.SmallIntegerField(db_default=0, default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('details_at', models.DateTimeField(null=True)),
                ('details_due_at', models.DateTimeField(null=True)),
                ('details_failures', models.SmallIntegerField(db_default=0, default=0)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='connections.connection')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='sync.tenant')),
            ],
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant'),
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('reference', models.CharField(max_length=200)),
                ('reason', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('observation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='sync.observation')),
                ('tenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('subject', models.CharField(max_length=64)),
                ('subject_name', models.TextField()),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField()),
                ('state', models.CharField(choices=[('planned', 'planned'), ('held', 'held'), ('approved', 'approved'), ('rejected', 'rejected'), ('applied', 'applied'), ('stale', 'stale'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('undone', 'undone')], default='planned', max_length=10)),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='sync.run')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TenantLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='marketplace.company')),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CompanySyncSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_sync', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by_name', models.CharField(blank=True, max_length=200)),
                ('version', models.IntegerField(default=0)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('marketplace',), name='one_company_sync_per_marketplace')],
            },
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_sync', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField()),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('marketplace',), name='one_entitlement_per_marketplace')],
            },
        ),
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None)),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, default=list, size=None)),
                ('indirect_resellers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('tenant_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('created_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('marketplace', 'connection'), name='one_feed_per_connection')],
            },
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['budget_key', '-calls_reserved_until'], name='observation_budget'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'listing'])), fields=('connection',), name='one_live_observation_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='observationpage',
            constraint=models.UniqueConstraint(fields=('observation', 'generation', 'number'), name='page_counts_once'),
        ),
        migrations.AddIndex(
            model_name='pendingkey',
            index=models.Index(fields=['marketplace', 'key', 'pending'], name='pending_key_lookup'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['marketplace', '-created_at'], name='run_by_age'),
        ),
        migrations.AddIndex(
            model_name='sighting',
            index=models.Index(fields=['connection', 'details_due_at'], name='sighting_details_due'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('connection', 'tenant'), name='one_sighting_per_connection'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'sort_name', 'id'], name='pending_by_name'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'country', 'id'], name='pending_by_country'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'domain', 'id'], name='pending_by_domain'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'sort_contact', 'id'], name='pending_by_contact'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'first_seen_at', 'id'], name='pending_by_age'),
        ),
        migrations.AddConstraint(
            model_name='pendingcompany',
            constraint=models.UniqueConstraint(fields=('marketplace', 'tenant'), name='one_pending_per_tenant'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['run', 'state', 'id'], name='change_by_run'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('run', 'tenant'), name='one_planned_change_per_tenant'),
        ),
        migrations.AddConstraint(
            model_name='tenantlink',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('marketplace', 'tenant'), name='one_live_link_per_tenant'),
        ),
        IsolateTable("sync_entitlement"),
        IsolateTable("sync_companysyncsettings"),
        IsolateTable("sync_feed"),
        IsolateTable("sync_pendingcompany"),
        IsolateTable("sync_pendingkey"),
        IsolateTable("sync_tenantlink"),
        IsolateTable("sync_run"),
        IsolateTable("sync_change"),
        NamedLookup(
            "marketplaces_fed_by(bigint)",
            "table (marketplace_id bigint, syncing boolean, tenant_ids text[])",
            """
            select f.marketplace_id, coalesce(e.company_sync and s.company_sync, false), f.tenant_ids
            from sync_feed f
            left join sync_entitlement e on e.marketplace_id = f.marketplace_id
            left join sync_companysyncsettings s on s.marketplace_id = f.marketplace_id
            where f.connection_id = $1
            order by f.marketplace_id
            """,
        ),
        NamedLookup(
            "live_runs_of_connection(bigint)",
            "table (run_id bigint, marketplace_id bigint, observation_id bigint, state text, preview boolean)",
            """
            select id, marketplace_id, observation_id, state, preview from sync_run
            where connection_id = $1 and state in ('waiting', 'listing', 'applying', 'details')
            order by id
            """,
        ),
    ]
