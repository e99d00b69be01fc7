"""Every way of taking changes back, by the kinds of changes that it is for. A new sort of change adds its way here."""

from tenantry.sync.undoing.arrivals import ARRIVED, INVITED, LINKED, RETURNED
from tenantry.sync.undoing.decided import DECIDED
from tenantry.sync.undoing.followed import FOLLOWED
from tenantry.sync.undoing.people import PEOPLE
from tenantry.sync.undoing.person_values import FOLLOWED_PERSON
from tenantry.sync.undoing.released import Released
from tenantry.sync.undoing.ways import Way

_PLAIN: tuple[Way, ...] = (DECIDED, FOLLOWED, PEOPLE, ARRIVED, RETURNED, LINKED, INVITED, FOLLOWED_PERSON)
WAYS: tuple[Way, ...] = (*_PLAIN, Released(_PLAIN).way)


def way_for(kind: str) -> Way | None:
    """Return how changes of a kind are taken back, or ``None`` when they can't be."""
    return next((way for way in WAYS if kind in way.kinds), None)


def kinds_with_a_way() -> list[str]:
    """Return every kind of change that can be taken back in principle."""
    return sorted(kind for way in WAYS for kind in way.kinds)
