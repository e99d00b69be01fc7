"""Decides about invitations: who may accept one now, when sending is tried again, what may be mailed at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LIFETIME = timedelta(days=7)
_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
# The domain that Microsoft gives every tenant. Names in it are for signing in; most have no mailbox.
_INITIAL_DOMAINS = (".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn")


class Standing(StrEnum):
    """What an invitation's link can do for whoever follows it now."""

    SET_UP = "set up"  # nobody signs in with this address yet: choose how to
    SIGN_IN = "sign in"  # there is an account: only it may accept, and it must sign in first
    ACCEPT = "accept"  # the right account is signed in
    WRONG_ACCOUNT = "wrong account"
    OTHER_PERSON = "other person"  # the account is somebody else in this marketplace already
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"  # a newer link was sent, or the address was corrected
    COMPANY_DISABLED = "company disabled"

    @property
    def is_open(self) -> bool:
        """Whether the visitor can accept, or needs to sign in first."""
        return self in _OPEN


_OPEN = {Standing.SET_UP, Standing.SIGN_IN, Standing.ACCEPT}


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """What counts for :func:`judge`. ``state`` is one of ``InvitationState``.

    ``account_id`` is the login of the invited person, or whoever has the address; ``taken_by_other``: that login is
    another person of the marketplace.
    """

    state: str
    expires_at: datetime
    replaced: bool
    address_changed: bool
    membership_active: bool
    company_disabled: bool
    account_id: int | None
    taken_by_other: bool


def judge(facts: InvitationFacts, *, visitor: int | None, now: datetime) -> Standing:
    """Return what the link can do for ``visitor``, an account's id or ``None`` for somebody who is not signed in."""
    closed = _closed(facts, now)
    if closed is not None:
        return closed
    if facts.account_id is None:
        return Standing.SET_UP if visitor is None else Standing.WRONG_ACCOUNT
    if visitor is None:
        return Standing.SIGN_IN
    if visitor != facts.account_id:
        return Standing.WRONG_ACCOUNT
    return Standing.OTHER_PERSON if facts.taken_by_other else Standing.ACCEPT


def _closed(facts: InvitationFacts, now: datetime) -> Standing | None:
    if facts.state == "accepted":
        return Standing.ACCEPTED
    if facts.replaced or facts.address_changed:
        return Standing.REPLACED
    if facts.state == "revoked" or not facts.membership_active:
        return Standing.REVOKED
    if facts.state == "expired" or facts.expires_at <= now:
        return Standing.EXPIRED
    return Standing.COMPANY_DISABLED if facts.company_disabled else None


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after the given number of failed attempts, at least one."""
    return _DELAYS[min(max(attempts, 1), len(_DELAYS)) - 1]


def looks_like_user_name(email: str) -> bool:
    """Whether an address is a name for signing in that probably has no mailbox: a person must confirm it first."""
    return email.lower().endswith(_INITIAL_DOMAINS)
