"""How the emulated Google behaves where nobody is sure how the real one does."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from tenantry.emulator.posting import Push


class ForeignAnswer(StrEnum):
    """What naming a customer that is not the caller's answers."""

    FORBIDDEN = "403"
    NOT_FOUND = "404"


class OverLimit(StrEnum):
    """What asking for more rows than the maximum does."""

    CLAMP = "clamp"
    REFUSE = "400"


@dataclass(slots=True)
class GoogleSwitches:
    """All switches, at what is believed to be the real behaviour. Assign to change one.

    ``foreign_customer``, ``over_limit``, ``page_cap`` (most rows on a page, of any list),
    ``token_days`` (life of page tokens), ``deleted_days`` (how long a
    deleted person may be restored), ``access_seconds`` (life of access tokens), ``expires_as_text``,
    ``new_errors`` (bodies carry ``status`` and ``details``, and no ``errors``), ``key_revoked`` (the service
    account's key is not known), ``apis_off`` (APIs not enabled in the project, separated by commas:
    ``directory``, ``reseller``, ``channel``, ``licensing``), ``reseller_may_license`` (whether a reseller's
    administrator may list a customer's licences), ``bare_deleted`` (deleted people show ``kind``, ``id`` and
    ``primaryEmail`` only), ``license_seconds`` (between two calls of the License Manager),
    ``push`` (messages arrive once, are lost, arrive twice, or are held back until they are delivered, newest first),
    ``push_sync_first`` (the first message of a channel comes before the answer that opens it, else when messages are
    delivered), ``push_seconds`` (the longest life of a channel: contracts say two days, production six hours).
    """

    foreign_customer: ForeignAnswer = ForeignAnswer.FORBIDDEN
    over_limit: OverLimit = OverLimit.CLAMP
    page_cap: int = 1000
    token_days: float = 3.0
    deleted_days: float = 20.0
    access_seconds: int = 3599
    expires_as_text: bool = False
    new_errors: bool = False
    key_revoked: bool = False
    apis_off: str = ""
    reseller_may_license: bool = True
    bare_deleted: bool = False
    license_seconds: float = 0.0
    push: Push = Push.ONCE
    push_sync_first: bool = True
    push_seconds: int = 21_600

    def set(self, changes: dict[str, Any]) -> None:
        """Set switches by name, as the control API does. Raises ``ValueError`` for an unknown name or value."""
        usual = {entry.name: getattr(GoogleSwitches(), entry.name) for entry in fields(self)}
        for name, value in changes.items():
            if name not in usual:
                raise ValueError(f"There is no switch {name}. Known: {', '.join(sorted(usual))}.")
            kind = type(usual[name])
            setattr(self, name, kind(value) if issubclass(kind, StrEnum) else value)

    def as_dict(self) -> dict[str, Any]:
        """Return every switch by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}
