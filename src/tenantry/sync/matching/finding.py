"""The matcher: companies that share a key with a tenant, the likeliest of them, judged by ``core.matching``.

Works in a marketplace's scope and writes nothing. However many companies there are, a tenant costs some dozens of
descents of one index, each of at most :data:`MOST_SHARING` entries, and two dozen comparisons.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection as database

from tenantry.core.matching import Key, Match
from tenantry.core.matching.choosing import likeliest
from tenantry.core.matching.keys import keys_of_profile
from tenantry.core.matching.profiles import Profile
from tenantry.core.matching.scoring import match_profiles
from tenantry.isolation.arrays import text_array
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.matching.kept import KeptProfiles
from tenantry.sync.matching.keys import COMPANIES, KeyTable
from tenantry.sync.matching.sides import company_texts

MOST_SHARING = 100  # a key that more companies share tells too little, and finds none
_KEPT = KeptProfiles()
_MOST_CARRIERS = 25  # counted; a domain that more companies carry is a matter of taste

# One descent for each key: without the offset, PostgreSQL descends anew for each mention of the array. Rows come in the
# index's order, so that the answer is always the same.
_SHARING = """
select wanted.key, shared.owners
from unnest(%(keys)s::text[]) wanted (key)
cross join lateral (
    select array(
        select k.{owner} from {table} k
        where k.marketplace_id = %(marketplace)s and k.key = wanted.key order by k.{owner} limit %(most)s
    ) as owners
    offset 0
) shared
where cardinality(shared.owners) between 1 and %(most)s - 1
"""
CARRIERS = """
select wanted.domain, (
    select count(*) from (
        select from marketplace_companydomain d
        where d.marketplace_id = %(marketplace)s and d.domain = wanted.domain limit %(most)s
    ) carriers
)
from unnest(%(domains)s::text[]) wanted (domain)
"""


def find_matches(
    tenants: Mapping[int, Profile], *, without: Mapping[int, frozenset[int]], epoch: int = 0
) -> dict[int, tuple[Match, ...]]:
    """Return the matches of each tenant, at most five, best first. Five queries, however many tenants.

    ``tenants`` by any number; ``without`` the companies that a person said each is not. ``epoch``: of the work that
    this is part of (``epochs.py``), in which companies are read once; 0: they are read now.
    """
    wanted = {number: keys_of_profile(tenant) for number, tenant in tenants.items()}
    shared = sharing({key for keys in wanted.values() for key in keys})
    chosen: dict[int, list[int]] = {}
    for number, keys in wanted.items():
        excluded = without.get(number, frozenset())
        best = likeliest({key: shared[key] for key in keys if key in shared})
        chosen[number] = [pk for pk in best if pk not in excluded]
    companies = _profiles({pk for best in chosen.values() for pk in best}, epoch)
    counts = _carriers(tenants.values())
    return {
        number: match_profiles(
            tenant, [(str(pk), companies[pk]) for pk in chosen[number] if pk in companies], counts
        )
        for number, tenant in tenants.items()
    }  # fmt: skip


def match_with(tenant: Profile, company_ids: Sequence[int]) -> dict[int, Match]:
    """Return how these companies compare with a tenant, those left out that nothing speaks for."""
    counts = _carriers([tenant])
    judged = {
        pk: match_profiles(tenant, [(str(pk), company)], counts) for pk, company in _profiles(company_ids).items()
    }
    return {pk: found[0] for pk, found in judged.items() if found}


def sharing(keys: Iterable[Key], *, among: KeyTable = COMPANIES, most: int = MOST_SHARING) -> dict[Key, list[int]]:
    """Return the companies that have each of these keys, or ``among`` pending companies those.

    Keys that nobody or more than ``most`` have are left out.
    """
    with database.cursor() as cursor:
        parameters: dict[str, Any] = {
            "marketplace": current_marketplace_id(),
            "keys": text_array(sorted(keys)),
            "most": most + 1,
        }
        cursor.execute(_SHARING.format(table=among.name, owner=among.owner), parameters)
        return dict(cursor.fetchall())


def _profiles(company_ids: Iterable[int], epoch: int = 0) -> dict[int, Profile]:
    ids, known = sorted(company_ids), dict[int, Profile]()
    if epoch:
        known = {pk: profile for pk in ids if (profile := _KEPT.of_epoch(pk, epoch)) is not None}
    unread = [pk for pk in ids if pk not in known]
    if unread:
        known |= {pk: _KEPT.profile(pk, texts, epoch) for pk, texts in company_texts(unread).items()}
    return known


def _carriers(tenants: Iterable[Profile]) -> dict[str, int]:
    domains = sorted({domain for tenant in tenants for domain in tenant.domains})
    if not domains:
        return {}
    with database.cursor() as cursor:
        parameters: dict[str, Any] = {
            "marketplace": current_marketplace_id(), "domains": text_array(domains), "most": _MOST_CARRIERS
        }  # fmt: skip
        cursor.execute(CARRIERS, parameters)
        return dict(cursor.fetchall())
