"""Foreign keys without an index of their own where another one begins with them."""

from django.db import migrations

from tenantry.isolation.covered_indexes import DropCoveredIndexes


class Migration(migrations.Migration):
    """Indexes alone."""

    dependencies = [("webhooks", "0001_initial")]

    operations = [DropCoveredIndexes({"endpoint": ["marketplace"]})]
