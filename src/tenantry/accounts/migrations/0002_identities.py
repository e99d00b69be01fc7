"""Identities at providers of single sign-on, the language of an account, and the table that throttles sign-ins."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Django's cache in the database, as its createcachetable makes it. Unlogged: after a crash the throttle starts anew.
THROTTLE = """
create unlogged table accounts_throttle (
    cache_key varchar(255) not null primary key,
    value text not null,
    expires timestamp with time zone not null
);
create index accounts_throttle_expires on accounts_throttle (expires);
"""


class Migration(migrations.Migration):
    """Create them."""

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=40)),
                ('issuer', models.CharField(max_length=300)),
                ('tenant', models.CharField(blank=True, max_length=100)),
                ('subject', models.CharField(max_length=255)),
                ('shown_as', models.CharField(blank=True, max_length=254)),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('issuer', 'tenant', 'subject'), name='one_account_per_identity')],
            },
        ),
        migrations.RunSQL(THROTTLE, "drop table accounts_throttle"),
    ]
