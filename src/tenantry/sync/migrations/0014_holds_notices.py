"""Holds of any kind of change, notices with who read them, and connections that are set aside."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create and widen them."""

    dependencies = [
        ('connections', '0003_google'),
        ('marketplace', '0009_people'),
        ('sync', '0013_budget_elsewhere'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(db_collation='C', max_length=80)),
                ('state', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=40)),
                ('parameters', models.JSONField(default=dict)),
                ('link', models.CharField(blank=True, max_length=200)),
                ('recovery', models.BooleanField(default=False)),
                ('latest', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='NoticeRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField()),
                ('read_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='OperatorNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(db_collation='C', max_length=80)),
                ('state', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=40)),
                ('parameters', models.JSONField(default=dict)),
                ('link', models.CharField(blank=True, max_length=200)),
                ('recovery', models.BooleanField(default=False)),
                ('latest', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='OperatorNoticeRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField()),
                ('read_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brake', models.CharField(max_length=30)),
                ('reason', models.TextField()),
                ('failure', models.JSONField(null=True)),
                ('begun_at', models.DateTimeField()),
                ('last_try_at', models.DateTimeField(null=True)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('tries', models.IntegerField(default=0)),
                ('told_days', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('switched_off_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='hold',
            name='one_hold_per_run_and_brake',
        ),
        migrations.AddField(
            model_name='brakelimits',
            name='removals_need_two',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='hold',
            name='company',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='hold',
            name='kind',
            field=models.CharField(db_default='creations', default='creations', max_length=20),
        ),
        migrations.AddField(
            model_name='hold',
            name='of',
            field=models.IntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('company__isnull', True)), fields=('run', 'kind', 'brake'), name='one_hold_per_run_and_brake'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('company__isnull', False)), fields=('run', 'kind', 'brake', 'company'), name='one_hold_per_run_brake_and_company'),
        ),
        migrations.AddField(
            model_name='notice',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='noticeread',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='noticeread',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='sync.notice'),
        ),
        migrations.AddIndex(
            model_name='operatornotice',
            index=models.Index(fields=['-created_at', '-id'], name='operator_notice_by_age'),
        ),
        migrations.AddConstraint(
            model_name='operatornotice',
            constraint=models.UniqueConstraint(condition=models.Q(('latest', True)), fields=('subject',), name='one_latest_operator_notice'),
        ),
        migrations.AddField(
            model_name='operatornoticeread',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='sync.operatornotice'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quarantines', to='connections.connection'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['marketplace', '-created_at', '-id'], name='notice_by_age'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('latest', True)), fields=('marketplace', 'subject'), name='one_latest_notice'),
        ),
        migrations.AddConstraint(
            model_name='noticeread',
            constraint=models.UniqueConstraint(fields=('notice', 'account_id'), name='notice_read_once'),
        ),
        migrations.AddConstraint(
            model_name='operatornoticeread',
            constraint=models.UniqueConstraint(fields=('notice', 'account_id'), name='operator_notice_read_once'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(fields=['connection', '-begun_at'], name='quarantine_by_age'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('connection',), name='one_live_quarantine'),
        ),
        IsolateTable("sync_notice"),
        IsolateTable("sync_noticeread"),
    ]
