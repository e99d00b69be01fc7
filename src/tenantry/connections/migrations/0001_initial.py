"""The first tables of connections."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create them."""

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('provider', models.CharField(choices=[('microsoft', 'Microsoft'), ('google', 'Google')], max_length=20)),
                ('cloud', models.CharField(default='global', max_length=20)),
                ('partner_tenant_id', models.CharField(max_length=36)),
                ('application_id', models.CharField(blank=True, max_length=36)),
                ('application_kind', models.CharField(blank=True, choices=[('web', 'web application'), ('native', 'native application')], max_length=10)),
                ('sign_in', models.CharField(choices=[('app_only', 'as the application'), ('app_and_user', 'as the application, for a signed-in user')], default='app_only', max_length=20)),
                ('settings', models.JSONField(default=dict)),
                ('sealed_secret', models.BinaryField(null=True)),
                ('sealed_refresh_token', models.BinaryField(null=True)),
                ('sealed_previous_refresh_token', models.BinaryField(null=True)),
                ('secret_changed_at', models.DateTimeField(null=True)),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('tested_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='connection_name_once'), models.CheckConstraint(condition=models.Q(('application_id', ''), models.Q(('application_kind', ''), _negated=True), _connector='OR'), name='application_has_a_kind')],
            },
        ),
    ]
