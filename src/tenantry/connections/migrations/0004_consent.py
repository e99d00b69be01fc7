"""When what a connection was given ends, and what was told of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns and the table."""

    dependencies = [
        ('connections', '0003_google'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='refresh_token_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='credential_kind',
            field=models.CharField(db_default='', default='', max_length=12),
        ),
        migrations.CreateModel(
            name='ConsentWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('matter', models.CharField(max_length=20)),
                ('subject', models.CharField(blank=True, max_length=120)),
                ('name', models.TextField(blank=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('step', models.SmallIntegerField()),
                ('since', models.DateTimeField()),
                ('told_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='warnings', to='connections.connection')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('connection', 'matter', 'subject'), name='one_warning_per_matter')],
            },
        ),
    ]
