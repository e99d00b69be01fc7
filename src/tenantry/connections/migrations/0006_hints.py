"""What a connection knows of the hints that its provider gives."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column."""

    dependencies = [
        ('connections', '0005_call_lines'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='hints',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
