"""Decisions, matches, holds and their approvals, requests to connect, the other Company Sync settings."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create them."""

    dependencies = [
        ('connections', '0001_initial'),
        ('marketplace', '0002_people_imports'),
        ('sync', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_hash', models.UUIDField()),
                ('approved_by_id', models.BigIntegerField(null=True)),
                ('approved_by_name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='BrakeLimits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('creations_per_run', models.IntegerField(default=25)),
                ('invitations_ask_above', models.IntegerField(default=200)),
                ('invitations_per_hour', models.IntegerField(default=50)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by_name', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ConnectRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(blank=True, db_collation='C', max_length=255)),
                ('external_id', models.CharField(blank=True, db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('complete', 'complete'), ('cancelled', 'cancelled')], default='pending', max_length=10)),
                ('requested_by_id', models.BigIntegerField(null=True)),
                ('requested_by_name', models.CharField(max_length=200)),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('create', 'created as a company'), ('link', 'linked to a company'), ('ignore', 'ignored'), ('snooze', 'snoozed'), ('reopen', 'reopened'), ('not_this_company', 'not this company'), ('undo', 'undone')], max_length=20)),
                ('company_name', models.CharField(blank=True, max_length=300)),
                ('reason_key', models.CharField(blank=True, max_length=30)),
                ('reason', models.TextField(blank=True)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('undo', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brake', models.CharField(max_length=30)),
                ('reason', models.TextField()),
                ('limit', models.IntegerField(null=True)),
                ('count', models.IntegerField()),
                ('state', models.CharField(choices=[('open', 'waits for a person'), ('released', 'released'), ('rejected', 'rejected'), ('over', 'nothing left to decide')], default='open', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('certainty', models.SmallIntegerField()),
                ('score', models.FloatField(default=0.0)),
                ('evidence', models.JSONField(default=list)),
                ('rejected_at', models.DateTimeField(null=True)),
                ('rejected_by_name', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PendingMatchKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(db_collation='C', max_length=12)),
                ('key', models.CharField(db_collation='C', max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='change',
            name='attempts',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='change',
            name='details',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='change',
            name='next_attempt_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='companysyncsettings',
            name='create_automatically',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='companysyncsettings',
            name='create_automatically_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='companysyncsettings',
            name='customer_support',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='companysyncsettings',
            name='invite_admins',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='companysyncsettings',
            name='sales_support',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='entitlement',
            name='link_company',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='automatic_problems',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='by_hand',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='certainty',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='company',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='decided_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='decided_by_name',
            field=models.CharField(db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='match_count',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='matched_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='snoozed_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='pendingcompany',
            name='version',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('companies', 'Company Sync'), ('decisions', 'decisions')], db_default='companies', default='companies', max_length=12),
        ),
        migrations.AlterField(
            model_name='run',
            name='connection',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection'),
        ),
        migrations.AlterField(
            model_name='run',
            name='trigger',
            field=models.CharField(choices=[('button', 'Sync now'), ('settings', 'Company Sync switched on'), ('command_line', 'command line'), ('schedule', 'schedule'), ('decisions', 'decisions on many rows'), ('release', 'release of held rows')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'certainty', 'id'], name='pending_by_certainty'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'decided_at', 'id'], name='pending_by_decision'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'matched_at', 'id'], name='pending_by_matching'),
        ),
        migrations.AddField(
            model_name='approval',
            name='change',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='sync.change'),
        ),
        migrations.AddField(
            model_name='approval',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='brakelimits',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='connectrequest',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connect_requests', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='connectrequest',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='connectrequest',
            name='tenant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='decision',
            name='company',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='decision',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='decision',
            name='pending',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='sync.pendingcompany'),
        ),
        migrations.AddField(
            model_name='decision',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sync.run'),
        ),
        migrations.AddField(
            model_name='decision',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.tenant'),
        ),
        migrations.AddField(
            model_name='decision',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undoes', to='sync.decision'),
        ),
        migrations.AddField(
            model_name='tenantlink',
            name='decision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sync.decision'),
        ),
        migrations.AddField(
            model_name='hold',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='hold',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='sync.run'),
        ),
        migrations.AddField(
            model_name='change',
            name='hold',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to='sync.hold'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['marketplace', 'state', 'kind', 'id'], name='change_by_state'),
        ),
        migrations.AddField(
            model_name='match',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='match',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='match',
            name='pending',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='sync.pendingcompany'),
        ),
        migrations.AddField(
            model_name='pendingmatchkey',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='pendingmatchkey',
            name='pending',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.pendingcompany'),
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(fields=['change', '-created_at'], name='approval_of_change'),
        ),
        migrations.AddConstraint(
            model_name='brakelimits',
            constraint=models.UniqueConstraint(fields=('marketplace',), name='one_brake_limits_per_marketplace'),
        ),
        migrations.AddConstraint(
            model_name='connectrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending'), models.Q(('domain', ''), _negated=True)), fields=('marketplace', 'domain'), name='one_pending_request_per_domain'),
        ),
        migrations.AddConstraint(
            model_name='connectrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending'), models.Q(('external_id', ''), _negated=True)), fields=('marketplace', 'external_id'), name='one_pending_request_per_tenant_id'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['pending', '-id'], name='decision_of_pending'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['marketplace', '-created_at'], name='decision_by_age'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['tenant', '-id'], name='decision_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['marketplace', 'state', '-created_at'], name='hold_by_state'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(fields=('run', 'brake'), name='one_hold_per_run_and_brake'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.UniqueConstraint(fields=('pending', 'company'), name='one_match_per_company'),
        ),
        migrations.AddIndex(
            model_name='pendingmatchkey',
            index=models.Index(fields=['marketplace', 'kind', 'key', 'pending'], name='pending_match_key_lookup'),
        ),
        IsolateTable("sync_approval"),
        IsolateTable("sync_brakelimits"),
        IsolateTable("sync_connectrequest"),
        IsolateTable("sync_decision"),
        IsolateTable("sync_hold"),
        IsolateTable("sync_match"),
        IsolateTable("sync_pendingmatchkey"),
    ]
