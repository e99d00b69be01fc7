"""What the filters of all lists share: which values count, and finding rows by the words in a table of keys."""

from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet

from tenantry.core.search import search_ranges

M = TypeVar("M", bound=Model)


class ListFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows the rows of a list. A value that can't be one is left out; ``errors`` names it for an API."""

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(value not in ("", None) for value in self.values.values())

    @property
    def values(self) -> dict[str, Any]:
        """The values that count, by name: what was given and could be understood; the rest is ``None``."""
        self.form.is_valid()
        return {name: self.form.cleaned_data.get(name) for name in self.filters}


def having_words(rows: QuerySet[M], text: str, *, keys: QuerySet[Any], owner: str, found: str = "pk") -> QuerySet[M]:
    """Return the rows that have a key in the range of every term of ``text`` (``core.search``); none without a term.

    ``keys`` are rows with a column ``key``; ``owner`` names their column that says what they find, ``found`` the lookup
    of ``rows`` by which it is found.
    """
    ranges = search_ranges(text)
    if not ranges:
        return rows.none()
    for start, below in ranges:
        rows = rows.filter(**{f"{found}__in": keys.filter(key__gte=start, key__lt=below).values(owner)})
    return rows
