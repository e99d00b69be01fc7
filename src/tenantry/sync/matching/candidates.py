"""What a matcher is asked and answers. The exact one is ``sync.matching.exact``; a better one takes its place here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tenantry.core.matching_rules import Judgement, Side

MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A company that a pending company may be, and why."""

    company_id: int
    judgement: Judgement


class Matcher(Protocol):
    """Finds companies for tenants. Works in a marketplace's scope and writes nothing."""

    def candidates(
        self, tenants: Mapping[int, Side], *, without: Mapping[int, frozenset[int]]
    ) -> dict[int, list[Candidate]]:
        """Return up to :data:`MOST_CANDIDATES` candidates of each pending company, best first.

        ``tenants`` are pending companies by primary key, their keys already stored; ``without`` the companies
        that a person said each is not.
        """

    def compare(self, tenant: Side, company_ids: Sequence[int]) -> dict[int, Judgement]:
        """Return how these companies compare with a tenant, those left out that nothing speaks for."""
