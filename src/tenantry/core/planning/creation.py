"""Plans automatic creation: which tenants a rule may make companies, and why it may not for the others.

Pure. What a rule may not create stays pending, for a person to decide.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenantry.core.invitations import looks_like_user_name
from tenantry.core.tenants import Problem

_SURE = 3  # certainty from which on a match is Strong; Certain is above


class AutomaticProblem(StrEnum):
    """Why a rule may not create a company for a tenant that came in while automatic creation was on."""

    DECIDED_BY_HAND = "decided_by_hand"
    RESERVED = "reserved"
    LOOKS_LIKE_COMPANY = "looks_like_company"
    HAS_PROBLEM = "has_problem"
    CONTACT_SHARED = "contact_shared"
    CONTACT_OF_STAFF = "contact_of_staff"
    CONTACT_UNCONFIRMED = "contact_unconfirmed"


class Standing(StrEnum):
    """What automatic creation does with a pending company now."""

    CREATE = "create"
    LATER = "later"
    NOT_BY_RULE = "not_by_rule"


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A pending company as the rule sees it.

    ``details_read`` and ``compared``: its details were read, and it was compared with the companies since it last
    changed. ``certainty`` is that of its best match (4 Certain, 3 Strong, 0 none). ``reserved``: a company asked to be
    connected to this tenant. ``contact_shared``: another tenant of the marketplace has the same contact.
    """

    problems: tuple[str, ...]
    contact_email: str
    details_read: bool
    compared: bool
    certainty: int = 0
    by_hand: bool = False
    reserved: bool = False
    contact_shared: bool = False


@dataclass(frozen=True, slots=True)
class GuardedContacts:
    """Whose addresses never become a customer's administrator: of staff, and of the partner. In lower case.

    ``domains`` leaves out those of mail for everybody; ``addresses`` are guarded whatever their domain.
    """

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def cover(self, email: str) -> bool:
        """Whether this address, or a domain above its own, is guarded."""
        address = email.strip().lower()
        labels = address.rpartition("@")[2].split(".")
        above = {".".join(labels[start:]) for start in range(len(labels) - 1)}
        return address in self.addresses or not above.isdisjoint(self.domains)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to the pending company, and for ``NOT_BY_RULE`` why."""

    standing: Standing
    problems: tuple[str, ...] = ()


def judge_candidate(candidate: CandidateView, guarded: GuardedContacts, *, invites: bool) -> Verdict:
    """Return whether a rule may create a company for this tenant, which was first seen after that was switched on.

    ``invites``: its contact would be invited at once, so the address must be one that a rule may write to. While its
    details are not read, or it was not compared with the companies, nothing is said about it.
    """
    if Problem.DETAILS_NOT_READ in candidate.problems or not candidate.compared:
        return Verdict(Standing.LATER)
    found = checks_of(candidate, guarded, invites=invites)
    problems = tuple(sorted(problem.value for problem, applies in found.items() if applies))
    return Verdict(Standing.NOT_BY_RULE, problems) if problems else Verdict(Standing.CREATE)


def checks_of(
    candidate: CandidateView, guarded: GuardedContacts, *, invites: bool
) -> dict[AutomaticProblem, bool]:  # fmt: skip
    """Return each thing that may stand against creating by rule, in the order of asking, and whether it does."""
    return {
        AutomaticProblem.DECIDED_BY_HAND: candidate.by_hand,
        AutomaticProblem.RESERVED: candidate.reserved,
        AutomaticProblem.LOOKS_LIKE_COMPANY: candidate.certainty >= _SURE,
        AutomaticProblem.HAS_PROBLEM: bool(candidate.problems) or not candidate.details_read,
        AutomaticProblem.CONTACT_SHARED: candidate.contact_shared,
        AutomaticProblem.CONTACT_OF_STAFF: guarded.cover(candidate.contact_email),
        AutomaticProblem.CONTACT_UNCONFIRMED: invites and looks_like_user_name(candidate.contact_email),
    }


def came_after(first_seen_at: datetime, created_since: datetime | None) -> bool:
    """Whether a tenant that was first seen then is new to automatic creation, which began at ``created_since``."""
    return created_since is not None and first_seen_at > created_since
