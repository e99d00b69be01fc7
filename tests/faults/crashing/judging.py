"""Judges a world that has come to rest: what was lost, what is there twice, what does not add up. Empty is good.

Everything is asked of the database as its owner, and compared with what the outside saw; no code of the product judges
itself, but for `tenantry audit verify` and the list of events that webhooks are about.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import LiteralString

from tests.faults.crashing.judging_people import people_problems
from tests.faults.crashing.judging_post import letter_problems, webhook_problems
from tests.faults.crashing.outside import Outside
from tests.faults.crashing.served import Installation, Served
from tests.faults.crashing.traffic import Asked

from tenantry.emulator.world import World

_NEVER: dict[str, LiteralString] = {
    "a tenant is there twice": ("select lower(external_id) as what from sync_tenant group by 1 having count(*) > 1"),
    "a tenant waits twice": (
        "select tenant_id as what from sync_pendingcompany group by 1, marketplace_id having count(*) > 1"
    ),
    "a tenant was created or linked without a link to its company": (
        "select p.id as what from sync_pendingcompany p left join sync_tenantlink l on l.tenant_id = p.tenant_id "
        "and l.marketplace_id = p.marketplace_id and l.company_id = p.company_id and l.ended_at is null "
        "where p.state in ('created', 'linked') and l.id is null"
    ),
    "a link has no decision": (
        "select l.id as what from sync_tenantlink l left join sync_pendingcompany p on p.tenant_id = l.tenant_id "
        "and p.marketplace_id = l.marketplace_id and p.state in ('created', 'linked') "
        "where l.ended_at is null and p.id is null"
    ),
    "a tenant was linked twice": (
        "select tenant_id as what from sync_tenantlink group by 1, marketplace_id having count(*) > 1"
    ),
    "a tenant was created twice": (
        "select tenant_id as what from sync_decision where kind = 'create' and undone_by_id is null group by 1 "
        "having count(*) > 1"
    ),
    "a company of a sync has not exactly one tenant": (
        "select c.id as what from marketplace_company c left join sync_tenantlink l on l.company_id = c.id "
        "where c.origin = 'sync' group by c.id having count(l.id) <> 1"
    ),
    "a company was not recorded once": (
        "select c.id as what from marketplace_company c left join audit_event e on e.target_kind = 'company' "
        "and e.target_id = c.id::text and e.action = 'marketplace.company.created' group by c.id "
        "having count(e.id) <> 1"
    ),
    "a recorded company is not there": (
        "select e.target_id as what from audit_event e left join marketplace_company c on c.id::text = e.target_id "
        "where e.action = 'marketplace.company.created' and c.id is null"
    ),
    "a tenant came in twice, or its coming was not recorded once": (
        "select t.external_id as what from sync_tenant t join sync_pendingcompany p on p.tenant_id = t.id "
        "left join audit_event e on e.target_id = t.external_id and e.action = 'sync.pending_add.applied' "
        "and e.marketplace_id = p.marketplace_id group by t.external_id having count(e.id) <> 1"
    ),
    "an applied change is there twice": (
        "select subject as what from sync_change where kind in ('pending.add', 'company.create') and state = 'applied' "
        "group by marketplace_id, kind, subject having count(*) > 1"
    ),
    "a change was made and not recorded once": (
        "select c.id as what from sync_change c left join audit_event e on e.run_id = c.run_id "
        "and e.target_id = c.subject and e.action = replace(c.kind, 'pending.', 'sync.pending_') || '.applied' "
        "where c.kind like 'pending.%' and c.state = 'applied' group by c.id having count(e.id) < 1"
    ),
    "a change is neither made nor settled": (
        "select id as what from sync_change where state in ('planned', 'approved')"
    ),
    "a change failed": "select id || ': ' || problem as what from sync_change where state = 'failed'",
    "a run did not end well": (
        "select id || ' ' || kind || ' ' || state || ' ' || coalesce(failure::text, '') as what from sync_run "
        "where state not in ('done', 'previewed')"
    ),
    "the counters of a run do not add up": "select id || ': ' || suspect as what from sync_run where suspect <> ''",
    "a run counted other changes than it has": (
        "select r.id || ' ' || r.kind as what from sync_run r left join sync_change c on c.run_id = r.id "
        "group by r.id having count(c.id) <> coalesce((r.counters->>'changes')::int, 0) "
        "or count(c.id) filter (where c.state = 'applied') <> coalesce((r.counters->>'changes_applied')::int, 0)"
    ),
    "something is still held": "select id as what from sync_change where state = 'held'",
    "a connection was set aside": "select id as what from sync_quarantine where ended_at is null",
}


def judge(served: Served, outside: Outside, asked: Asked, kills: int) -> "tuple[list[str], Counter[str]]":
    """Return what is wrong, in sentences, and what was counted on the way: letters that came again, and so on."""
    counted: Counter[str] = Counter()
    problems = [*what_never_is(served), *_tenant_problems(served, outside.emulator.world)]
    problems += _asked_problems(served, asked)
    problems += people_problems(served, outside.emulator)
    problems += letter_problems(served, outside.letters.read(), kills, counted)
    problems += webhook_problems(served, outside.heard(), counted)
    verified = served.command("audit", "verify", "--json")
    if verified.returncode:
        problems.append(f"tenantry audit verify fails: {verified.stdout[-400:]} {verified.stderr[-400:]}")
    else:
        counted["events verified"] = sum(chain["last_link"] for chain in json.loads(verified.stdout)["chains"])
    _count(served, asked, counted)
    return problems, counted


def what_never_is(served: Installation) -> Iterator[str]:
    """Yield what no installation may ever have, whatever happened to it."""
    for sentence, query in _NEVER.items():
        found = served.rows(query)
        if found:
            few = ", ".join(str(row["what"])[:160] for row in found[:4])
            yield f"{sentence}: {len(found)} times ({few})"


def _tenant_problems(served: Served, world: World) -> Iterator[str]:
    states = {row["external_id"].lower(): row["state"] for row in served.rows(
        "select t.external_id, p.state from sync_tenant t left join sync_pendingcompany p on p.tenant_id = t.id"
    )}  # fmt: skip
    here = {tenant.lower() for tenant in world.tenant_ids()}
    for tenant in sorted(here):
        if tenant not in states:
            yield f"the tenant {tenant} is missing"
        elif states[tenant] in {None, "withdrawn"}:
            yield f"the tenant {tenant} is a customer, but {states[tenant] or 'waits nowhere'}"
    gone = {tenant for tenant in states if tenant not in here and world.has_left(tenant)}
    for tenant in sorted(gone):
        if states[tenant] in {"pending", "held"}:
            yield f"the tenant {tenant} has left, but is {states[tenant]}"


def _asked_problems(served: Served, asked: Asked) -> Iterator[str]:
    companies = Counter(row["name"] for row in served.rows(
        "select name from marketplace_company where name like 'Crashproof%'"
    ))  # fmt: skip
    people = Counter(row["email"] for row in served.rows(
        "select u.email from marketplace_membership m join marketplace_user u on u.id = m.user_id "
        "where u.email like '%@crashproof.example'"
    ))  # fmt: skip
    for kind, there, told in (("company", companies, asked.companies), ("person", people, asked.people)):
        yield from (f"the {kind} {name} was answered and is lost" for name in told if not there[name])
        yield from (f"the {kind} {name} is there {count} times" for name, count in there.items() if count > 1)
    invited = {row["id"] for row in served.rows("select id from marketplace_invitation")}
    yield from (f"the invitation {each} was answered and is lost" for each in asked.invited.values()
                if each not in invited)  # fmt: skip
    decided = {row["id"]: row["company_id"] for row in served.rows("select id, company_id from sync_pendingcompany")}
    yield from (f"the decision on {pending} was answered and is lost" for pending, company in asked.decided.items()
                if decided.get(pending) != company)  # fmt: skip
    yield from (f"the API never answered {each}" for each in asked.unanswered)


def _count(served: Served, asked: Asked, counted: "Counter[str]") -> None:
    for name, query in _COUNTED.items():
        counted[name] += int(served.rows(query)[0]["count"])
    counted["API calls sent again"] += asked.sent_again
    counted["API calls refused"] += len(asked.refused)


_COUNTED: dict[str, LiteralString] = {
    "tenants": "select count(*) from sync_tenant",
    "companies": "select count(*) from marketplace_company",
    "links": "select count(*) from sync_tenantlink",
    "people of directories": "select count(*) from sync_directoryuser",
    "memberships": "select count(*) from marketplace_membership",
    "runs": "select count(*) from sync_run",
    "changes": "select count(*) from sync_change",
    "changes applied": "select count(*) from sync_change where state = 'applied'",
    "invitations": "select count(*) from marketplace_invitation",
    "webhooks": "select count(*) from webhooks_delivery",
    "jobs given up": "select count(*) from procrastinate_jobs where status = 'failed'",
}
