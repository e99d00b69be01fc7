"""The certainty words, as rules on evidence. A score alone never makes a word; it only keeps silent.

* **Certain**: the company carries this tenant's id already.
* **Strong**: an equal registration number; or a company domain that exactly one company carries, and nothing
  disagrees: the names are equal apart from legal form, or share a rare word while neither has a distinguishing
  word of its own; and the country is not another.
* **Likely**: the name, and place or contact agree; or a shared domain with another name.
* **Possible**: the name alone.
"""

from collections.abc import Mapping, Sequence

from tenantry.core.matching.comparing import Relation
from tenantry.core.matching.terms import Term
from tenantry.core.matching.values import Certainty

RARE = 1.1  # tens of bits: fewer than one name in two thousand carries the word
DISTINGUISHING = 0.95  # tens of bits that one side alone may have: "Group", "International" and the like
SILENT_BELOW = 0.15  # of the score: a name alone that is less likely than this is no proposal

_SAME_NAME = frozenset({f"name_{relation}" for relation in (Relation.EQUAL, Relation.SPACING, Relation.REORDERED)})
_LIKE_NAME = _SAME_NAME | {f"name_{relation}" for relation in (Relation.SPELLING, Relation.CONTAINED)}
_ANY_NAME = _LIKE_NAME | {f"name_{relation}" for relation in (Relation.PARTIAL, Relation.ACRONYM)}
_PLACE = frozenset({"city_equal", "postcode_equal", "street_equal", "phone_equal"})
_CONTACT = frozenset({"contact_domain", "contact_email", "domain_label", "domain_related", "domain_like_name"})
_SHARED_DOMAIN = frozenset({"domain_equal", "domain_equal_shared"})
_WHATEVER_THE_SCORE = _SHARED_DOMAIN | {"tenant_equal", "registration_equal"}
_OTHER_COUNTRY = frozenset({"country_differs", "country_differs_alone"})
_FORBIDS_STRONG = _OTHER_COUNTRY | {"registration_differs", "place_conflicts", "numbers_differ", "other_kind"}
_DISAGREES = frozenset(
    {
        "form_differs",
        "city_differs",
        "postcode_differs",
        "street_differs",
        "phone_differs",
        "contact_differs",
        "place_unknown",
    }
)


def certainty_of(terms: Sequence[Term], score: float) -> Certainty | None:
    """Return the word for these terms, or nothing: then the candidate is not shown."""
    if score < SILENT_BELOW and _WHATEVER_THE_SCORE.isdisjoint([code for code, _ in terms]):  # as most of them are
        return None
    return _word({term.code: term.amount for term in terms}, score)


def _word(amounts: Mapping[str, float], score: float) -> Certainty | None:
    if "tenant_equal" in amounts:
        return Certainty.CERTAIN
    if "registration_equal" in amounts and not amounts.keys() & _OTHER_COUNTRY:
        return Certainty.STRONG
    if "domain_equal" in amounts and _nothing_disagrees(amounts):
        return Certainty.STRONG
    if amounts.keys() & _SHARED_DOMAIN:
        return Certainty.LIKELY
    if score < SILENT_BELOW or not amounts.keys() & _ANY_NAME:
        return None
    return Certainty.LIKELY if _more_than_a_name(amounts) else Certainty.POSSIBLE


def _nothing_disagrees(amounts: Mapping[str, float]) -> bool:
    """One address that differs is life: companies have several. Two, or one besides another name, are not."""
    if amounts.keys() & _FORBIDS_STRONG:
        return False
    disagreeing = len(amounts.keys() & _DISAGREES)
    if amounts.keys() & _SAME_NAME:
        return disagreeing <= 1
    alone = max(amounts.get("words_only_tenant", 0.0), amounts.get("words_only_company", 0.0))
    return disagreeing == 0 and amounts.get("name_rarest", 0.0) >= RARE and alone < DISTINGUISHING


def _more_than_a_name(amounts: Mapping[str, float]) -> bool:
    if amounts.keys() & _CONTACT:
        return True
    if amounts.keys() & _LIKE_NAME and amounts.keys() & _PLACE:
        return True
    return bool(amounts.keys() & _SAME_NAME) and "country_equal" in amounts
