"""An index that finds the few tenants with, or without, delegated administration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies = [("sync", "0009_retention")]

    operations = [
        migrations.AddIndex(
            model_name="tenant",
            index=models.Index(fields=["delegated_admin"], name="tenant_by_delegated_admin"),
        ),
    ]
