"""Values of people that somebody took back, and that no sync takes again while the directory says the same."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Nothing was taken back until now."""

    dependencies = [("sync", "0026_what_was_set_aside")]

    operations = [migrations.AddField("userlink", "taken_back", models.JSONField(default=dict, db_default={}))]
