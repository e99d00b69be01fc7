"""The base of every table that belongs to a marketplace."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from tenantry.isolation.scope import current_marketplace_id

M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M]):
    """A query that was built inside a scope and refuses to run outside one.

    Without this a query that is carried out of its scope would find nothing, silently: the policies show
    no rows there. Raises ``OutsideScope``.
    """

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            current_marketplace_id()
        super()._fetch_all()  # Django's own hook: every way to read rows ends there

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        """Read rows without keeping them."""
        current_marketplace_id()
        return super().iterator(chunk_size)

    def count(self) -> int:
        """Count."""
        current_marketplace_id()
        return super().count()

    def exists(self) -> bool:
        """Tell whether there is any."""
        current_marketplace_id()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add up."""
        current_marketplace_id()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """Change rows."""
        current_marketplace_id()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove rows."""
        current_marketplace_id()
        return super().delete()

    def explain(self, *, format: str | None = None, **options: Any) -> str:  # noqa: A002  # Django's name
        """Show the plan."""
        current_marketplace_id()
        return super().explain(format=format, **options)

    delete.alters_data = update.alters_data = True  # type: ignore[attr-defined]  # templates must not call these


class ScopedManager(models.Manager[M]):
    """A manager whose every query, creation and relation needs a marketplace scope and stays inside it."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the current marketplace. Raises ``OutsideScope`` when there is none."""
        rows: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        return rows.filter(marketplace_id=current_marketplace_id())


class MarketplaceOwned(models.Model):
    """A row of one marketplace. Every subclass's first migration carries ``IsolateTable`` for its table.

    The marketplace has no index of its own: other indexes begin with it, or with what rows are reached by.
    """

    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the row. Django would do it past every manager; raises ``OutsideScope`` instead."""
        current_marketplace_id()
        return super().delete(*args, **kwargs)
