"""What the shapes of all areas share: ids, texts, pages of lists."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import django_filters
from django.db.models import Model
from ninja import Schema
from pydantic import ConfigDict, Field

from tenantry.api.areas import Call, Reply
from tenantry.api.problems import Problem
from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page
from tenantry.listing.narrowing import ListFilter
from tenantry.listing.paging import is_place
from tenantry.listing.tabs import TabCounts

BIGGEST = 2**63 - 1
LONGEST_PAGE = 200
_LONGEST = 200
Id = Annotated[int, Field(ge=1, le=BIGGEST)]


class Given(Schema):
    """What a call sends. A member that there is not is refused, so that a slip of the pen does not pass unseen."""

    model_config = ConfigDict(extra="forbid")


class Address(Given):
    """A postal address; what is not known is empty."""

    line1: str = Field("", max_length=200)
    line2: str = Field("", max_length=200)
    postal_code: str = Field("", max_length=200)
    city: str = Field("", max_length=200)
    region: str = Field("", max_length=200)

    @classmethod
    def of(cls, known: Mapping[str, Any] | None) -> "Address":
        """Return a stored address as an answer says it."""
        return cls(**{name: str((known or {}).get(name) or "") for name in cls.model_fields})


class Count(Schema):
    """How many there are: exactly ``count``, or more than that when ``over``."""

    count: int
    over: bool


class Done(Schema):
    """What was done, in a sentence; ``changed`` tells whether anything is different now."""

    changed: bool
    sentence: str


class PageShape(Schema):
    """One page of a list. ``next`` and ``previous`` are addresses, ``null`` at the ends; ``Link`` has them too."""

    next: str | None
    previous: str | None


class PageQuery(Schema):
    """Where a page of a list begins, and how long it is."""

    after: str = Field("", max_length=2_000, description="The place that `next` of the page before has.")
    before: str = Field("", max_length=2_000, description="The place that `previous` of the page behind has.")
    limit: int = Field(PAGE_SIZE, ge=1, le=LONGEST_PAGE, description="How many rows a page has at most.")


def choice(filters: type[ListFilter], name: str) -> Any:
    """Return the field of a query for one filter of a list: with the filter's own label, and its values if it has few.

    It is ``None`` when it is not sent, whatever its type: something is in an address or not, and never null there. What
    it refuses is the filter's business: see :func:`refuse_wrong`.
    """
    found = filters.base_filters[name]
    label = str(found.label or name)
    if isinstance(found, django_filters.ChoiceFilter):
        values: list[Any] = [str(value) for value, _ in found.extra["choices"]]
        return Field(None, description=label, json_schema_extra={"enum": values})
    if isinstance(found, django_filters.NumberFilter):
        return Field(None, description=label)
    return Field(None, description=label, max_length=found.extra.get("max_length", _LONGEST))


def ordering(names: Iterable[str]) -> Any:
    """Return the field of a query for the order of a list: a name, with ``-`` before it for descending."""
    values: list[Any] = [f"{sign}{name}" for name in names for sign in ("", "-")]
    return Field(None, description="The order; `-` for descending.", json_schema_extra={"enum": values})


def one_of(values: Iterable[str], default: Any, description: str) -> Any:
    """Return a field that is one of these words; ``...`` is no default, ``None`` says that it may be left out."""
    return Field(default, description=description, json_schema_extra={"enum": list(values)})


def refuse_wrong(applied: ListFilter) -> None:
    """Refuse a call whose filters the list could not understand, where a page leaves them out."""
    wrong = {name: " ".join(map(str, sentences)) for name, sentences in applied.form.errors.items()}
    if wrong:
        raise Problem("invalid", "Some filters make no sense.", errors=wrong)


def refuse_strange(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a word that is none of those there are."""
    if value not in set(known):
        raise Problem("invalid", f"There is no {name} {value[:40]!r}.", errors={name: f"One of {', '.join(known)}."})


def refuse_wrong_place(query: PageQuery, order: Order, model: type[Model]) -> None:
    """Refuse a place that belongs to another list or order, where a page goes to the beginning."""
    for name, text in (("after", query.after), ("before", query.before)):
        if text and not is_place(text, order, model):
            sentence = "This is no place in this list and order. Take it from next or previous."
            raise Problem("invalid", sentence, errors={name: sentence})


def counts_of(counts: TabCounts) -> dict[str, Count | None]:
    """Return how many each tab has, as answers say it."""
    return {name: count_of(count) for name, count in counts.items()}


def count_of(count: BoundedCount | None) -> Count | None:
    """Return a count as answers say it; ``None`` where nobody counted."""
    return None if count is None else Count(count=count.count, over=count.over)


def page_reply(call: Call, shape: type[PageShape], page: Page[Any], **members: Any) -> Reply:
    """Return a page of a list with the addresses of the next and the previous one."""
    places = {
        "next": _address(call, {"after": page.after, "before": ""}) if page.after else None,
        "previous": _address(call, {"before": page.before, "after": ""}) if page.before else None,
    }
    relations = {"next": "next", "previous": "prev"}
    links = ", ".join(f'<{url}>; rel="{relations[name]}"' for name, url in places.items() if url)
    return Reply(shape(**places, **members), headers={"Link": links} if links else {})


def _address(call: Call, changes: Mapping[str, str]) -> str:
    query = call.request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return call.request.build_absolute_uri(f"{call.request.path}?{query.urlencode()}")
