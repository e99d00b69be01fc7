"""What the filters of all lists share: which values count, and looking for words."""

from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet

from tenantry.listing.searching import WordSearch

M = TypeVar("M", bound=Model)


class ListFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows the rows of a list. A value that can't be one is left out; ``errors`` names it for an API.

    ``words`` is the search for words, if there is one, once ``qs`` was asked for.
    """

    words: WordSearch | None = None

    def having_words(self, rows: QuerySet[M], text: str, *, keys: Any, owner: str, found: str = "pk") -> QuerySet[M]:
        """Return the rows that have a key in the range of every word. See :class:`WordSearch`."""
        self.words = WordSearch(text, keys, owner)
        return self.words.among(rows, found=found)

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.used)

    @property
    def used(self) -> set[str]:
        """The names of the filters that narrow."""
        return {name for name, value in self.values.items() if value not in ("", None)}

    @property
    def values(self) -> dict[str, Any]:
        """The values that count, by name: what was given and could be understood; the rest is ``None``."""
        self.form.is_valid()
        return {name: self.form.cleaned_data.get(name) for name in self.filters}
