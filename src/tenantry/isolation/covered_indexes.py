"""A step of migrations: foreign keys lose the index of their own that another index covers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class DropCoveredIndexes(Operation):
    """Take the index that Django makes for each foreign key from these ones, named by model.

    All in one step: Django makes the models of a migration anew after each field that it alters, and the marketplace
    is related to nearly all of them.
    """

    reversible = True

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = fields

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Let the models' fields say that they have no index."""
        for model, names in self.fields.items():
            known = state.models[app_label, model].fields
            for name in names:
                changed: Any = known[name].clone()
                changed.db_index = False
                known[name] = changed
        state.reload_models([(app_label, model) for model in self.fields], delay=True)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the indexes."""
        for model, names in self.fields.items():
            before, after = (state.apps.get_model(app_label, model) for state in (from_state, to_state))
            for name in names:
                schema_editor.alter_field(before, before._meta.get_field(name), after._meta.get_field(name))  # noqa: SLF001  # Django documents _meta as public

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make them again."""
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Say what the step does, as Django shows it."""
        return "Drop indexes of foreign keys that other indexes cover"
