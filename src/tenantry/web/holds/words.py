"""How holds are called on pages: what was held, that nothing of it was applied, what happens next."""

from tenantry.core.brakes import Brake
from tenantry.sync.models import Hold, HoldState
from tenantry.web.amounts import counted

_TITLES = {
    Brake.FIRST_CREATIONS.value: "First companies of {source}",
    Brake.CREATIONS.value: "Many new companies from {source}",
    Brake.INVITATIONS.value: "Many invitations for {source}",
}
NOTHING_APPLIED = "Nothing of what is held was applied: no company was created, and nobody was written to."
NEXT = (
    "It stays held until you release or reject it. Everything else of the run went on. A row that changes at the "
    "provider is shown as it is now; a row that you decide on in Pending companies leaves the hold."
)
_STATES = {
    HoldState.OPEN: ("needs you", "wait"),
    HoldState.RELEASED: ("released", "good"),
    HoldState.REJECTED: ("rejected", "off"),
    HoldState.OVER: ("over", "off"),
}


def title_of(hold: Hold) -> str:
    """Return the hold's heading, such as *First companies of Partner Center EU: 3,000*."""
    return f"{_TITLES.get(hold.brake, hold.brake).format(source=hold.run.source)}: {hold.count:,}"


def state_of(hold: Hold) -> tuple[str, str]:
    """Return the hold's state in a word, and its tone."""
    return _STATES[HoldState(hold.state)]


def companies(count: int) -> str:
    """Return ``1 company`` or ``40 companies``."""
    return counted(count, "company", "companies")


def people(count: int) -> str:
    """Return ``1 person`` or ``40 people``."""
    return counted(count, "person", "people")
