"""Writes the keys by which tenants and companies come together, with the rows that they belong to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection as database

from tenantry.core.matching import Key, Subject, keys_of
from tenantry.isolation.arrays import is_one_of, text_array
from tenantry.isolation.bulk import insert_keys, insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import CompanyMatchKey
from tenantry.sync.matching.sides import companies_as_compared
from tenantry.sync.models import Match, PendingMatchKey, StaleMatching

_BATCH = 2_000
Owned = tuple[int, Key]

_TAKE = """
delete from {table} t using unnest(%(keys)s::text[], %(owners)s::bigint[]) given (key, owner)
where t.marketplace_id = %(marketplace)s and t.key = given.key and t.{owner} = given.owner
"""


@dataclass(frozen=True, slots=True)
class KeyTable:
    """A table of match keys, and its column that says whose they are."""

    name: str
    owner: str


COMPANIES = KeyTable("marketplace_companymatchkey", "company_id")
PENDING = KeyTable("sync_pendingmatchkey", "pending_id")


def write_pending_match_keys(subjects: Mapping[int, Subject], *, fresh: bool = False) -> None:
    """Write the match keys of these pending companies in place of those they had. In the marketplace's scope.

    ``fresh``: they were made in this transaction, and had none.
    """
    after = {(pk, key) for pk, subject in subjects.items() for key in keys_of(subject)}
    if fresh:
        insert_keys(PENDING.name, PENDING.owner, after, fresh=True)
        return
    known = PendingMatchKey.objects.filter(is_one_of("pending_id", subjects.keys()))
    _replace(set(known.values_list("pending_id", "key")), after, PENDING)


def write_company_match_keys(company_ids: Iterable[int]) -> None:
    """Write the match keys of these companies anew, and note what wants matching anew. In the scope.

    The pending companies that share a key are matched anew by a job: to lock them here would let two people who decide
    on look-alikes wait for each other.
    """
    for ids in _batches(company_ids):
        lost = renew_company_match_keys(ids)
        _note([*((key, None, None) for key in sorted(lost)), *(("", pk, None) for pk in ids)])


def renew_company_match_keys(company_ids: Sequence[int]) -> set[Key]:
    """Write the match keys of these companies anew; return those that one of them lost. In the scope."""
    known = CompanyMatchKey.objects.filter(company_id__in=company_ids)
    before = set(known.values_list("company_id", "key"))
    after = {(pk, key) for pk, company in companies_as_compared(company_ids).items() for key in keys_of(company)}
    _replace(before, after, COMPANIES)
    return {key for _, key in before - after}


def forget_company_match_keys(company_ids: Iterable[int]) -> None:
    """Note what these companies, which are about to go, were proposed for, and by which keys. In the scope."""
    ids = list(company_ids)
    keys = set(CompanyMatchKey.objects.filter(company_id__in=ids).values_list("key", flat=True))
    matched = Match.objects.filter(company_id__in=ids).values_list("pending_id", flat=True)
    _note([*((key, None, None) for key in sorted(keys)), *(("", None, pk) for pk in matched)])


def _replace(before: set[Owned], after: set[Owned], table: KeyTable) -> None:
    gone = before - after
    if gone:
        parameters: dict[str, Any] = {
            "marketplace": current_marketplace_id(),
            "keys": text_array(key for _, key in gone),
            "owners": [owner for owner, _ in gone],
        }
        with database.cursor() as cursor:
            cursor.execute(_TAKE.format(table=table.name, owner=table.owner), parameters)
    insert_keys(table.name, table.owner, after - before)


def _note(rows: Sequence[tuple[Key, int | None, int | None]]) -> None:
    marketplace_id = current_marketplace_id()
    columns = ["marketplace_id", "key", "company_id", "pending_id"]
    insert_rows(StaleMatching, columns, [(marketplace_id, *row) for row in rows])


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while batch := list(islice(rest, _BATCH)):
        yield batch
