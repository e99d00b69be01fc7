"""Lets tenants with the same contact be found: the contact's address in lower case, and its index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add it, and fill it for the rows that are there."""

    dependencies = [("sync", "0003_deciding")]

    operations = [
        migrations.AddField(
            model_name="pendingcompany",
            name="contact_key",
            field=models.CharField(db_collation="C", db_default="", default="", max_length=254),
        ),
        migrations.RunSQL(
            "update sync_pendingcompany set contact_key = left(lower(btrim(contact_email)), 254)",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="pendingcompany",
            index=models.Index(
                condition=models.Q(("contact_key", ""), _negated=True),
                fields=["marketplace", "contact_key", "tenant"],
                name="pending_by_contact_key",
            ),
        ),
    ]
