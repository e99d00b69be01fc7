"""Endpoints and deliveries, isolated from their first moment, and where something is due."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


class Migration(migrations.Migration):
    """Make the tables."""

    initial = True

    dependencies = [
        ('marketplace', '0008_country_and_status'),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('url', models.CharField(max_length=2000)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), db_default=[], default=list, size=None)),
                ('personal', models.BooleanField(default=False)),
                ('sealed_secret', models.BinaryField()),
                ('sealed_previous_secret', models.BinaryField(null=True)),
                ('previous_until', models.DateTimeField(null=True)),
                ('secret_changed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('on', 'on'), ('off', 'switched off'), ('stopped', 'stopped after failing')], default='on', max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('failing_since', models.DateTimeField(null=True)),
                ('failed_rounds', models.IntegerField(default=0)),
                ('rest_until', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('version', models.IntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('created_by_name', models.CharField(max_length=200)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.BigIntegerField(null=True)),
                ('uid', models.UUIDField()),
                ('type', models.CharField(max_length=60)),
                ('lane', models.CharField(db_collation='C', max_length=130)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('delivered', 'delivered'), ('failed', 'given up'), ('skipped', 'skipped')], default='waiting', max_length=10)),
                ('attempts', models.SmallIntegerField(db_default=0, default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('status', models.SmallIntegerField(db_default=0, default=0)),
                ('seconds', models.FloatField(db_default=0, default=0)),
                ('problem', models.TextField(db_default='', default='')),
                ('answer', models.TextField(db_default='', default='')),
                ('tries', models.JSONField(db_default=[], default=list)),
                ('marketplace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.endpoint')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(fields=('marketplace', 'name'), name='endpoint_name_once'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'next_attempt_at', 'id'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'lane', 'id'], name='delivery_lane'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['endpoint', 'state', 'created_at', 'id'], name='delivery_by_state'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['endpoint', 'type', 'created_at', 'id'], name='delivery_by_type'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['marketplace', 'created_at'], name='delivery_by_age'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event_id'), name='one_delivery_of_an_event'),
        ),
        IsolateTable("webhooks_endpoint"),
        IsolateTable("webhooks_delivery"),
        NamedLookup(
            "endpoints_with_due_deliveries(timestamptz)",
            "table (marketplace_id bigint, endpoint_id bigint)",
            """
            select p.marketplace_id, p.id from webhooks_endpoint p
            where p.state = 'on' and (p.rest_until is null or p.rest_until <= $1) and exists (
                select from webhooks_delivery d
                where d.endpoint_id = p.id and d.state = 'waiting' and d.next_attempt_at <= $1
            )
            order by p.id
            """,
        ),
    ]
