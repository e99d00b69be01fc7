"""Which company of a marketplace a tenant is: proposals with a certainty word, and evidence for and against.

``values`` holds what goes in and comes out, ``keys`` how candidates are found by equality alone, ``scoring``
the entry :func:`match`, ``certainty`` the rules of the words, ``weights`` what evidence is worth, ``words``
evidence as sentences. Pure: no clock, no database.
"""

from tenantry.core.matching.keys import Key, KeyKind, keys_of
from tenantry.core.matching.scoring import match
from tenantry.core.matching.values import Candidate, Certainty, Evidence, Match, Subject

__all__ = ["Candidate", "Certainty", "Evidence", "Key", "KeyKind", "Match", "Subject", "keys_of", "match"]
