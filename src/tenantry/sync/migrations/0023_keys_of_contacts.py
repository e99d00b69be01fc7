"""What keys are made of changed: contacts' given domains, and legal forms before a country. All are written anew."""

from django.db import migrations


class Migration(migrations.Migration):
    """Ask for the keys of every marketplace, from the beginning."""

    dependencies = [("sync", "0022_tenant_marketplaces")]

    operations = [
        migrations.RunSQL(
            "insert into sync_keyrebuild (marketplace_id) select id from marketplace_marketplace "
            "on conflict (marketplace_id) do update set companies_done = false, after = 0",
            migrations.RunSQL.noop,
        ),
    ]
