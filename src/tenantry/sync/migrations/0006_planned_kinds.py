"""A run may plan several kinds of changes for one tenant: one of its pending company, one of its linked company."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Change the constraint."""

    dependencies = [
        ('marketplace', '0005_operator_view'),
        ('sync', '0005_life_after'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='change',
            name='one_planned_change_per_tenant',
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('run', 'tenant', 'kind'), name='one_planned_change_of_a_kind'),
        ),
    ]
