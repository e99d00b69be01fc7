"""User Sync: people of the directories, what each marketplace made of them, its settings, and the schedules."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup

LIVE_RUNS = NamedLookup(
    "live_runs_of_connection(bigint)",
    "table (run_id bigint, marketplace_id bigint, observation_id bigint, state text, preview boolean)",
    """
    select id, marketplace_id, observation_id, state, preview from sync_run
    where connection_id = $1 and kind = 'companies' and state in ('waiting', 'listing', 'applying', 'details')
    order by id
    """,
)


class Migration(migrations.Migration):
    """Create them."""

    dependencies = [
        ('connections', '0002_care'),
        ('marketplace', '0009_people'),
        ('sync', '0010_delegated_admin'),
    ]

    operations = [
        migrations.CreateModel(
            name='DirectoryUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(db_collation='C', max_length=64)),
                ('presence', models.CharField(max_length=10)),
                ('user_name', models.TextField(null=True)),
                ('email', models.TextField(null=True)),
                ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)),
                ('display_name', models.TextField(null=True)),
                ('first_name', models.TextField(null=True)),
                ('last_name', models.TextField(null=True)),
                ('kind', models.CharField(max_length=10, null=True)),
                ('enabled', models.BooleanField(null=True)),
                ('suspension', models.TextField(null=True)),
                ('archived', models.BooleanField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('admin', models.CharField(max_length=10, null=True)),
                ('org_unit', models.TextField(null=True)),
                ('licences', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)),
                ('language', models.TextField(null=True)),
                ('country', models.TextField(null=True)),
                ('phone', models.TextField(null=True)),
                ('job_title', models.TextField(null=True)),
                ('department', models.TextField(null=True)),
                ('guest_email', models.TextField(null=True)),
                ('created_at', models.DateTimeField(null=True)),
                ('signed_in', models.BooleanField(null=True)),
                ('last_sign_in', models.DateTimeField(null=True)),
                ('listing_hash', models.UUIDField(null=True)),
                ('content_hash', models.UUIDField()),
                ('first_seen_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('missing_since', models.DateTimeField(null=True)),
                ('missing_listings', models.SmallIntegerField(db_default=0, default=0)),
                ('left_at', models.DateTimeField(null=True)),
                ('emptied_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PeopleReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('api', models.CharField(blank=True, max_length=20)),
                ('api_reason', models.TextField(blank=True)),
                ('tried_at', models.DateTimeField(null=True)),
                ('users_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('licences_at', models.DateTimeField(null=True)),
                ('administrators_at', models.DateTimeField(null=True)),
                ('people', models.IntegerField(default=0)),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None)),
                ('stale_since', models.DateTimeField(null=True)),
                ('failure', models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PersonStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20)),
                ('verdict', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=40)),
                ('since', models.DateTimeField()),
                ('sort_name', models.CharField(db_collation='C', max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RunTenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('read', 'read, being planned'), ('done', 'done'), ('failed', 'could not be read'), ('skipped', 'left out')], default='waiting', max_length=10)),
                ('observation_id', models.BigIntegerField(null=True)),
                ('complete', models.BooleanField(default=False)),
                ('plan_cursor', models.BigIntegerField(default=0)),
                ('records', models.IntegerField(default=0)),
                ('invalid', models.IntegerField(default=0)),
                ('repeated', models.IntegerField(default=0)),
                ('people', models.IntegerField(default=0)),
                ('unchanged', models.IntegerField(default=0)),
                ('skipped', models.IntegerField(default=0)),
                ('with_changes', models.IntegerField(default=0)),
                ('failure', models.JSONField(null=True)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('companies', 'the list of tenants'), ('people', 'the people of one tenant')], max_length=12)),
                ('every_minutes', models.IntegerField()),
                ('next_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by_name', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='UserLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_by', models.CharField(choices=[('created', 'came in through the sync'), ('email', 'same e-mail address'), ('alias', 'an alias is the e-mail address'), ('person', 'linked by a person')], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(blank=True, max_length=30)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='UserSyncSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(choices=[('microsoft', 'Microsoft'), ('google', 'Google')], max_length=20)),
                ('user_sync', models.BooleanField(default=False)),
                ('invite_automatically', models.BooleanField(default=False)),
                ('invite_since', models.DateTimeField(null=True)),
                ('role', models.CharField(choices=[('administrator', 'Company Administrator'), ('user', 'User')], default='user', max_length=20)),
                ('licensed_only', models.BooleanField(default=False)),
                ('no_guests', models.BooleanField(default=False)),
                ('no_disabled', models.BooleanField(default=False)),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, default=list, size=None)),
                ('org_units', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=1000), blank=True, default=list, size=None)),
                ('leavers', models.CharField(choices=[('report_only', 'report_only'), ('deactivate', 'deactivate')], default='report_only', max_length=12)),
                ('precedence', models.SmallIntegerField(default=0)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by_name', models.CharField(blank=True, max_length=200)),
                ('version', models.IntegerField(default=0)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='change',
            name='one_planned_change_of_a_kind',
        ),
        migrations.RemoveConstraint(
            model_name='observation',
            name='one_live_observation_per_connection',
        ),
        migrations.RenameField(
            model_name='observationpage',
            old_name='tenant_ids',
            new_name='row_ids',
        ),
        migrations.AddField(
            model_name='change',
            name='person_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='change',
            name='subject_kind',
            field=models.CharField(choices=[('tenant', 'tenant'), ('person', 'person')], db_default='tenant', default='tenant', max_length=10),
        ),
        migrations.AddField(
            model_name='entitlement',
            name='user_sync_google',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='entitlement',
            name='user_sync_microsoft',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='observation',
            name='kind',
            field=models.CharField(choices=[('companies', 'the list of tenants'), ('people', 'the people of one tenant')], db_default='companies', default='companies', max_length=12),
        ),
        migrations.AddField(
            model_name='observation',
            name='listing',
            field=models.CharField(blank=True, db_default='', default='', max_length=12),
        ),
        migrations.AddField(
            model_name='observation',
            name='tenant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='run',
            name='company',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='run',
            name='person_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('companies', 'Company Sync'), ('decisions', 'decisions'), ('people', 'User Sync')], db_default='companies', default='companies', max_length=12),
        ),
        migrations.AlterField(
            model_name='run',
            name='trigger',
            field=models.CharField(choices=[('button', 'Sync now'), ('settings', 'Company Sync switched on'), ('command_line', 'command line'), ('schedule', 'schedule'), ('decisions', 'decisions on many rows'), ('release', 'release of held rows'), ('force', 'Force user sync'), ('person', 'Sync this person now'), ('hint', 'hint from the provider')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('person_id__isnull', False)), fields=['marketplace', 'person_id', '-id'], name='change_of_person'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['connection', 'kind', '-id'], name='observation_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(condition=models.Q(('person_id__isnull', True), ('state', 'planned')), fields=('run', 'tenant', 'kind'), name='one_planned_change_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(condition=models.Q(('person_id__isnull', False), ('state', 'planned')), fields=('run', 'person_id', 'kind'), name='one_planned_change_per_person'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'listing']), ('tenant__isnull', True)), fields=('connection', 'kind'), name='one_live_observation_per_kind'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'listing']), ('tenant__isnull', False)), fields=('connection', 'kind', 'tenant'), name='one_live_observation_per_tenant'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'companies'), ('tenant__isnull', True)), models.Q(('kind', 'people'), ('tenant__isnull', False)), _connector='OR'), name='people_are_of_a_tenant'),
        ),
        migrations.AddField(
            model_name='directoryuser',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='peoplereading',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people_readings', to='connections.connection'),
        ),
        migrations.AddField(
            model_name='peoplereading',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people_readings', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='personstanding',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='personstanding',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='personstanding',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.directoryuser'),
        ),
        migrations.AddField(
            model_name='personstanding',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='runtenant',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='runtenant',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='runtenant',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tenants', to='sync.run'),
        ),
        migrations.AddField(
            model_name='runtenant',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='connections.connection'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='membership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='directory_links', to='marketplace.membership'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.directoryuser'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sync.run'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='userlink',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='directory_links', to='marketplace.user'),
        ),
        migrations.AddField(
            model_name='usersyncsettings',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddIndex(
            model_name='directoryuser',
            index=models.Index(condition=models.Q(('missing_since__isnull', False)), fields=['tenant'], name='directory_user_missing'),
        ),
        migrations.AddConstraint(
            model_name='directoryuser',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='directory_user_once'),
        ),
        migrations.AddConstraint(
            model_name='peoplereading',
            constraint=models.UniqueConstraint(fields=('connection', 'tenant'), name='one_people_reading'),
        ),
        migrations.AddIndex(
            model_name='personstanding',
            index=models.Index(fields=['marketplace', 'company', 'sort_name', 'id'], name='standing_of_company'),
        ),
        migrations.AddIndex(
            model_name='personstanding',
            index=models.Index(fields=['marketplace', 'verdict', 'sort_name', 'id'], name='standing_by_verdict'),
        ),
        migrations.AddIndex(
            model_name='personstanding',
            index=models.Index(fields=['marketplace', 'reason', 'sort_name', 'id'], name='standing_by_reason'),
        ),
        migrations.AddIndex(
            model_name='personstanding',
            index=models.Index(fields=['marketplace', 'tenant', 'person'], name='standing_of_tenant'),
        ),
        migrations.AddConstraint(
            model_name='personstanding',
            constraint=models.UniqueConstraint(fields=('marketplace', 'person'), name='one_standing_per_person'),
        ),
        migrations.AddIndex(
            model_name='runtenant',
            index=models.Index(fields=['run', 'state', 'id'], name='run_tenant_by_state'),
        ),
        migrations.AddConstraint(
            model_name='runtenant',
            constraint=models.UniqueConstraint(fields=('run', 'tenant'), name='one_row_per_run_and_tenant'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.UniqueConstraint(fields=('connection', 'kind'), name='one_schedule_per_kind'),
        ),
        migrations.AddIndex(
            model_name='userlink',
            index=models.Index(fields=['marketplace', 'person', '-id'], name='user_link_of_person'),
        ),
        migrations.AddIndex(
            model_name='userlink',
            index=models.Index(fields=['marketplace', 'created_at', 'id'], name='user_link_by_age'),
        ),
        migrations.AddConstraint(
            model_name='userlink',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('marketplace', 'person'), name='one_live_user_link'),
        ),
        migrations.AddConstraint(
            model_name='usersyncsettings',
            constraint=models.UniqueConstraint(fields=('marketplace', 'provider'), name='one_user_sync_per_provider'),
        ),
        IsolateTable("sync_usersyncsettings"),
        IsolateTable("sync_userlink"),
        IsolateTable("sync_personstanding"),
        IsolateTable("sync_runtenant"),
        migrations.RunSQL("drop function live_runs_of_connection(bigint)", migrations.RunSQL.noop),
        LIVE_RUNS,
        NamedLookup(
            "live_people_runs(bigint)",
            "table (run_id bigint, marketplace_id bigint, company_id bigint, state text, preview boolean)",
            """
            select id, marketplace_id, company_id, state, preview from sync_run
            where connection_id = $1 and kind = 'people' and state in ('waiting', 'listing', 'applying', 'details')
            order by id
            """,
        ),
        NamedLookup(
            "marketplaces_syncing_people(bigint)",
            "setof bigint",
            """
            select f.marketplace_id from sync_feed f
            join connections_connection c on c.id = f.connection_id
            join sync_entitlement e on e.marketplace_id = f.marketplace_id
            join sync_usersyncsettings s on s.marketplace_id = f.marketplace_id and s.provider = c.provider
            where f.connection_id = $1 and s.user_sync
            and case c.provider when 'google' then e.user_sync_google else e.user_sync_microsoft end
            order by f.marketplace_id
            """,
        ),
        NamedLookup(
            "tenants_linked_anywhere(bigint[])",
            "setof bigint",
            "select distinct tenant_id from sync_tenantlink where tenant_id = any($1) and ended_at is null",
        ),
    ]
