"""What Google's sign-in means when it refuses: docs/reference/google-directory.md section 2.4.

None of these ever means that a customer has no people.
"""

from collections.abc import Mapping
from typing import Final

from tenantry.providers.errors import AuthFailed, ConsentMissing, Fault, ProviderError
from tenantry.providers.google.credentials import ScopeSet
from tenantry.providers.texts import excerpt

TROUBLE: Final = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})

_SUBJECT: Final = "Give the present address of an administrator who can sign in, then test the connection again."
_SUBJECT_WRONG: Final = ("invalid email or user id", "not a valid email", "impersonation", "account has been deleted")
_KEY_WRONG: Final = ("no valid verifier", "invalid jwt signature", "invalid signature")
_CLOCK_WRONG: Final = ("short-lived token", "iat and exp")


def refusal(document: Mapping[str, object], scopes: ScopeSet, *, client_id: str) -> ProviderError:
    """Return the error that a refusing ``document`` of the token endpoint stands for. Any JSON object is borne."""
    code = excerpt(str(document.get("error") or ""))[:60]
    said = excerpt(str(document.get("error_description") or ""))
    text = f"{code}: {said}" if said else code or "no reason given"
    folded = said.lower()
    if code == "unauthorized_client" or "requested client not authorized" in folded:
        return _not_granted(text, scopes, client_id, code)
    if any(each in folded for each in _CLOCK_WRONG):
        return AuthFailed(
            f"Google does not accept the sign-in's time stamp ({text}).",
            fault=Fault.OURS,
            next_step="Set the clock of this server.",
            code=code,
        )
    if any(each in folded for each in _SUBJECT_WRONG):
        return AuthFailed(f"The administrator to speak for is not known ({text}).", next_step=_SUBJECT, code=code)
    if code in {"invalid_account", "access_denied"}:
        return AuthFailed(f"The administrator may not sign in ({text}).", next_step=_SUBJECT, code=code)
    if any(each in folded for each in _KEY_WRONG):
        return AuthFailed(
            f"The service account's key is not accepted ({text}).",
            next_step="Make a new key for the service account, and save it on the connection.",
            code=code,
        )
    return AuthFailed(
        f"Google refused the sign-in ({text}).",
        next_step="Check the service account's key, the administrator's address and the delegation.",
        code=code,
    )


def _not_granted(text: str, scopes: ScopeSet, client_id: str, code: str) -> ConsentMissing:
    wanted = ", ".join(scopes.scopes)
    return ConsentMissing(
        f"Domain-wide delegation is not granted for {scopes} ({text}).",
        permission=wanted,
        next_step=f"Let a super administrator enter client {client_id} with {wanted} in the Admin console "
        "under Security, API controls, Domain-wide delegation.",
        stops_run=True,
        code=code,
    )
