"""Hints from providers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the table."""

    dependencies = [
        ('connections', '0006_hints'),
        ('sync', '0015_undo'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('source', models.CharField(choices=[('notification', 'notification'), ('activity', 'activity log')], max_length=20)),
                ('name', models.CharField(max_length=100)),
                ('wanted', models.CharField(max_length=20)),
                ('tenant_external_id', models.CharField(blank=True, max_length=64)),
                ('happened_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, max_length=40)),
                ('followed_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('followed_at', None)), fields=['connection', 'id'], name='hint_waiting'), models.Index(fields=['received_at'], name='hint_by_age')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'digest'), name='hint_kept_once')],
            },
        ),
    ]
