"""What can go wrong at a provider: each fault and each switch that the emulator knows.

A fault that makes no sense in a phase says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.phases import GOOGLE, MICROSOFT, PHASES, Phase

from tenantry.emulator.faults import FaultKind
from tenantry.emulator.google.refusals import MESSAGES
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.microsoft.switches import Switches

_SLOW: Final = 0.3
_LOOK_WHOLE: Final = frozenset({
    FaultKind.REPEAT, FaultKind.EMPTY_LIST, FaultKind.HALF_LIST, FaultKind.EMPTY_PAGE, FaultKind.ROW_SKIPPED,
    FaultKind.NO_ID, FaultKind.WRONG_TYPES,
})  # fmt: skip
_NO_LIST: Final = "The answer is no list."
_ROWS: Final = "The answer has no rows of that kind."
_ONLY_SHOWN: Final = "The answer has no such rows, or tells administrators, who are shown as told and nothing more."


@dataclass(frozen=True)
class Cause:
    """One way to go wrong. ``only`` are the phases where it means something, ``otherwise`` why not elsewhere.

    ``settings`` are those of a fault, ``switches`` what is switched instead of a fault, ``connection`` what the
    connection is set to meanwhile.
    """

    name: str
    provider: str
    kind: FaultKind | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    only: frozenset[str] | None = None
    otherwise: str = ""
    connection: Mapping[str, Any] = field(default_factory=dict)

    def times(self, phase: Phase) -> int:
        """Return how often to read: twice where a list may end early and cleanly, for one miss proves nothing."""
        looks_whole = self.kind is None or self.kind in _LOOK_WHOLE
        return 2 if looks_whole and phase.act == "companies" and phase.rows else 1

    def senseless(self, phase: Phase) -> str:
        """Return why this makes no sense in the phase, or nothing."""
        if phase.path is None:
            return "No provider is asked while changes are applied."
        return "" if self.only is None or phase.key in self.only else self.otherwise


def _cause(
    provider: str, name: str, kind: FaultKind, only: object = None, otherwise: str = "", **settings: Any
) -> Cause:
    connection = {"answer_seconds": _SLOW} if kind in {FaultKind.SLOW, FaultKind.DRIP} else {}
    phases = None if only is None else frozenset(only)  # type: ignore[call-overload]  # any collection of names
    return Cause(name, provider, kind, settings, {}, phases, otherwise, connection)


def _switch(provider: str, name: str, only: object, otherwise: str, **switches: Any) -> Cause:
    return Cause(name, provider, None, {}, switches, frozenset(only), otherwise)  # type: ignore[call-overload]  # same


def _of(provider: str, **having: Any) -> frozenset[str]:
    phases = [each for each in (MICROSOFT if provider == "microsoft" else GOOGLE) if each.path]
    return frozenset(each.key for each in phases if all(getattr(each, name) == want for name, want in having.items()))


def _everywhere(provider: str) -> list[Cause]:
    """Return what any service over HTTP can do."""
    kind, lists = FaultKind, _of(provider, rows=True)
    believed = lists - {"administrators"}
    signed = _of(provider) - {"sign-in"}
    no_token = "The sign-in is asked without an access token."
    found = [
        _cause(provider, f"status {status}", kind.STATUS, status=status)
        for status in (302, 400, 401, 403, 404, 408, 409, 412, 500, 504)
    ]
    unpaced = {"sign-in", "listing", "listing-later"} if provider == "microsoft" else {"sign-in"}
    undetailed = _of(provider) - {"details"}
    paced = "Calls are paced there, and the wait is real: tests of the pace have it."
    return [
        *found,
        _cause(provider, "status 429", kind.STATUS, unpaced, paced, status=429),
        _cause(provider, "502 with a page of HTML", kind.STATUS, status=502, body="html"),
        _cause(provider, "503 with Retry-After", kind.STATUS, status=503, retry_after=0),
        _cause(provider, "429 in plain text", kind.STATUS, undetailed, paced, status=429, body="text", retry_after=0),
        _cause(provider, "429 of the gateway", kind.THROTTLE, undetailed, paced, retry_after=0),
        _cause(provider, "403 that means 429", kind.FORBIDDEN_THROTTLE, undetailed, paced, retry_after=0),
        _cause(provider, "403 in the reason phrase", kind.REASON, status=403),
        _cause(provider, "an expired token", kind.EXPIRED_TOKEN, signed, no_token),
        _cause(provider, "all tokens revoked", kind.REVOKE_TOKENS, signed, no_token, times=1),
        _cause(provider, "an answer too slow, three times", kind.SLOW, seconds=_SLOW * 2, times=3),
        _cause(provider, "an answer in drops, three times", kind.DRIP, seconds=0.2, piece=16, times=3),
        _cause(provider, "cut in the answer", kind.CUT),
        _cause(provider, "cut before the answer", kind.RESET),
        _cause(provider, "JSON that ends early", kind.MALFORMED),
        _cause(provider, "an answer of 40 MB, three times", kind.HUGE, megabytes=40, times=3),
        _cause(provider, "a packed answer", kind.GZIP),
        _cause(provider, "a bomb of 40 MB, three times", kind.BOMB, megabytes=40, times=3),
        _cause(provider, "rows that are no list", kind.ITEMS_NO_LIST, lists, _NO_LIST),
        _cause(provider, "a row without id", kind.NO_ID, believed | {"details"}, _ONLY_SHOWN),
        _cause(provider, "rows of wrong types", kind.WRONG_TYPES, lists | {"details"}, _ROWS),
        _cause(provider, "the page before again", kind.REPEAT, lists, _NO_LIST),
        _cause(provider, "an empty list, cleanly", kind.EMPTY_LIST, believed, _ONLY_SHOWN),
        _cause(provider, "half a list, cleanly", kind.HALF_LIST, believed, _ONLY_SHOWN),
        _cause(provider, "an empty page with a token", kind.EMPTY_PAGE, believed, _ONLY_SHOWN),
        _cause(provider, "a row twice", kind.ROW_TWICE, lists, _NO_LIST),
        _cause(provider, "a row missing", kind.ROW_SKIPPED, believed, _ONLY_SHOWN),
    ]


_THROTTLES: Final = frozenset({"userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded"})
_CODES: Final = (
    (400, 2000), (401, 800001), (401, 900420), (401, 900421), (403, 1002), (403, 2032), (403, 20002), (403, 600006),
    (403, 800039), (403, 900149), (403, 900150), (403, 900308), (403, 900309), (403, 900329), (403, 90000),
    (404, 60003), (500, 800003), (500, 900192),
)  # fmt: skip


def _microsofts() -> list[Cause]:
    provider, kind = "microsoft", FaultKind
    center = _of(provider, service="partner center")
    listing = frozenset({"listing", "listing-later"})
    users = _of(provider, user=True)
    codes = [
        _cause(provider, f"{status} with code {code}", kind.STATUS, center, "A code of the Partner Center alone.",
               status=status, body="json", code=code)
        for status, code in _CODES
    ]  # fmt: skip
    newer = [
        _cause(provider, f"500, {'to be retried' if again else 'not to be retried'}", kind.STATUS, center,
               "A body of the Partner Center alone.", status=500, body="new", code=600074, retryable=again)
        for again in (True, False)
    ]  # fmt: skip
    listed, signs = "A switch of the list of customers.", "A switch of the sign-in."
    return [
        *_everywhere(provider), *codes, *newer,
        *(_switch(provider, f"links {style}", listing, listed, link_style=style)
          for style in ("versioned", "absolute", "double_question", "foreign", "none")),
        *(_switch(provider, f"the token in the {place} alone", listing, listed, token_place=place)
          for place in ("body", "links")),
        _switch(provider, "a token behind the last page", listing, listed, trailing_token=True),
        _switch(provider, "tokens that lapse at once", listing, listed, token_seconds=-1.0),
        _switch(provider, "an empty second page", listing, listed, empty_page=2),
        _switch(provider, "the second page is the first", listing, listed, repeat_page=2),
        _switch(provider, "each page begins with a row seen", listing, listed, repeat_row=True),
        _switch(provider, "totals that are wrong", listing, listed, wrong_total=True),
        _switch(provider, "errors of the new shape, no agent", {"details"}, "Shown once.", error_shape="new",
                agent=False),
        _switch(provider, "the program is not active", listing, "Shown at the list.", account="indirect_reseller"),
        _switch(provider, "the secret has expired", {"sign-in"}, signs, secret_expired=True),
        _switch(provider, "no consent of the user", {"sign-in"}, signs, user_consent=False),
        _switch(provider, "the refresh token has expired", {"sign-in"}, signs, refresh_days=-1.0),
        _switch(provider, "tokens of one second", {"sign-in"}, signs, access_seconds=1),
        _switch(provider, "no right to read delegated administration", {"delegations"}, "Concerns that alone.",
                delegations_readable=False),
        _switch(provider, "the user is no agent", users, "Read without a user's role.", agent=False),
    ]  # fmt: skip


def _googles() -> list[Cause]:
    provider, kind = "google", FaultKind
    people = frozenset({"people", "people-later"})
    no_people = "A row of people alone."
    apis, alone = _of(provider) - {"sign-in"}, "A reason of the APIs alone."
    throttled = "A reason of the APIs alone; and calls for details are paced, so that the wait is real."
    refusals = [
        _cause(provider, f"refused: {reason}", kind.REFUSE, apis - {"details"}, throttled, reason=reason, retry_after=0)
        if reason in _THROTTLES
        else _cause(provider, f"refused: {reason}", kind.REFUSE, apis, alone, reason=reason)
        for reason in MESSAGES
    ]  # fmt: skip
    lists = _of(provider, rows=True)
    return [
        *_everywhere(provider), *refusals,
        _cause(provider, "a row of another customer", kind.FOREIGN_ROW, people, no_people),
        _cause(provider, "rows without flags", kind.NO_FLAGS, people, no_people),
        _cause(provider, "a person half created", kind.HALF_CREATED, people, no_people),
        _cause(provider, "booleans as texts", kind.TEXT_BOOLEANS, people, no_people),
        _cause(provider, "a person without address", kind.NO_ADDRESS, people, no_people),
        _cause(provider, "always the same token", kind.SAME_TOKEN, lists, _NO_LIST),
        _cause(provider, "a list that does not say what it is", kind.NO_KIND, lists, _NO_LIST),
        _switch(provider, "the key is revoked", {"sign-in"}, "A switch of the sign-in.", key_revoked=True),
        _switch(provider, "expiry as a text", {"sign-in"}, "A switch of the sign-in.", expires_as_text=True),
        _switch(provider, "errors of the new shape, API off", {"people"}, "Shown once.", new_errors=True,
                apis_off="directory"),
        *(_switch(provider, f"the API {api} is off", only, "Another API.", apis_off=api)
          for api, only in (("reseller", {"listing"}), ("directory", {"people"}), ("licensing", {"licences"}))),
        _switch(provider, "resellers may not see licences", {"licences"}, "Concerns licences.",
                reseller_may_license=False),
        _switch(provider, "too many rows are refused", {"people"}, "Shown once.", over_limit="400"),
        _switch(provider, "deleted people without details", {"deleted"}, "Concerns them alone.", bare_deleted=True),
        _switch(provider, "page tokens that lapse at once", {"people-later", "listing-later"}, "A later page's.",
                token_days=-1.0),
    ]  # fmt: skip


CAUSES: Final = (*_microsofts(), *_googles())
UNUSED: Final = {
    "domain_filter_fails": "No call of ours filters the list.",
    "sandbox": "Nobody is deleted; Tenantry only reads.",
    "left_answer": "Nobody leaves here; tests of details have both answers.",
    "user_mfa": "Of a person who signs in by hand.",
    "sign_in_page": "Of a person who signs in by hand.",
    "device_interval": "Of a person who signs in by hand.",
    "refresh_grace": "A day of grace; tests of the sign-in let it end.",
    "mfa_enforced": "On throughout: only tokens with MFA are taken.",
    "mfa_required": "The signed-in person has MFA; tests of the sign-in have one without.",
    "mfa_refusal": "The signed-in person has MFA; tests of the sign-in have one without.",
    "bom": "On throughout.",
    "page_cap": "Set throughout, so that there are later pages.",
    "people_cap": "Set throughout, so that there are later pages.",
    "delta": "Tests of Graph's changes have it.",
    "push": "What a provider sends is a hint beside reading; tests of pushes have them.",
    "push_sync_first": "What a provider sends is a hint beside reading; tests of pushes have them.",
    "push_seconds": "What a provider sends is a hint beside reading; tests of pushes have them.",
    "delta_seconds": "Tests of Graph's changes have it.",
    "delta_minimal": "Tests of Graph's changes have it.",
    "delta_replays": "Tests of Graph's changes have it.",
    "foreign_customer": "Tests of Google's client name strangers.",
    "deleted_days": "Nobody is deleted here.",
    "license_seconds": "A pace; tests of pacing measure it.",
}


def cells(provider: str) -> list[tuple[Cause, Phase]]:
    """Return every cell of a provider that makes sense."""
    causes = [cause for cause in CAUSES if cause.provider == provider]
    return [(cause, phase) for cause in causes for phase in PHASES[provider] if not cause.senseless(phase)]


def switches_without_a_place() -> set[str]:
    """Return switches that no cause uses and nobody gave a reason for."""
    used = {name for cause in CAUSES for name in cause.switches}
    return ({*Switches().as_dict()} | {*GoogleSwitches().as_dict()}) - used - set(UNUSED)
