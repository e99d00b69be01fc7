"""How pages write what companies and their people are."""

from collections.abc import Mapping

from tenantry.marketplace.models import Company

STATUS_TONES: Mapping[str, str] = {"enabled": "good", "pending": "busy", "disabled": "bad", "without_login": "off"}
STATUS_SENTENCES: Mapping[str, str] = {
    "enabled": "Somebody of it has accepted an invitation.",
    "pending": "Somebody was invited; nobody has accepted yet.",
    "disabled": "Its people can't enter it until a manager enables it again.",
    "without_login": "Nobody of it was invited yet.",
}
# ``people.queries.Place.standing`` in words with a tone.
STANDINGS: Mapping[str, tuple[str, str]] = {
    "active": ("active", "good"),
    "deactivated": ("deactivated", "off"),
    "not invited": ("not invited", "off"),
    "invited": ("invited", "busy"),
    "bounced": ("invitation came back", "bad"),
    "expired": ("invitation expired", "wait"),
}


def status_badge(company: Company) -> dict[str, str]:
    """Return word and tone of a company's status."""
    return {"word": company.get_status_display(), "tone": STATUS_TONES.get(company.status, "off")}


def standing_badge(standing: str) -> dict[str, str]:
    """Return word and tone of a person's standing in a company."""
    word, tone = STANDINGS[standing]
    return {"word": word, "tone": tone}
