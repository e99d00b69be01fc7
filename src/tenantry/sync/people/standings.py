"""Keeps what a marketplace makes of each person: in, out or skipped, and why. Only what differs is written."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection as database

from tenantry.core.planning.users.planning import PlannedUser
from tenantry.core.planning.users.reasons import verdict_of
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.core.search import fold
from tenantry.isolation.bulk import stage_rows
from tenantry.isolation.scope import current_marketplace_id

_LONGEST_SORT_NAME = 200
_STAGE = (
    ("person_id", "bigint"), ("tenant_id", "bigint"), ("company_id", "bigint"), ("provider", "text"),
    ("verdict", "text"), ("reason", "text"), ("sort_name", "text"),
)  # fmt: skip
_WRITE = """
insert into sync_personstanding as own (
    marketplace_id, person_id, tenant_id, company_id, provider, verdict, reason, since, sort_name
)
select %(marketplace)s, person_id, tenant_id, company_id, provider, verdict, reason, %(now)s, sort_name
from stage_standings s where not exists (
    select from sync_personstanding o where o.marketplace_id = %(marketplace)s and o.person_id = s.person_id
    and (o.verdict, o.reason, o.company_id, o.sort_name) = (s.verdict, s.reason, s.company_id, s.sort_name)
)
order by person_id
on conflict (marketplace_id, person_id) do update set
    company_id = excluded.company_id, verdict = excluded.verdict, reason = excluded.reason,
    sort_name = excluded.sort_name,
    since = case when own.verdict = excluded.verdict and own.reason = excluded.reason then own.since else %(now)s end
"""


def write_standings(planned: Sequence[PlannedUser], *, now: datetime) -> int:
    """Write what the plan makes of these people; return how many rows that took."""
    rows = [
        (
            each.person.person_id, each.person.tenant_id, each.person.company_id, each.person.provider,
            verdict_of(each.reason).value, each.reason.value, sort_name_of(each.person),
        )
        for each in planned
    ]  # fmt: skip
    if not rows:
        return 0
    stage_rows("stage_standings", _STAGE, rows)
    with database.cursor() as cursor:
        cursor.execute(_WRITE, {"marketplace": current_marketplace_id(), "now": now})
        return int(cursor.rowcount)


def sort_name_of(person: DirectoryPerson) -> str:
    """Return what the person is sorted by: last name first, else an address."""
    name = f"{person.values.get('last_name', '')} {person.values.get('first_name', '')}".strip()
    return fold(name or person.shown_name)[:_LONGEST_SORT_NAME]


def verdicts(planned: Iterable[PlannedUser]) -> dict[int, str]:
    """Return the verdict of each person."""
    return {each.person.person_id: verdict_of(each.reason).value for each in planned}
