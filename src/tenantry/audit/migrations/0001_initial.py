"""The first tables of audit."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create them."""

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PersonKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marketplace_id', models.BigIntegerField()),
                ('subject', models.CharField(max_length=200)),
                ('sealed_key', models.BinaryField(null=True)),
                ('created_at', models.DateTimeField()),
                ('destroyed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('marketplace_id', 'subject'), name='one_key_per_person')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(unique=True)),
                ('marketplace_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('action', models.CharField(max_length=80)),
                ('target_kind', models.CharField(max_length=40)),
                ('target_id', models.CharField(max_length=80)),
                ('target_name', models.CharField(max_length=300)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('sealed', models.BinaryField(null=True)),
                ('reason', models.TextField()),
                ('request_id', models.CharField(max_length=40)),
                ('run_id', models.BigIntegerField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.personkey')),
            ],
        ),
        migrations.CreateModel(
            name='ChainLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marketplace_id', models.BigIntegerField()),
                ('sequence', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('chained_at', models.DateTimeField()),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='audit.event')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('marketplace_id', 'sequence'), name='one_link_per_place')],
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['marketplace_id', 'id'], name='event_by_marketplace'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['marketplace_id', 'target_kind', 'target_id', 'id'], name='event_by_target'),
        ),
        IsolateTable("audit_event", installation_too=True),
        IsolateTable("audit_chainlink", installation_too=True),
        IsolateTable("audit_personkey", installation_too=True),
    ]
