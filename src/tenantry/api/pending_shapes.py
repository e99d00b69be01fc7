"""Shapes of pending companies: rows, one with all that is known, what decisions send and answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.shapes import Address, Count, Id, PageQuery, PageShape, choice, one_of, ordering
from tenantry.audit.models import Event
from tenantry.marketplace.models import Company
from tenantry.sync.automatic.words import AUTOMATIC_ADVICE, SHOWN_WORDS
from tenantry.sync.deciding.queries import Proposal
from tenantry.sync.matching.words import certainty_word, evidence_sentence
from tenantry.sync.models import Decision, Match, PendingCompany
from tenantry.sync.pending.facts import Seen
from tenantry.sync.pending.filters import PROBLEM_WORDS, PendingFilter
from tenantry.sync.pending.queries import COLUMNS, TABS


class PendingFilters(Schema):
    """The filters of pending companies, as the pages have them."""

    q: str = choice(PendingFilter, "q")
    match: str = choice(PendingFilter, "match")
    country: str = choice(PendingFilter, "country")
    problem: str = choice(PendingFilter, "problem")
    connection: Id = choice(PendingFilter, "connection")
    age: str = choice(PendingFilter, "age")
    admin: str = choice(PendingFilter, "admin")


class PendingQuery(PendingFilters, PageQuery):
    """Which pending companies a list shows."""

    tab: str = one_of(TABS, "pending", "Where they stand.")
    sort: str = ordering(COLUMNS)


class BestMatch(Schema):
    """The likeliest company, and how certain that is."""

    certainty: str
    company_id: int
    company: str


class PendingRow(Schema):
    """A pending company as lists show it. ``version`` is what a decision names in ``If-Match``."""

    id: int
    version: int
    state: str
    tenant_id: str
    name: str
    country: str
    domain: str
    contact_name: str
    contact_email: str
    connection: str
    problems: list[str]
    automatic_problems: list[str]
    matches: int
    certainty: str = Field(description="Certain, Strong, Likely or Possible; empty without a match.")
    best_match: BestMatch | None
    compared: bool = Field(description="Whether it was compared with the companies that are here now.")
    first_seen_at: datetime
    changed_at: datetime
    snoozed_until: datetime | None
    decided_at: datetime | None
    decided_by: str
    company_id: int | None

    @classmethod
    def facts(cls, row: PendingCompany, match: Match | None) -> dict[str, Any]:
        """Return the members of this shape; ``match`` is the best one."""
        word = certainty_word(row.certainty)
        best = BestMatch(certainty=word, company_id=match.company_id, company=match.company.name) if match else None
        return {
            "id": row.pk, "version": row.version, "state": row.state, "tenant_id": row.tenant.external_id,
            "name": row.name, "country": row.country, "domain": row.domain, "contact_name": row.contact_name,
            "contact_email": row.contact_email, "connection": row.connection.name, "problems": row.problems,
            "automatic_problems": row.automatic_problems, "matches": row.match_count, "certainty": word,
            "best_match": best, "compared": row.matched_at is not None, "first_seen_at": row.first_seen_at,
            "changed_at": row.changed_at, "snoozed_until": row.snoozed_until, "decided_at": row.decided_at,
            "decided_by": row.decided_by_name, "company_id": row.company_id,
        }  # fmt: skip


class PendingPage(PageShape):
    """A page of pending companies, and how many fit the filters in every tab; ``null`` where nobody counted."""

    items: list[PendingRow]
    counts: dict[str, Count | None]


class Evidence(Schema):
    """One reason for or against a match."""

    speaks_for: bool
    sentence: str


class Candidate(Schema):
    """A company that the tenant may be."""

    company_id: int
    name: str
    country: str
    status: str
    certainty: str
    evidence: list[Evidence]
    domains: list[str]
    linked_tenants: list[str]

    @classmethod
    def of(cls, proposal: Proposal) -> "Candidate":
        """Return a proposal as an answer says it."""
        evidence = [
            Evidence(speaks_for=bool(each["for"]), sentence=evidence_sentence(each)) for each in proposal.evidence
        ]
        company = proposal.company
        return cls(
            company_id=company.pk, name=company.name, country=company.country, status=company.status,
            certainty=certainty_word(proposal.certainty), evidence=evidence, domains=list(proposal.domains),
            linked_tenants=list(proposal.linked),
        )  # fmt: skip


class Sighted(Schema):
    """A connection that sees the tenant."""

    connection: str
    relationship: str
    first_seen_at: datetime
    last_seen_at: datetime
    missing_since: datetime | None
    ended_at: datetime | None
    details_read_at: datetime | None
    details_next_try_at: datetime | None = Field(description="When details that failed are tried again.")

    @classmethod
    def of(cls, seen: Seen) -> "Sighted":
        """Return what one connection sees, as an answer says it."""
        row = seen.sighting
        return cls(
            connection=row.connection.name, relationship=row.relationship, first_seen_at=row.first_seen_at,
            last_seen_at=seen.last_seen, missing_since=row.missing_since, ended_at=row.ended_at,
            details_read_at=row.details_at, details_next_try_at=row.details_due_at if row.details_failures else None,
        )  # fmt: skip


class Trouble(Schema):
    """A problem of a pending company in words. ``advice`` says how to mend it, where there is a rule about it."""

    code: str
    word: str
    advice: str

    @classmethod
    def all_of(cls, row: PendingCompany) -> "list[Trouble]":
        """Return the row's problems, and what stands against creating it by a rule."""
        own = [cls(code=code, word=PROBLEM_WORDS.get(code, code), advice="") for code in row.problems]
        shown = [code for code in row.automatic_problems if code in SHOWN_WORDS]
        return own + [cls(code=code, word=SHOWN_WORDS[code], advice=AUTOMATIC_ADVICE[code]) for code in shown]


