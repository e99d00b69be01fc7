"""Counts of calls to providers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the table."""

    dependencies = [
        ('connections', '0006_hints'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderCalls',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=20)),
                ('status', models.CharField(max_length=5)),
                ('count', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('service', 'status'), name='calls_counted_once')],
            },
        ),
    ]
