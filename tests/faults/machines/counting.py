"""Counts whether work was done twice: what is there, against the partners' customers, the letters and the calls."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from tests.faults.crashing.judging import what_never_is
from tests.faults.crashing.judging_post import letter_problems
from tests.faults.crashing.outside import Letter
from tests.faults.machines.fleet import Fleet
from tests.faults.machines.markets import Partner

BATCH = 40
"""So many reads a worker has under way at most, twice: those being read, and those being kept."""
_AMOUNTS: dict[str, LiteralString] = {
    "pending companies": "select count(*) from sync_pendingcompany",
    "arrivals recorded": "select count(*) from audit_event where action = 'sync.pending_add.applied'",
    "companies": "select count(*) from marketplace_company where origin = 'sync'",
    "links": "select count(*) from sync_tenantlink where ended_at is null",
    "changes": "select count(*) from sync_change",
    "changes applied": "select count(*) from sync_change where state = 'applied'",
    "changes that somebody made before": "select count(*) from sync_change where state = 'stale'",
    "invitations": "select count(*) from marketplace_invitation",
    "jobs given up": "select count(*) from procrastinate_jobs where status = 'failed'",
}
# What a marketplace shows of a tenant, whenever and by whomever it was made.
_RESULT: LiteralString = (
    "select t.external_id, p.state, p.name, p.country, p.domain, p.contact_email, p.problems::text, "
    "coalesce(c.name, '') as company from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id "
    "left join marketplace_company c on c.id = p.company_id order by p.marketplace_id, t.external_id"
)


@dataclass
class Counted:
    """What a measurement left. ``result`` is the same where every tenant and its company came out the same."""

    amounts: "Counter[str]" = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    result: str = ""


def count(
    fleet: Fleet, partners: Sequence[Partner], letters: Sequence[Letter], *, reads: int, stops: int = 0
) -> Counted:  # fmt: skip
    """Count what is there, and say what is missing or there twice.

    Each partner feeds one marketplace, and its customers were read singly ``reads`` times since the beginning.
    ``stops``: how often a worker was stopped, which may cost the reads that it had under way, and one letter.
    """
    counted = Counted()
    tenants = {tenant.lower() for partner in partners for tenant in partner.tenants()}
    counted.amounts["customers"] = len(tenants)
    counted.amounts["reads of a customer"] = reads
    for name, query in _AMOUNTS.items():
        counted.amounts[name] = int(fleet.one(query))
    counted.problems += what_never_is(fleet)
    counted.problems += _tenants(fleet, tenants)
    counted.problems += letter_problems(fleet, letters, stops, counted.amounts)
    counted.problems += _unequal(counted.amounts, most_reads=len(tenants) + 2 * BATCH * stops)
    shown = "\n".join(str(tuple(row.values())) for row in fleet.rows(_RESULT))
    counted.result = hashlib.sha256(shown.encode()).hexdigest()[:12]
    return counted


def _tenants(fleet: Fleet, expected: set[str]) -> Iterator[str]:
    rows = fleet.rows("select t.external_id from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id")
    there = [row["external_id"].lower() for row in rows]
    if missing := expected - set(there):
        yield f"{len(missing)} customers are missing ({min(missing)})"
    if strange := set(there) - expected:
        yield f"{len(strange)} are no customers ({min(strange)})"
    if len(there) != len(set(there)):
        yield f"{len(there) - len(set(there))} customers are there twice"


def _unequal(amounts: "Counter[str]", *, most_reads: int) -> Iterator[str]:
    pairs = (("pending companies", "customers"), ("arrivals recorded", "customers"), ("companies", "links"))
    for left, right in pairs:
        if amounts[left] != amounts[right]:
            yield f"{amounts[left]} {left}, but {amounts[right]} {right}"
    # A run plans what a release is just about to make: it finds that done and says so.
    settled = amounts["changes applied"] + amounts["changes that somebody made before"]
    if amounts["changes"] != settled:
        yield f"{amounts['changes']} changes, but {settled} made or found made before"
    reads, customers = amounts["reads of a customer"], amounts["customers"]
    if not customers <= reads <= most_reads:
        yield f"{reads} reads of {customers} customers; at most {most_reads} are right"
    if amounts["jobs given up"]:
        yield f"{amounts['jobs given up']} jobs were given up"
