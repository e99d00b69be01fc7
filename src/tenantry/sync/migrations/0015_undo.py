"""Runs that take changes back: which change a change takes back, and values that a linked company does not take again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add them; several changes of one tenant may be taken back in one run, each once at a time."""

    dependencies = [("sync", "0014_holds_notices")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="undoes",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="undoings", to="sync.change"
            ),
        ),
        migrations.AddField(
            model_name="tenantlink", name="taken_back", field=models.JSONField(db_default={}, default=dict)
        ),
        migrations.RemoveConstraint(model_name="change", name="one_planned_change_of_a_kind"),
        migrations.RemoveConstraint(model_name="change", name="one_planned_change_per_person"),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("person_id__isnull", True), ("state", "planned"), ("undoes__isnull", True)),
                fields=("run", "tenant", "kind"),
                name="one_planned_change_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("person_id__isnull", False), ("state", "planned"), ("undoes__isnull", True)),
                fields=("run", "person_id", "kind"),
                name="one_planned_change_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "planned")), fields=("undoes",), name="one_planned_undo_of_a_change"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="kind",
            field=models.CharField(
                choices=[("companies", "Company Sync"), ("decisions", "decisions"), ("people", "User Sync"), ("undo", "undo")],
                db_default="companies",
                default="companies",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("button", "Sync now"),
                    ("settings", "Company Sync switched on"),
                    ("command_line", "command line"),
                    ("schedule", "schedule"),
                    ("decisions", "decisions on many rows"),
                    ("release", "release of held rows"),
                    ("force", "Force user sync"),
                    ("person", "Sync this person now"),
                    ("hint", "hint from the provider"),
                    ("undo", "changes taken back"),
                ],
                max_length=20,
            ),
        ),
    ]
