"""Keys of changed companies: what has them wants matching anew."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable


class Migration(migrations.Migration):
    """Create their table."""

    dependencies = [
        ('marketplace', '0002_people_imports'),
        ('sync', '0002_decisions_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='StaleMatchKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(db_collation='C', max_length=12)),
                ('key', models.CharField(db_collation='C', max_length=200)),
                ('marketplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        IsolateTable('sync_stalematchkey'),
    ]
