"""What Microsoft's sign-in service means when it refuses: its error dictionaries as our vocabulary.

The AADSTS numbers are Entra ID's (docs/reference/partner-center.md section 2.2; Microsoft's list is at
https://learn.microsoft.com/entra/identity-platform/reference-error-codes). A refusal is permanent until a
person acts, so it is never retried, except where the code says that the service itself has trouble.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tenantry.providers.errors import (
    AuthFailed,
    ConsentMissing,
    Fault,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.texts import excerpt

SIGN_IN_AGAIN: Final = "Run `tenantry connect microsoft` again and sign in as a member of Admin Agents."
_MFA_AGAIN: Final = "Run `tenantry connect microsoft` again and sign in with multifactor authentication."
_NEW_SECRET: Final = "Make a new secret in the app registration, and save its value on the connection."  # noqa: S105 (a sentence)
_CHECK_IDS: Final = "Check the tenant id, the application id and the cloud on the connection."
_CHECK_KIND: Final = "Check the application's kind on the connection against its registration."
_CONSENT: Final = (
    "Let a Global Administrator of the partner's tenant grant the application the delegated permission "
    "user_impersonation of Microsoft Partner Center, then sign in again."
)
_PERMISSION: Final = "Microsoft Partner Center / user_impersonation"
_WAIT_WHEN_UNSAID: Final = 30.0
_NO_CODE: Final = 10**9


@dataclass(frozen=True, slots=True)
class _Meaning:
    sentence: str
    next_step: str
    consent: bool = False
    fault: Fault = Fault.CONFIGURATION


_MFA = _Meaning("The sign-in needs multifactor authentication", _MFA_AGAIN)
_EXPIRED = _Meaning("The stored sign-in has expired or was revoked", SIGN_IN_AGAIN)
_BLOCKED = _Meaning(
    "A conditional access policy blocks the sign-in",
    "Let the partner's administrator allow this application, user and address in the policy.",
)
_NO_CONSENT = _Meaning("The application lacks consent", _CONSENT, consent=True)
_NO_TENANT = _Meaning("The partner's tenant is not known to this cloud", _CHECK_IDS)
_NO_PARTNER_CENTER = _Meaning(
    "Partner Center is not known in the partner's tenant, or the application may not ask for it",
    "Add the permission user_impersonation of Microsoft Partner Center to the registration, and grant it.",
    consent=True,
)
_PUBLIC_ONLY = _Meaning("The application is registered as native (public), but the connection says web", _CHECK_KIND)
_DISABLED_USER = _Meaning(
    "The service user cannot sign in: blocked, locked or deleted",
    "Enable the user, or run `tenantry connect microsoft` again as another one.",
)
_WRONG_SECRET = _Meaning("The application's secret is wrong", _NEW_SECRET)
_WRONG_CERTIFICATE = _Meaning(
    "The application's certificate is not accepted",
    "Upload the certificate to the app registration, and check that it has not expired.",
)
_USED_CODE = _Meaning("The one-time sign-in code was used or has expired", "Start the sign-in again.")
_OTHER_ADDRESS = _Meaning(
    "The redirect address is not one of the application's",
    "Add the redirect address to the app registration, with the same letters.",
)
_WRONG_CLOCK = _Meaning("The sign-in's time stamp is not accepted", "Set the clock of this server.", fault=Fault.OURS)

_BY_CODE: Final[Mapping[int, _Meaning]] = {
    7000215: _WRONG_SECRET,
    7000222: _Meaning("The application's secret has expired", _NEW_SECRET),
    7000218: _Meaning(
        "The application is registered as web (confidential), or does not allow public client flows, "
        "but the connection says native",
        _CHECK_KIND,
    ),
    700025: _PUBLIC_ONLY,
    90023: _PUBLIC_ONLY,
    700027: _WRONG_CERTIFICATE,
    7000274: _WRONG_CERTIFICATE,
    700024: _WRONG_CLOCK,
    700016: _Meaning("The application is not registered in the partner's tenant", _CHECK_IDS),
    7000112: _Meaning("The application is disabled", "Enable the application in the partner's tenant."),
    700038: _Meaning("The application's id is not valid", _CHECK_IDS),
    90002: _NO_TENANT,
    900021: _NO_TENANT,
    900023: _NO_TENANT,
    500011: _NO_PARTNER_CENTER,
    650052: _NO_PARTNER_CENTER,
    650057: _NO_PARTNER_CENTER,
    65001: _NO_CONSENT,
    65004: _Meaning("The person declined to consent", _CONSENT, consent=True),
    90094: _NO_CONSENT,
    50105: _Meaning("The user is not assigned to the application", _CONSENT, consent=True),
    700082: _Meaning("The stored sign-in was not used for 90 days and has expired", SIGN_IN_AGAIN),
    70008: _EXPIRED,
    70043: _EXPIRED,
    700081: _EXPIRED,
    50173: _Meaning("The stored sign-in ended because the password was changed or reset", SIGN_IN_AGAIN),
    50133: _EXPIRED,
    50076: _MFA,
    50079: _MFA,
    50074: _MFA,
    50072: _MFA,
    50078: _MFA,
    50158: _MFA,
    53000: _BLOCKED,
    53001: _BLOCKED,
    53002: _BLOCKED,
    53003: _BLOCKED,
    50034: _DISABLED_USER,
    50053: _DISABLED_USER,
    50057: _DISABLED_USER,
    50126: _Meaning("The user name or password is wrong", SIGN_IN_AGAIN),
    54005: _USED_CODE,
    70000: _Meaning("The stored sign-in is not valid", SIGN_IN_AGAIN),
    700084: _EXPIRED,
    50011: _OTHER_ADDRESS,
    500112: _OTHER_ADDRESS,
}

_BY_ERROR: Final[Mapping[str, _Meaning]] = {
    "invalid_client": _Meaning("The application's credential is not accepted", _NEW_SECRET),
    "unauthorized_client": _Meaning("The application may not sign in this way", _CHECK_KIND),
    "invalid_grant": _EXPIRED,
    "interaction_required": _MFA,
    "consent_required": _NO_CONSENT,
    "access_denied": _Meaning("The sign-in was declined", "Start the sign-in again and accept."),
    "authorization_declined": _Meaning("The sign-in was declined", "Start the sign-in again and accept."),
    "expired_token": _Meaning("Nobody signed in before the code expired", "Start the sign-in again."),
    "bad_verification_code": _USED_CODE,
    "invalid_tenant": _NO_TENANT,
}
# What a sign-in to a customer's tenant is refused with for reasons of that customer alone.
CUSTOMERS_OWN: Final = frozenset(
    """700016 65001 90094 90002 900021 900023 50105 53000 53001 53002 53003
    500011 650052 650057 7000112""".split()
)
_UNKNOWN = _Meaning("The sign-in was refused", _CHECK_IDS)
_TROUBLE_ERRORS: Final = frozenset({"temporarily_unavailable", "server_error"})
_TROUBLE_CODES: Final = frozenset({90033, 50001000, 90006, 90100, 90024, 50059001})
_THROTTLE_CODES: Final = frozenset({90055, 50196, 1000901})


def refusal(document: Mapping[str, object]) -> ProviderError:
    """Return the error that a refusing ``document`` of the token endpoint stands for.

    Any value of any type is borne: the document came over the network.
    """
    error = str(document.get("error") or "")[:80]
    description = str(document.get("error_description") or "")
    codes = _codes(document.get("error_codes"), description)
    correlation_id = str(document.get("correlation_id") or "")[:64]
    if error in _TROUBLE_ERRORS or not _TROUBLE_CODES.isdisjoint(codes):
        return Unavailable(f"The sign-in service has trouble ({_label(error, codes)}).", correlation_id=correlation_id)
    if not _THROTTLE_CODES.isdisjoint(codes):
        return Throttled(
            f"The sign-in service answers too many requests ({_label(error, codes)}).",
            after=_WAIT_WHEN_UNSAID,
            correlation_id=correlation_id,
        )
    meaning = next((_BY_CODE[code] for code in codes if code in _BY_CODE), _BY_ERROR.get(error, _UNKNOWN))
    sentence = f"{meaning.sentence} ({_label(error, codes)})."
    if meaning is _UNKNOWN and description:
        sentence += f" It says: {excerpt(description)}"
    return _permanent(meaning, sentence, code=str(codes[0]) if codes else error, correlation_id=correlation_id)


def _permanent(meaning: _Meaning, sentence: str, *, code: str, correlation_id: str) -> ProviderError:
    if meaning.consent:
        return ConsentMissing(
            sentence,
            permission=_PERMISSION,
            next_step=meaning.next_step,
            stops_run=True,
            code=code,
            correlation_id=correlation_id,
        )
    return AuthFailed(
        sentence, next_step=meaning.next_step, fault=meaning.fault, code=code, correlation_id=correlation_id
    )


def _codes(given: object, description: str) -> tuple[int, ...]:
    listed = given if isinstance(given, list) else []
    numbers = [code for code in listed if isinstance(code, int) and 0 < code < _NO_CODE]
    # The description's own number is the specific one; the list may begin with a general one (70002).
    named = [int(found) for found in re.findall(r"AADSTS(\d{4,9})", description, re.ASCII)]
    return tuple(dict.fromkeys([*named, *numbers]))


def _label(error: str, codes: tuple[int, ...]) -> str:
    return f"AADSTS{codes[0]}" if codes else (excerpt(error) or "no reason given")
