"""No index does what another does: each costs something with every row that is written."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import ForeignKey, Model, UniqueConstraint


def _first_columns(model: type[Model]) -> Iterator[str]:
    """The columns that an index of several, whole and not of some rows only, begins with."""
    for index in model._meta.indexes:  # noqa: SLF001  # Django documents _meta as public
        if index.fields and index.condition is None:
            yield index.fields[0].lstrip("-")
    for constraint in model._meta.constraints:  # noqa: SLF001  # same
        if isinstance(constraint, UniqueConstraint) and constraint.fields and constraint.condition is None:
            yield constraint.fields[0]


def test_no_foreign_key_has_an_index_that_another_one_begins_with() -> None:
    models = [model for model in apps.get_models() if model.__module__.startswith("tenantry.")]
    doubled = [
        f"{model.__name__}.{field.name}"
        for model in models
        for field in model._meta.local_fields  # noqa: SLF001  # same
        if isinstance(field, ForeignKey) and getattr(field, "db_index", False) and field.name in _first_columns(model)
    ]
    assert len(models) > 50
    assert doubled == []
