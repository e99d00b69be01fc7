"""The words by which companies and people are found, as narrow rows."""

from django.db import migrations

from tenantry.isolation.key_tables import NarrowKeys


class Migration(migrations.Migration):
    """Rows stay, ids and foreign keys go."""

    dependencies = [("marketplace", "0009_people")]

    operations = [
        NarrowKeys("marketplace", "CompanyKey", "company", "marketplace.company"),
        NarrowKeys("marketplace", "UserKey", "user", "marketplace.user"),
    ]
