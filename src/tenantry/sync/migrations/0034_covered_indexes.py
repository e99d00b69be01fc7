"""Foreign keys without an index of their own where another one begins with them."""

from django.db import migrations, models

from tenantry.isolation.covered_indexes import DropCoveredIndexes

_INDEXES = (
    ("change", models.Index(fields=["hold"], condition=models.Q(hold__isnull=False), name="change_of_hold")),
    ("change", models.Index(fields=["undoes"], condition=models.Q(undoes__isnull=False), name="change_that_undoes")),
    ("change", models.Index(fields=["run", "kind", "id"], name="change_by_kind")),
    ("connectrequest", models.Index(fields=["marketplace"], name="request_by_marketplace")),
    ("match", models.Index(fields=["marketplace"], name="match_by_marketplace")),
    ("pendingcompany", models.Index(
        fields=["company"], condition=models.Q(company__isnull=False), name="pending_of_company"
    )),
    ("stalematching", models.Index(fields=["marketplace"], name="stale_matching_by_marketplace")),
    ("tenantlink", models.Index(fields=["marketplace"], name="tenant_link_by_marketplace")),
)  # fmt: skip


class Migration(migrations.Migration):
    """Indexes alone."""

    dependencies = [("sync", "0033_lists_in_doubt"), ("marketplace", "0011_covered_indexes")]

    operations = [
        migrations.RemoveConstraint("change", "one_planned_undo_of_a_change"),
        migrations.AddConstraint(
            "change",
            models.UniqueConstraint(
                fields=["undoes"], condition=models.Q(state="planned", undoes__isnull=False),
                name="one_planned_undo_of_a_change",
            ),
        ),
        *(migrations.AddIndex(model, index) for model, index in _INDEXES),
        DropCoveredIndexes({
            "approval": ["change", "marketplace"],
            "brakelimits": ["marketplace"],
            "change": ["hold", "marketplace", "run", "undoes"],
            "companysyncsettings": ["marketplace"],
            "connectrequest": ["marketplace"],
            "decision": ["marketplace", "pending", "tenant"],
            "directoryuser": ["tenant"],
            "entitlement": ["marketplace"],
            "feed": ["marketplace"],
            "googletenant": ["marketplace"],
            "hint": ["connection"],
            "hold": ["marketplace"],
            "keyrebuild": ["marketplace"],
            "match": ["marketplace", "pending"],
            "matchingepoch": ["marketplace"],
            "notice": ["marketplace"],
            "noticeread": ["marketplace", "notice"],
            "observation": ["connection"],
            "observationpage": ["observation"],
            "operatornoticeread": ["notice"],
            "pendingcompany": ["company", "marketplace"],
            "peoplereading": ["connection"],
            "personstanding": ["marketplace"],
            "pushchannel": ["connection"],
            "quarantine": ["connection"],
            "queuesample": ["marketplace"],
            "run": ["marketplace"],
            "runtenant": ["marketplace", "run"],
            "schedule": ["connection"],
            "sighting": ["connection"],
            "stalematching": ["marketplace"],
            "tenantlink": ["marketplace"],
            "userlink": ["marketplace"],
            "usersyncsettings": ["marketplace"],
        }),
    ]
