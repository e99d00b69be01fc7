"""What the lists of companies and people follow; addresses found by equality, under row-level security too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create them."""

    dependencies = [
        ('marketplace', '0002_people_imports'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['marketplace', 'status', 'created_at', 'id'], name='company_by_status_age'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(condition=models.Q(('has_had_administrator', False)), fields=['marketplace', 'sort_name', 'id'], name='company_needs_administrator'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['marketplace', 'email'], name='user_by_email'),
        ),
    ]
