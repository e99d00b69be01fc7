"""How many people would flow in under settings that are tried out, how many not, and why, with some of each.

The directories are judged by the combinations of facts that occur, so the rules stand in ``core`` alone and the cost
hardly grows with the people. In the marketplace's scope.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.core.planning.users.scope import Rule, ScopeFacts, judge_scope
from tenantry.core.records import PersonKind
from tenantry.core.user_settings import ScopeRules
from tenantry.isolation.scope import current_marketplace_id
from tenantry.providers.capabilities import PeopleApi
from tenantry.sync.people.licence_names import Licence, name_licences
from tenantry.sync.people.rules import rules_through, unanswerable

SAMPLE = 3
_GROUPS = """
select r.api, p.kind, p.enabled, p.archived, p.licensed, {domain} as domain, {unit} as unit, p.named, count(*),
    (array_agg(p.id order by p.id))[:%(sample)s]
from (
    select id, tenant_id, kind, enabled, archived, cardinality(licences) > 0 as licensed, org_unit,
        lower(split_part(coalesce(nullif(email, ''), user_name), '@', 2)) as domain,
        coalesce(nullif(display_name, ''), nullif(first_name, ''), nullif(last_name, ''), nullif(email, '')) is not null
            as named
    from sync_directoryuser where presence = 'present' and left_at is null and emptied_at is null
) p
join sync_tenantlink l on l.tenant_id = p.tenant_id and l.marketplace_id = %(marketplace)s and l.ended_at is null
join sync_tenant t on t.id = p.tenant_id and t.provider = %(provider)s
cross join lateral (
    select coalesce(max(api), '') as api from (
        select api from sync_peoplereading r where r.tenant_id = p.tenant_id and r.users_at is not null
        order by r.users_at desc limit 1
    ) latest
) r
where %(company)s::bigint is null or l.company_id = %(company)s
group by 1, 2, 3, 4, 5, 6, 7, 8
"""
_NAMES = """
select id, coalesce(nullif(display_name, ''), nullif(trim(concat(first_name, ' ', last_name)), ''), ''),
    coalesce(nullif(email, ''), user_name, ''), licences
from sync_directoryuser where id = any(%s)
"""
_AS_OF = """
select min(r.users_at), count(*) filter (where r.stale_since is not null), count(*) filter (where r.users_at is null)
from sync_tenantlink l join sync_tenant t on t.id = l.tenant_id and t.provider = %(provider)s
left join lateral (
    select users_at, stale_since from sync_peoplereading r where r.tenant_id = l.tenant_id
    order by users_at desc nulls last limit 1
) r on true
where l.marketplace_id = %(marketplace)s and l.ended_at is null
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One person of a group, to show. ``licences`` are named where the settings ask for one."""

    person_id: int
    name: str
    address: str
    licences: Sequence[Licence] = ()


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many people are out, or can't be told, for one reason."""

    reason: Reason
    count: int
    samples: Sequence[Sample] = ()

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return SENTENCES[self.reason]


@dataclass(frozen=True, slots=True)
class ScopeCount:
    """What settings would do with the people who are known now.

    ``inside`` and ``outside`` count people; ``unknown`` those whom a rule can't be answered for yet. ``unanswerable``
    are rules that have no effect where the tenants are read, each with the provider's reason. ``as_of`` is the oldest
    reading that counts, ``stale`` how many tenants can't be read now, ``unread`` how many never were.
    """

    inside: int = 0
    outside: int = 0
    unknown: int = 0
    inside_samples: Sequence[Sample] = ()
    reasons: Sequence[ReasonCount] = ()
    unanswerable: Mapping[Rule, str] = field(default_factory=dict)
    as_of: datetime | None = None
    stale: int = 0
    unread: int = 0


def count_scope(provider: str, rules: ScopeRules, *, company_id: int | None = None) -> ScopeCount:
    """Return what these rules would let in. Four queries at most, however many people there are."""
    groups = _groups(provider, rules, company_id)
    found: dict[Reason | None, list[tuple[int, list[int]]]] = {}
    for api, facts, count, ids in groups:
        verdict = judge_scope(facts, rules_through(api, rules))
        found.setdefault(verdict, []).append((count, ids))
    some_of_each = [pk for some in found.values() for _, ids in some for pk in ids]
    samples = _samples(some_of_each, provider if rules.licensed_only else "")
    counts = [
        ReasonCount(reason, sum(count for count, _ in some), _some(some, samples))
        for reason, some in found.items()
        if reason is not None
    ]
    unknown = sum(each.count for each in counts if each.reason is Reason.NOT_TOLD)
    as_of, stale, unread = _as_of(provider)
    return ScopeCount(
        inside=sum(count for count, _ in found.get(None, ())),
        outside=sum(each.count for each in counts) - unknown,
        unknown=unknown,
        inside_samples=_some(found.get(None, []), samples),
        reasons=sorted(counts, key=lambda each: (-each.count, each.reason)),
        unanswerable=_unanswerable({api for api, *_ in groups}),
        as_of=as_of,
        stale=stale,
        unread=unread,
    )


def _groups(
    provider: str, rules: ScopeRules, company_id: int | None
) -> list[tuple[str, ScopeFacts, int, list[int]]]:  # fmt: skip
    statement = _GROUPS.format(
        domain="p.domain" if rules.domains else "null::text", unit="p.org_unit" if rules.org_units else "null::text"
    )
    place: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "provider": provider, "company": company_id, "sample": SAMPLE,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(statement, place)
        rows = cursor.fetchall()
    return [(api, _facts(*facts), count, ids) for api, *facts, count, ids in rows]


def _facts(  # noqa: PLR0917  # as a group's columns come
    kind: str | None, enabled: bool | None, archived: bool | None, licensed: bool | None, domain: str | None,  # noqa: FBT001  # same
    unit: str | None, named: bool,  # noqa: FBT001  # same
) -> ScopeFacts:  # fmt: skip
    known = PersonKind(kind) if kind else None
    return ScopeFacts(known, enabled, archived, licensed, domain, unit, named)


def _samples(ids: Sequence[int], provider: str) -> dict[int, Sample]:
    """Return people to show, with their licences if these are of the ``provider``'s."""
    with database.cursor() as cursor:
        cursor.execute(_NAMES, [list(ids)])
        rows = cursor.fetchall()
    named = name_licences([(provider, row[3] if provider else ()) for row in rows])
    told = zip(rows, named, strict=True)
    return {pk: Sample(pk, name, address, each or ()) for (pk, name, address, _), each in told}


def _some(groups: Sequence[tuple[int, list[int]]], samples: Mapping[int, Sample]) -> list[Sample]:
    ids = sorted(pk for _, some in groups for pk in some)[:SAMPLE]
    return [samples[pk] for pk in ids if pk in samples]


def _as_of(provider: str) -> tuple[datetime | None, int, int]:
    with database.cursor() as cursor:
        cursor.execute(_AS_OF, {"marketplace": current_marketplace_id(), "provider": provider})
        oldest, stale, unread = cursor.fetchone()
    return oldest, stale, unread


def _unanswerable(apis: set[str]) -> dict[Rule, str]:
    """Return the rules that none of these APIs can answer; of an API that is not known yet nothing is said."""
    tables = [unanswerable(PeopleApi(api)) for api in apis if api in set(PeopleApi)]
    if not tables:
        return {}
    return {rule: sentence for rule, sentence in tables[0].items() if all(rule in table for table in tables)}
