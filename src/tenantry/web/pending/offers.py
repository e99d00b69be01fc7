"""Decisions of other marketplaces that may be offered on the page of a pending company (``pending/_offer.html``)."""

from typing import Any

from tenantry.sync.models import PendingCompany
from tenantry.sync.sharing import Offer, offers_of
from tenantry.web.access import Visit
from tenantry.web.countries import country_name
from tenantry.web.texts import legible

_WORDS = {"create": "created a company from this tenant", "link": "linked this tenant", "ignore": "ignored this tenant"}
_WHY = {
    True: "An operator put both marketplaces into one sharing group.",
    False: "You manage both marketplaces; others do not see this.",
}


def offers_context(pending: PendingCompany, visit: Visit) -> dict[str, Any]:
    """Return ``offers`` for the include. One query."""
    account_id = visit.presence.account.pk
    return {"offers": [_offer(offer) for offer in offers_of(pending, account_id=account_id)]}


def _offer(offer: Offer) -> dict[str, Any]:
    facts = [country_name(offer.country) if offer.country else "", offer.registration_number]
    return {
        "marketplace": offer.marketplace,
        "what": _WORDS.get(offer.kind, offer.kind),
        "kind": offer.kind,
        "company": legible(offer.company_name),
        "facts": [legible(fact) for fact in facts if fact],
        "at": offer.decided_at,
        "why": _WHY[offer.shared],
    }
