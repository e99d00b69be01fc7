"""Judges people: those of directories, their links, memberships, standings and invitations."""

from collections.abc import Iterator
from typing import LiteralString

from tests.faults.crashing.served import Served

from tenantry.emulator.server import Emulator
from tenantry.emulator.staff import is_present

_NEVER: dict[str, LiteralString] = {
    "a person of a directory is there twice": (
        "select external_id as what from sync_directoryuser group by tenant_id, lower(external_id), external_id "
        "having count(*) > 1"
    ),
    "an address has two users": (
        "select lower(email) as what from marketplace_user where email <> '' group by 1, marketplace_id "
        "having count(*) > 1"
    ),
    "a membership was not recorded once when it came": (
        "select m.id as what from marketplace_membership m left join audit_event e on "
        "e.action = 'marketplace.membership.added' and (e.after->>'membership')::bigint = m.id "
        "group by m.id having count(e.id) <> 1"
    ),
    "somebody who is in has no link": (
        "select s.person_id as what from sync_personstanding s left join sync_userlink l on l.person_id = s.person_id "
        "and l.marketplace_id = s.marketplace_id and l.ended_at is null where s.verdict = 'in' and l.id is null"
    ),
    "somebody who is out has a link": (
        "select s.person_id as what from sync_personstanding s join sync_userlink l on l.person_id = s.person_id "
        "and l.marketplace_id = s.marketplace_id and l.ended_at is null where s.verdict = 'out'"
    ),
    "a change of a person was made twice in one run": (
        "select person_id as what from sync_change where person_id is not null and state = 'applied' "
        "group by run_id, person_id, kind having count(*) > 1"
    ),
    "a membership has two invitations that live": (
        "select membership_id as what from marketplace_invitation where state in ('waiting', 'sent', 'bounced') "
        "group by 1 having count(*) > 1"
    ),
    "an invitation was made twice by rule": (
        "select membership_id as what from marketplace_invitation group by 1 having count(*) > 1"
    ),
    "an invitation was not recorded once when it was made": (
        "select i.id as what from marketplace_invitation i left join audit_event e on "
        "e.action = 'marketplace.invitation.created' and (e.after->>'invitation')::bigint = i.id "
        "group by i.id having count(e.id) <> 1"
    ),
    "an invitation was not recorded once when it left": (
        "select i.id as what from marketplace_invitation i left join audit_event e on "
        "e.action = 'marketplace.invitation.sent' and (e.after->>'invitation')::bigint = i.id "
        "where i.sent_at is not null and i.problem = '' group by i.id having count(e.id) <> 1"
    ),
    "who came in by the rule was never invited": (
        "select m.id as what from sync_userlink l join marketplace_membership m on m.id = l.membership_id "
        "join marketplace_user u on u.id = m.user_id left join marketplace_invitation i on i.membership_id = m.id "
        "where l.ended_at is null and l.made_by = 'created' and u.email <> '' and u.email not like '%#ext#%' "
        "and u.email not like '%.onmicrosoft.com' and m.state <> 'inactive' and i.id is null and not exists ("
        "select from sync_change c where c.person_id = l.person_id and c.kind = 'user.invite')"
    ),
    "the counters of a run of people do not add up": (
        "select r.id as what from sync_run r join sync_runtenant t on t.run_id = r.id where r.kind = 'people' "
        "group by r.id having sum(t.people) <> coalesce((r.counters->>'people_seen')::int, 0) "
        "or sum(t.people) <> sum(t.unchanged + t.skipped + t.with_changes) "
        "or sum(t.records) <> sum(t.people + t.invalid + t.repeated)"
    ),
    "a tenant of a run of people was left unread": (
        "select id || ' ' || state as what from sync_runtenant where state not in ('done', 'failed', 'skipped')"
    ),
}
# The last run counts, which reads everybody once more: a customer that was gone in between is rightly refused.
_FAILED: LiteralString = (
    "select t.external_id as tenant, r.failure->>'what' as why from sync_runtenant r "
    "join sync_tenant t on t.id = r.tenant_id where r.state = 'failed' "
    "and not exists (select from sync_runtenant later where later.tenant_id = r.tenant_id and later.id > r.id)"
)


def people_problems(served: Served, emulator: Emulator) -> Iterator[str]:
    """Yield what is wrong with people."""
    for sentence, query in _NEVER.items():
        found = served.rows(query)
        if found:
            few = ", ".join(str(row["what"])[:100] for row in found[:4])
            yield f"{sentence}: {len(found)} times ({few})"
    for row in served.rows(_FAILED):
        if _can_be_read(emulator, row["tenant"]):
            yield f"the people of {row['tenant']} were not read: {row['why']}"
    yield from _against_directories(served, emulator)


def _can_be_read(emulator: Emulator, tenant: str) -> bool:
    """Whether the customer let the partner read its people, and still is one."""
    customer = emulator.world.customer(tenant)
    return customer.readable and customer.role_granted and not emulator.world.has_left(tenant)


def _against_directories(served: Served, emulator: Emulator) -> Iterator[str]:
    """Compare who is known of each linked tenant with who stands in its directory."""
    people = emulator.microsoft.people
    known: dict[str, set[str]] = {}
    for row in served.rows(
        "select t.external_id as tenant, d.external_id as person from sync_directoryuser d "
        "join sync_tenant t on t.id = d.tenant_id where d.left_at is null and d.presence = 'present'"
    ):
        known.setdefault(row["tenant"].lower(), set()).add(row["person"].lower())
    linked = served.rows(
        "select t.external_id as tenant from sync_tenantlink l join sync_tenant t on t.id = l.tenant_id "
        "where l.ended_at is null"
    )
    for row in linked:
        tenant = row["tenant"].lower()
        if not _can_be_read(emulator, tenant):
            continue
        staff = people.staff.everybody(people.company(tenant))
        there = {people.user_id(one).lower() for one in staff if is_present(one)}
        missing = there - known.get(tenant, set())
        if missing:
            yield f"of tenant {tenant} {len(missing)} of {len(there)} people are missing"
