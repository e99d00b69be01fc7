"""What matching takes and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Subject:
    """A tenant, as far as it is known: every part but the name may be empty.

    ``external_id`` is the provider's immutable id. ``domains`` are verified custom domains, ``default_domain``
    the one by which the provider lists the tenant (often one that the provider gave). ``country`` is an
    alpha-2 code.
    """

    name: str
    external_id: str = ""
    domains: tuple[str, ...] = ()
    default_domain: str = ""
    contact_email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    postal_code: str = ""
    street: str = ""
    registration_number: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A company that a tenant may be.

    ``tenant_ids`` are the providers' ids of tenants that this company is known to have: from an import, a link
    or a person. ``domain_carriers`` tells for each of its domains how many companies of the marketplace carry
    it; a domain that is not in it is taken as carried by this company alone.
    """

    id: str
    name: str
    tenant_ids: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    contact_email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    postal_code: str = ""
    street: str = ""
    registration_number: str = ""
    domain_carriers: Mapping[str, int] = field(default_factory=dict, hash=False)


class Certainty(IntEnum):
    """How sure a match is, as a number that sorts; ``NONE``: nothing matches.

    Each word is a rule on evidence (see :mod:`.certainty`), never a score alone.
    """

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    STRONG = 3
    CERTAIN = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason. ``points`` are log-odds: above zero it speaks for the match, below zero against it.

    ``code`` and ``parameters`` are data for :mod:`.words`, which renders them. ``speaks_for`` says which side it is
    on even where it counts nothing.
    """

    code: str
    points: float
    speaks_for: bool
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def as_json(self) -> dict[str, Any]:
        """Return {code, for, points, parameters}, as it is stored."""
        return {"code": self.code, "for": self.speaks_for, "points": self.points, "parameters": dict(self.parameters)}


@dataclass(frozen=True, slots=True)
class Match:
    """A proposal. ``score`` is the probability, from 0 to 1, that this candidate is the tenant's company.

    It takes the other candidates into account: two that fit equally well share what there is. ``points`` is
    the sum of this candidate's own evidence, strongest first.
    """

    candidate_id: str
    score: float
    certainty: Certainty
    points: float
    evidence: tuple[Evidence, ...]
