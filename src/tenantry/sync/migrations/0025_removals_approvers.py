"""How many different people must approve held removals: a limit like the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Put the number in place of the switch, which nothing could set yet."""

    dependencies = [("sync", "0024_delegations")]

    operations = [
        migrations.RemoveField("brakelimits", "removals_need_two"),
        migrations.AddField("brakelimits", "removals_approvers", models.IntegerField(default=1, db_default=1)),
    ]
