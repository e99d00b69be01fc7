"""The plans of matching's queries, as the application's role has them under row-level security: of steps by name.

Shared by ``make bench-matching-database``, at a million companies, and the test that looks at a small database.
Django must be set up, and a marketplace's scope entered.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.plans import plans_of, reads_a_whole_table
from django.db import connection

from tenantry.core.drafts import CompanyDraft
from tenantry.core.matching import Subject
from tenantry.core.matching.profiles import profile_of
from tenantry.sync.matching.finding import find_matches
from tenantry.sync.matching.searching import find_companies
from tenantry.sync.pending.lookalikes import tenants_like

_INDEX = re.compile(r"(?:Index (?:Only )?Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)")
# A bitmap scan names its index where others name their table: indexes are taken out again.
_TABLE = re.compile(r"Scan (?:Backward )?(?:using \w+ )?on ((?:marketplace|sync)_\w+)")
_SECURED = ("marketplace_company", "marketplace_companykey", "marketplace_companymatchkey", "sync_pendingmatchkey")


@dataclass(frozen=True, slots=True)
class Planned:
    """One query of a step: the tables it reads, and the indexes it reads them by. ``plan`` is PostgreSQL's text."""

    step: str
    tables: tuple[str, ...]
    indexes: tuple[str, ...]
    plan: str

    @property
    def follows_indexes(self) -> bool:
        """Whether it reads by indexes alone what grows with the installation."""
        return bool(self.indexes) and not reads_a_whole_table(self.plan)


def asking_steps(tenant: Subject, draft: CompanyDraft, searches: Mapping[str, str]) -> dict[str, Callable[[], object]]:
    """Return all that asks for candidates, by name: of a tenant, of a search of each kind, of a new company."""
    profile = profile_of(tenant)
    steps: dict[str, Callable[[], object]] = {"candidates of a tenant": lambda: find_matches({1: profile}, without={})}
    for kind, text in searches.items():
        steps[f"search: {kind}"] = lambda text=text: find_companies(text)  # type: ignore[misc]  # mypy knows no such default
    steps["tenants like a new company"] = lambda: tenants_like(draft)
    return steps


def planned(steps: Mapping[str, Callable[[], object]]) -> list[Planned]:
    """Return every query of these steps. Raises AssertionError where row-level security would not bind the role."""
    with connection.cursor() as cursor:
        for table in _SECURED:
            cursor.execute("select row_security_active(%s)", [table])
            assert cursor.fetchone() == (True,), f"Row-level security does not bind this role on {table}."
    return [_planned(name, plan) for name, step in steps.items() for plan in plans_of(step)]


def _planned(step: str, plan: str) -> Planned:
    indexes = tuple(sorted(set(_INDEX.findall(plan))))
    return Planned(step, tuple(sorted(set(_TABLE.findall(plan)) - set(indexes))), indexes, plan)


def plans_table(found: Iterable[Planned]) -> str:
    """Return the queries as Markdown, each once for each step."""
    lines = ["| asked for | tables | indexes |", "|---|---|---|"]
    for each in found:
        indexes = ", ".join(f"`{name}`" for name in each.indexes) or "**none**"
        whole = " **a whole table is read**" if reads_a_whole_table(each.plan) else ""
        tables = ", ".join(f"`{name}`" for name in each.tables)
        lines.append(f"| {each.step} | {tables} | {indexes}{whole} |")
    return "\n".join(dict.fromkeys(lines))
