"""The words by which pending companies are found, as narrow rows."""

from django.db import migrations, models

from tenantry.isolation.key_tables import NarrowKeys


class Migration(migrations.Migration):
    """Rows stay, the id, foreign keys and two indexes go; the index by pending company was there before."""

    dependencies = [("sync", "0031_licence_names"), ("marketplace", "0010_narrow_keys")]

    operations = [
        NarrowKeys("sync", "PendingKey", "pending", "sync.pendingcompany", indexed=False),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    "pendingkey", models.Index(fields=["pending", "key", "marketplace"], name="pending_keys_of_one")
                )
            ]
        ),
    ]
