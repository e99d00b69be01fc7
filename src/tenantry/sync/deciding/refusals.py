"""Why a decision is not made. Each message is a sentence for the person who decides."""

from collections.abc import Mapping
from datetime import datetime

from tenantry.sync.switches import CompanySyncSwitches

SYNC_OFF = "Linking needs Company Sync, and it is off. A marketplace manager switches it on under Settings, Data Sync."
LINK_NOT_ENABLED = "Link Company is not enabled for this marketplace. Ask your operator to enable it."
CREATES_AUTOMATICALLY = (
    "Linking is possible only while companies are not created automatically. A marketplace manager switches that off "
    "under Settings, Data Sync."
)
CONTACT_WANTED = "A company needs a first person: give the e-mail address of its primary contact."


class DecisionRefused(Exception):
    """The decision can't be made now; nothing was changed. ``errors`` has a sentence by field, where there is one."""

    def __init__(self, sentence: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.errors = dict(errors or {})


class AlreadyDecided(Exception):
    """Somebody decided, or took back, before: ``who`` did ``what`` and ``when``. Nothing was changed by this."""

    def __init__(self, who: str, what: str, when: datetime | None) -> None:
        super().__init__(f"{who} was faster: {what}.")
        self.who = who
        self.what = what
        self.when = when


def why_not_link(switches: CompanySyncSwitches, *, by_request: bool = False) -> str:
    """Return why nobody may link now, or nothing. ``by_request``: a company asked for this tenant before."""
    if not switches.on:
        return SYNC_OFF
    if not switches.link_allowed:
        return LINK_NOT_ENABLED
    return CREATES_AUTOMATICALLY if switches.creates_automatically and not by_request else ""
