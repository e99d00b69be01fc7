"""Finds companies by what a person types: beginnings of words, typing errors, domains, ids. In a marketplace's scope.

What one search costs is bounded, however many companies there are and whatever is typed: some index descents of a few
hundred entries each, one walk of at most :data:`_MOST_WALKED`, and some hundred names to compare.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from tenantry.core.matching.choosing import likeliest
from tenantry.core.matching.searching import Query, rank, read_query
from tenantry.core.search import search_ranges
from tenantry.isolation.arrays import text_array
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.matching.finding import sharing

_MOST_FOUND = 20
_MOST_IDENTIFIED = 25
_MOST_LIKE = 100
_MOST_WALKED = 3_000
_MOST_NAMED = 300
_COUNTED = 500

# How many keys each term begins, as far as it matters: the rarest term leads.
COUNTING = """
select term.number, (
    select count(*) from (
        select from marketplace_companykey k
        where k.marketplace_id = %(marketplace)s and k.key >= term.start and k.key < term.below limit %(counted)s
    ) counted
)
from unnest(%(starts)s::text[], %(belows)s::text[]) with ordinality term (start, below, number)
order by 2, 1
"""
# Along the rarest term, whole words before longer ones; each company must have a key in every other term's range.
WALKING = """
select led.company_id from (
    select k.company_id from marketplace_companykey k
    where k.marketplace_id = %(marketplace)s and k.key >= %(start)s and k.key < %(below)s
    order by k.key, k.company_id limit %(walked)s
) led
where not exists (
    select from unnest(%(starts)s::text[], %(belows)s::text[]) other (start, below)
    where not exists (
        select from marketplace_companykey k
        where k.company_id = led.company_id and k.marketplace_id = %(marketplace)s
        and k.key >= other.start and k.key < other.below
    )
)
limit %(named)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search over all companies gave, the closest first; ``more`` when not all are shown."""

    companies: list[Company] = field(default_factory=list)
    more: bool = False


def find_companies(text: str) -> Found:
    """Return the companies of the marketplace that a search finds. Six queries at most."""
    query = read_query(text)
    identified = _identified(query)
    begun = _having_words(search_ranges(text))
    like = likeliest(sharing(query.naming), _MOST_LIKE)
    wanted = dict.fromkeys([*identified, *like, *begun])
    names = dict(Company.objects.filter(pk__in=list(wanted)).values_list("pk", "name"))
    order = rank(query, names, identified=set(identified), having_words=set(begun))
    companies = Company.objects.in_bulk(order[:_MOST_FOUND])
    return Found([companies[pk] for pk in order[:_MOST_FOUND] if pk in companies], len(order) > _MOST_FOUND)


def _identified(query: Query) -> list[int]:
    """Return the companies with exactly this id, number or domain."""
    shared = sharing(query.identifying, most=_MOST_IDENTIFIED)
    return [pk for key in sorted(shared) for pk in shared[key]]


def _having_words(ranges: Sequence[tuple[str, str]]) -> list[int]:
    """Return companies that have a search key in each of these ranges, not all if there are very many."""
    if not ranges:
        return []
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "counted": _COUNTED, "walked": _MOST_WALKED, "named": _MOST_NAMED,
        **_bounds(ranges),
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(COUNTING, parameters)
        number, count = cursor.fetchone()
        if not count:
            return []
        start, below = ranges[number - 1]
        rest = [each for each in ranges if each != (start, below)]
        cursor.execute(WALKING, {**parameters, "start": start, "below": below, **_bounds(rest)})
        return [row[0] for row in cursor.fetchall()]


def _bounds(ranges: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {
        "starts": text_array(start for start, _ in ranges),
        "belows": text_array(below for _, below in ranges),
    }
