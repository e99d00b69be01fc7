"""Memberships that a person pinned, so that no sync touches them."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create the table."""

    dependencies = [
        ('marketplace', '0008_country_and_status'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(blank=True)),
                ('pinned_by_name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pin', to='marketplace.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        IsolateTable("marketplace_pin"),
    ]