class DecisionTold(Schema):
    """A decision that was made, newest first."""

    id: int
    kind: str
    company_id: int | None
    company: str
    reason_key: str
    reason: str
    by: str
    at: datetime
    undone: bool

    @classmethod
    def of(cls, row: Decision) -> "DecisionTold":
        """Return a decision as an answer says it."""
        return cls(
            id=row.pk, kind=row.kind, company_id=row.company_id, company=row.company_name, reason_key=row.reason_key,
            reason=row.reason, by=row.actor_name, at=row.created_at, undone=row.undone_by is not None,
        )  # fmt: skip


class Happened(Schema):
    """Something that happened to it. Personal values stay sealed: the activity has them."""

    action: str
    by: str
    at: datetime
    reason: str

    @classmethod
    def all_of(cls, events: Sequence[Event]) -> "list[Happened]":
        """Return events as an answer says them."""
        return [cls(action=row.action, by=row.actor_name, at=row.at, reason=row.reason) for row in events]


class PendingDetail(PendingRow):
    """All that is known of a pending company."""

    domains: list[str] | None = Field(description="Verified domains; null where they are not visible.")
    address: Address
    address_phone: str
    registration_number: str
    contact_phone: str
    contact_language: str
    delegated_admin: bool | None
    indirect_reseller: str
    cloud: str
    details_read_at: datetime | None
    troubles: list[Trouble]
    sightings: list[Sighted]
    candidates: list[Candidate]
    decisions: list[DecisionTold]
    history: list[Happened]
    may_link: bool
    link_refusal: str = Field(description="Why nobody may link now; empty when they may.")


class CompanySearch(Schema):
    """What to look for: words, a domain, an id."""

    q: str = Field(min_length=1, max_length=200)


class CompanyFound(Schema):
    """A company that a search found."""

    company_id: int
    name: str
    country: str
    status: str

    @classmethod
    def of(cls, company: Company) -> "CompanyFound":
        """Return a company as an answer says it."""
        return cls(company_id=company.pk, name=company.name, country=company.country, status=company.status)


class CompaniesFound(Schema):
    """What a search found, the closest first; ``more`` that there are others."""

    items: list[CompanyFound]
    more: bool
