"""Foreign keys without an index of their own where another one begins with them."""

from django.db import migrations, models

from tenantry.isolation.covered_indexes import DropCoveredIndexes


class Migration(migrations.Migration):
    """Indexes alone."""

    dependencies = [("marketplace", "0010_narrow_keys")]

    operations = [
        migrations.AddIndex(
            "membership", models.Index(fields=["marketplace"], name="membership_by_marketplace")
        ),
        migrations.AddIndex("pin", models.Index(fields=["marketplace"], name="pin_by_marketplace")),
        DropCoveredIndexes({
            "company": ["marketplace"],
            "companydomain": ["company", "marketplace"],
            "companytenantid": ["company", "marketplace"],
            "fieldowner": ["marketplace"],
            "import": ["marketplace"],
            "importline": ["job", "marketplace"],
            "invitation": ["marketplace"],
            "membership": ["marketplace", "user"],
            "pin": ["marketplace"],
            "staffrole": ["marketplace"],
            "user": ["marketplace"],
        }),
    ]
