"""When sending an invitation is tried again, and by when somebody began to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies = [
        ('marketplace', '0003_listing_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='claimed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='next_attempt_at',
            field=models.DateTimeField(null=True),
        ),
    ]
