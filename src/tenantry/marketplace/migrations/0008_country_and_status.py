"""An index that counts the companies of a country by what they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies = [("marketplace", "0007_erased_people")]

    operations = [
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["marketplace", "country", "status"], name="company_by_country_status"),
        ),
    ]
