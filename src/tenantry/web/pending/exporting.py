"""Pending companies as CSV: what the filter shows, or the rows that were ticked."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.queries import best_matches
from tenantry.sync.deciding.selecting import Selection
from tenantry.sync.delegations import sightings_of
from tenantry.sync.matching.words import certainty_word, reasons_in_words
from tenantry.sync.models import Match, PendingCompany
from tenantry.sync.pending.filters import PROBLEM_WORDS
from tenantry.web.countries import country_name
from tenantry.web.pending.administrations import administration

HEAD = (
    "Name", "Tenant ID", "Country code", "Country", "Primary domain", "Primary contact", "Contact e-mail", "State",
    "Matches", "Best match", "Matching company", "Reasons for", "Reasons against", "Problems", "First seen",
    "Connection", "Decided at", "Decided by", "Company", "Delegated admin", "Delegated admin until",
)  # fmt: skip
_PAGE = 1_000


def rows_of(selection: Selection, *, marketplace_id: int, now: datetime) -> Iterator[Sequence[object]]:
    """Give the rows in order of their keys, page by page, each page in a scope of its own: a download takes long."""
    after = 0
    while True:
        with marketplace_scope(marketplace_id):
            found = selection.rows(now=now).filter(pk__gt=after).select_related("tenant", "connection", "company")
            page = list(found.order_by("pk")[:_PAGE])
            best = best_matches(pending.pk for pending in page if pending.match_count)
            seen = sightings_of([pending.tenant_id for pending in page])
        for pending in page:
            given = administration(pending, seen.get(pending.tenant_id), now=now)
            yield *_cells(pending, best.get(pending.pk)), given["word"], _moment(given["ends"])
        if len(page) < _PAGE:
            return
        after = page[-1].pk


def _cells(pending: PendingCompany, match: Match | None) -> Sequence[object]:
    problems = "; ".join(PROBLEM_WORDS.get(code, code) for code in pending.problems)
    return (
        pending.name, pending.tenant.external_id, pending.country, country_name(pending.country), pending.domain,
        pending.contact_name, pending.contact_email, pending.get_state_display(), pending.match_count,
        certainty_word(pending.certainty), *_match(match), problems, _moment(pending.first_seen_at),
        pending.connection.name, _moment(pending.decided_at), pending.decided_by_name,
        pending.company.name if pending.company else "",
    )  # fmt: skip


def _match(match: Match | None) -> tuple[str, ...]:
    if match is None:
        return "", "", ""
    reasons = [" ".join(reasons_in_words(match.evidence, speaking_for=speaking)) for speaking in (True, False)]
    return match.company.name, *reasons


def _moment(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S%z") if moment else ""
