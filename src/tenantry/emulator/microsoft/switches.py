"""How the emulated service behaves where the real one is known to vary, or nobody is sure how it behaves."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from tenantry.emulator.posting import Push


class LinkStyle(StrEnum):
    """How ``links.next.uri`` is written. All of these have been seen in real answers or in their documentation."""

    PLAIN = "plain"  # /customers?…
    VERSIONED = "versioned"  # /v1/customers?…
    ABSOLUTE = "absolute"  # https://host/v1/customers?…
    DOUBLE_QUESTION = "double_question"  # /customers?size=500?seekOperation=Next
    FOREIGN = "foreign"  # an absolute address on another host, which nobody may follow
    NONE = "none"  # no links at all


class TokenPlace(StrEnum):
    """Where a page carries its continuation token."""

    BOTH = "both"
    BODY = "body"
    LINKS = "links"


class Account(StrEnum):
    """What the signed-in partner is. An indirect reseller has no access to the API."""

    DIRECT = "direct"
    INDIRECT_PROVIDER = "indirect_provider"
    INDIRECT_RESELLER = "indirect_reseller"


class MfaRefusal(StrEnum):
    """The shape of a refusal for want of MFA: ``json`` (code 900421), or ``empty`` with a reason phrase (older)."""

    JSON = "json"
    EMPTY = "empty"


class LeftAnswer(StrEnum):
    """What reading a tenant answers after its relationship ended."""

    FORBIDDEN = "403"  # code 20002
    NOT_FOUND = "404"  # code 60003


class ErrorShape(StrEnum):
    """The body of an error: the classic one, or that of newer parts of the service."""

    CLASSIC = "classic"
    NEW = "new"


@dataclass(slots=True)
class Switches:
    """All switches, at what is believed to be the real service's behaviour today. Assign to change one.

    Listing: ``link_style``, ``token_place``, ``trailing_token`` (the last page still carries a token, and
    using it answers 400/2000), ``token_seconds`` (continuation tokens lapse; ``None`` never), ``empty_page``
    (this page, counted from 1, comes empty with a token, and the rows follow), ``repeat_page`` (this page
    shows the rows of the page before it), ``repeat_row`` (each page begins with the last row of the page
    before), ``wrong_total`` (``totalCount`` disagrees with the items), ``page_cap`` (most rows on a page),
    ``people_cap`` (most people on a page, of Graph and of the Partner Center), ``bom``, ``domain_filter_fails``.
    ``sandbox``: the partner's account is an integration sandbox, where customers may be deleted.

    Refusals: ``delegations_readable`` (the application may list delegated administration), ``left_answer``,
    ``mfa_refusal``, ``mfa_enforced``, ``error_shape``, ``account``, ``agent`` (the service user is in one of the
    partner's agent groups).

    Graph: ``delta`` (changes are told; off, a position is refused as unknown), ``delta_seconds`` (how long a position
    is good), ``delta_minimal`` (changed people are told in part), ``delta_replays`` (each is told twice, the second
    time as before), ``push`` (change notifications arrive once, are lost, arrive twice, or are held back until they are
    delivered, newest first).

    Sign-in: ``access_seconds``, ``refresh_days``, ``refresh_grace`` (seconds an exchanged refresh token stays
    good; ``None``: until it expires), ``secret_expired``, ``user_consent``, ``user_mfa`` (the user satisfies
    MFA when asked interactively), ``mfa_required`` (redeeming a refresh token that was obtained without MFA
    is refused), ``sign_in_page`` (show a page with buttons instead of redirecting at once),
    ``device_interval`` (seconds).
    """

    link_style: LinkStyle = LinkStyle.PLAIN
    token_place: TokenPlace = TokenPlace.BOTH
    trailing_token: bool = False
    token_seconds: float | None = None
    empty_page: int | None = None
    repeat_page: int | None = None
    repeat_row: bool = False
    wrong_total: bool = False
    page_cap: int = 500
    people_cap: int = 999
    bom: bool = True
    sandbox: bool = False
    domain_filter_fails: bool = False
    delegations_readable: bool = True
    left_answer: LeftAnswer = LeftAnswer.FORBIDDEN
    mfa_refusal: MfaRefusal = MfaRefusal.JSON
    mfa_enforced: bool = True
    error_shape: ErrorShape = ErrorShape.CLASSIC
    account: Account = Account.DIRECT
    agent: bool = True
    delta: bool = True
    delta_seconds: float = 7 * 86_400.0
    delta_minimal: bool = False
    delta_replays: bool = False
    push: Push = Push.ONCE
    access_seconds: int = 3599
    refresh_days: float = 90.0
    refresh_grace: float | None = 86_400.0
    secret_expired: bool = False
    user_consent: bool = True
    user_mfa: bool = True
    mfa_required: bool = False
    sign_in_page: bool = False
    device_interval: int = 5

    def set(self, changes: dict[str, Any]) -> None:
        """Set switches by name, as the control API does. Raises ``ValueError`` for an unknown name or value."""
        known = {entry.name: getattr(Switches(), entry.name) for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no switch {name}. Known: {', '.join(sorted(known))}.")
            usual = known[name]
            setattr(self, name, type(usual)(value) if isinstance(usual, StrEnum) else value)

    def as_dict(self) -> dict[str, Any]:
        """Return every switch by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}
