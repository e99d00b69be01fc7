"""Where the brakes of removals and of errors hold."""

from django.db import migrations, models

DEFAULTS = {
    "removals_company_least": 3,
    "removals_company_percent": 20,
    "removals_company_week_percent": 34,
    "removals_day_most": 500,
    "removals_day_percent": 5,
    "removals_day_least_people": 50,
    "removals_month_percent": 10,
    "errors_least_rows": 20,
    "errors_percent": 40,
}


class Migration(migrations.Migration):
    """Add a column for each limit."""

    dependencies = [("sync", "0011_people")]

    operations = [
        migrations.AddField("brakelimits", name, models.IntegerField(default=value, db_default=value))
        for name, value in DEFAULTS.items()
    ]
