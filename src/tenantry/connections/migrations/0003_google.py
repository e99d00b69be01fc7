"""What a Google connection signs in with besides its sealed key."""

from django.db import migrations, models


def _text(longest: int) -> "models.CharField[str, str]":
    return models.CharField(max_length=longest, blank=True, default="", db_default="")


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies = [("connections", "0002_care")]

    operations = [
        migrations.AddField("connection", "subject", _text(254)),
        migrations.AddField("connection", "service_account", _text(254)),
        migrations.AddField("connection", "service_account_id", _text(40)),
        migrations.AddField(
            "connection",
            "discovery",
            models.CharField(
                max_length=12,
                blank=True,
                default="",
                db_default="",
                choices=[
                    ("reseller", "reseller, through the Reseller API"),
                    ("channel", "reseller, through Cloud Channel"),
                    ("own", "direct: one customer of its own"),
                ],
            ),
        ),
    ]
