"""Microsoft's sign-in service, through MSAL only. Everything odd that MSAL does is contained here.

* One MSAL application object per connection **and** flow: after a refresh-token grant MSAL's cache hands the
  user's token to an app-only request with the same scope (seen with 1.39).
* ``instance_discovery=False``: MSAL would otherwise ask the global cloud about every authority it does not
  know, an emulator's or a national one's. The tenant's own discovery document is read in any case.
* Its exceptions are those of whatever it stumbled over; they become ``Malformed`` here.
"""

import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msal

from tenantry.providers.errors import Fault, Malformed, ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.login import LoginHttp
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import Application, ApplicationKind
from tenantry.providers.microsoft.refusals import refusal

_TOKEN_LIFETIME_WHEN_UNSAID = 3599.0
_LONGEST_LIFETIME = 86_400.0 * 2
_WHAT_MSAL_STUMBLES_OVER = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    msal.exceptions.MsalError,
)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant brought. ``lifetime`` is in seconds; ``refresh_token`` is empty when none came.

    ``claims`` are those of the identity token (empty app-only): for showing who signed in, nothing else.
    """

    access_token: str = field(repr=False)
    lifetime: float
    refresh_token: str = field(default="", repr=False)
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)


class EntraApplication:
    """One MSAL application object for one flow, made when it is first needed.

    ``customer`` is the tenant to sign in to for Graph; without one it is the partner's, for Partner Center.
    Thread-safe: one call at a time.
    """

    def __init__(self, endpoints: Endpoints, application: Application, http: HttpClient, *, customer: str = "") -> None:
        self.scopes = [endpoints.graph_scope if customer else endpoints.scope]
        self._authority = f"{endpoints.authority}/{customer or application.partner_tenant_id.strip()}"
        self._application = application
        self._login = LoginHttp(http)
        self._lock = threading.Lock()
        self._made: Any = None

    def ask(self, question: Callable[[Any], object]) -> Granted:
        """Put ``question`` to the MSAL object and return the tokens it brought.

        Raises ``AuthFailed``, ``ConsentMissing``, ``Throttled``, ``Unavailable``, ``Malformed``,
        ``Misconfigured``.
        """
        return granted_by(self.document(question))

    def document(self, question: Callable[[Any], object]) -> dict[str, Any]:
        """Put ``question`` to the MSAL object and return its dictionary, which holds no refusal.

        Raises like :meth:`ask`.
        """
        document = self.raw(question)
        if "error" in document:
            raise refusal(document)
        return document

    def raw(self, question: Callable[[Any], object]) -> dict[str, Any]:
        """Put ``question`` to the MSAL object and return its dictionary, a refusal included.

        Raises ``Throttled``, ``Unavailable``, ``Malformed``, ``Misconfigured``; a refusal only when the
        tenant's discovery document could not be had.
        """
        with self._lock:
            self._login.last = {}
            try:
                document = question(self._msal())
            except ProviderError:
                raise
            except _WHAT_MSAL_STUMBLES_OVER as error:
                raise self._explained(error) from error
        if not isinstance(document, dict):
            raise _odd("no dictionary")
        return document

    def _msal(self) -> Any:
        if self._made is None:
            native = self._application.kind is ApplicationKind.NATIVE
            make = msal.PublicClientApplication if native else msal.ConfidentialClientApplication
            credential = self._application.credential
            self._made = make(
                self._application.application_id.strip(),
                authority=self._authority,
                client_credential=credential.for_msal() if credential else None,
                http_client=self._login,
                instance_discovery=False,
                azure_region=False,
            )
        return self._made

    def _explained(self, error: Exception) -> ProviderError:
        if self._made is None and self._login.last:
            return refusal(self._login.last)
        return _odd(type(error).__name__)


def _odd(what: str) -> Malformed:
    return Malformed(
        f"The sign-in service's answer cannot be understood ({what}).",
        where="the sign-in service's answer",
        fault=Fault.PROVIDER,
    )


def granted_by(document: Mapping[str, object]) -> Granted:
    """Return the tokens in a ``document`` that is no refusal. Raises ``Malformed``."""
    token = document.get("access_token")
    # A header takes visible ASCII only; anything else would end as an odd failure of the next call.
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise _odd("no access token")
    refresh = document.get("refresh_token")
    claims = document.get("id_token_claims")
    return Granted(
        access_token=token,
        lifetime=_lifetime(document.get("expires_in")),
        refresh_token=refresh if isinstance(refresh, str) else "",
        claims=claims if isinstance(claims, dict) else {},
    )


def _lifetime(value: object) -> float:
    # The v1 endpoint writes numbers as strings: docs/reference/partner-center.md section 2.2.
    try:
        seconds = float(value) if isinstance(value, int | float | str) else _TOKEN_LIFETIME_WHEN_UNSAID
    except (ValueError, OverflowError):
        return _TOKEN_LIFETIME_WHEN_UNSAID
    return min(max(seconds, 0.0), _LONGEST_LIFETIME) if math.isfinite(seconds) else 0.0
