"""Reads the pending companies that are matched and writes what was found: one statement each, however many rows."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection as database

from tenantry.core.matching import Certainty, Match, Subject
from tenantry.isolation.arrays import number_array, text_array
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.matching.sides import Known, Shown, subject_of
from tenantry.sync.models import Match as StoredMatch

_NONE = int(Certainty.NONE)
# As plain rows: to make models of them takes as long as to find candidates.
_LOCK = """
select p.id, p.state, p.name, p.domain, p.contact_email, p.country,
    t.external_id, t.domain, t.domains, t.registration_number, t.contact_phone, t.address::text
from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id
where p.marketplace_id = %(marketplace)s and p.id = any(%(ids)s::bigint[])
order by p.tenant_id for update of p
"""
_ADD = """
insert into sync_match (
    marketplace_id, pending_id, company_id, certainty, score, evidence, rejected_by_name, created_at
)
select %(marketplace)s, given.*, '', %(now)s from unnest(
    %(pending)s::bigint[], %(companies)s::bigint[], %(certainties)s::smallint[], %(scores)s::float8[],
    %(evidence)s::jsonb[]
) given
on conflict (pending_id, company_id) do nothing
"""
_SUM_UP = """
update sync_pendingcompany p set certainty = given.certainty, match_count = given.matches, matched_at = %(now)s
from unnest(%(ids)s::bigint[], %(certainties)s::smallint[], %(counts)s::smallint[]) given (id, certainty, matches)
where p.marketplace_id = %(marketplace)s and p.id = given.id
"""


class Locked(NamedTuple):
    """A pending company that is matched: its number, its state, and what is compared."""

    id: int
    state: str
    subject: Subject


def lock_pending(pending_ids: Sequence[int]) -> list[Locked]:
    """Lock these pending companies, in the order in which the sync's batches do; return those that are there."""
    with database.cursor() as cursor:
        cursor.execute(_LOCK, {"marketplace": current_marketplace_id(), "ids": number_array(pending_ids)})
        return [_locked(*row) for row in cursor.fetchall()]


def _locked(  # noqa: PLR0917  # the columns of one query
    pk: int, state: str, name: str, domain: str, email: str, country: str,
    external_id: str, listed: str, domains: list[str] | None, number: str, phone: str, address: str | None,
) -> Locked:  # fmt: skip
    known = Known(external_id, listed, domains or (), number, phone, json.loads(address) if address else None)
    return Locked(pk, state, subject_of(Shown(name, domain, email, country), known))


def store_matches(
    pending_ids: Sequence[int], found: Mapping[int, Sequence[Match]], *, known: bool, now: datetime
) -> None:
    """Write what these pending companies were found to be, in place of what they had; rejected matches stay.

    ``known``: whether any of them has a match that nobody rejected.
    """
    if known:
        StoredMatch.objects.filter(pending_id__in=pending_ids, rejected_at=None).delete()
    rows = [(pending_id, each) for pending_id, matches in found.items() for each in matches]
    certainties = [max([int(each.certainty) for each in found.get(pk, ())], default=_NONE) for pk in pending_ids]
    common: dict[str, Any] = {"marketplace": current_marketplace_id(), "now": now}
    with database.cursor() as cursor:
        if rows:
            cursor.execute(_ADD, {
                **common,
                "pending": number_array([pending_id for pending_id, _ in rows]),
                "companies": number_array([each.candidate_id for _, each in rows]),
                "certainties": number_array([int(each.certainty) for _, each in rows]),
                "scores": number_array([each.score for _, each in rows]),
                "evidence": text_array([json.dumps([one.as_json() for one in each.evidence]) for _, each in rows]),
            })  # fmt: skip
        cursor.execute(_SUM_UP, {
            **common,
            "ids": number_array(pending_ids),
            "certainties": number_array(certainties),
            "counts": number_array([len(found.get(pk, ())) for pk in pending_ids]),
        })  # fmt: skip
