"""Signing a person in once, for ``connect``: device code, or authorization code with PKCE.

Both end as a :class:`SignedIn`, whose refresh token the caller seals and stores. Between the two steps of
either, the first step's value may be kept as JSON (``flow``); it is as secret as a password.
"""

import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenantry.providers.errors import AuthFailed, ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import Application
from tenantry.providers.microsoft.entra import EntraApplication, Granted, granted_by
from tenantry.providers.microsoft.refusals import refusal

_PENDING = frozenset({"authorization_pending", "slow_down"})
_START_AGAIN = "Start the sign-in again."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A finished sign-in: who it was, and the refresh token to keep."""

    refresh_token: str = field(repr=False)
    user_name: str
    tenant_id: str
    object_id: str


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What to show a person: open ``address``, type ``code``. ``expires_in`` and ``interval`` in seconds."""

    code: str
    address: str
    expires_in: float
    interval: float
    flow: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Where to send a person's browser; ``state`` comes back with it."""

    address: str
    state: str
    flow: dict[str, Any] = field(repr=False)


class InteractiveSignIn:
    """Signs one person in for one application. Every method raises ``ProviderError`` only."""

    def __init__(self, endpoints: Endpoints, application: Application, http: HttpClient) -> None:
        self._entra = EntraApplication(endpoints, application, http)

    def start_device_code(self) -> DeviceCode:
        """Ask for a code. Needs *Allow public client flows* on a native application."""
        flow = self._entra.document(lambda app: app.initiate_device_flow(scopes=self._entra.scopes))
        code, address = flow.get("user_code"), flow.get("verification_uri") or flow.get("verification_url")
        if not isinstance(code, str) or not isinstance(address, str) or "device_code" not in flow:
            raise AuthFailed("The sign-in service gave no device code.", next_step=_START_AGAIN)
        return DeviceCode(
            code=code,
            address=address,
            expires_in=float(flow["expires_in"]),
            interval=float(max(1, flow["interval"])),
            flow=flow,
        )

    def poll_device_code(self, device: DeviceCode) -> SignedIn | None:
        """Ask once whether the person has signed in: ``None`` means not yet.

        Wait ``device.flow["interval"]`` seconds between two calls; the service may lengthen it.
        """
        document = self._entra.raw(
            # The condition ends MSAL's own loop after one round: it cannot be cancelled.
            lambda app: app.acquire_token_by_device_flow(device.flow, exit_condition=lambda _: True)
        )
        if document.get("error") in _PENDING:
            return None
        if "error" in document:
            raise refusal(document)
        return _signed_in(granted_by(document))

    def finish_device_code(self, device: DeviceCode, *, cancelled: threading.Event) -> SignedIn:
        """Wait until the person has signed in. ``cancelled`` ends the wait.

        A network failure meanwhile is borne. Raises ``AuthFailed`` when cancelled, declined or expired.
        """
        end = time.monotonic() + device.expires_in
        while not cancelled.wait(float(device.flow.get("interval", device.interval))):
            if time.monotonic() > end:
                raise AuthFailed("Nobody signed in before the code expired.", next_step=_START_AGAIN)
            try:
                signed_in = self.poll_device_code(device)
            except ProviderError as error:
                if not error.retryable:
                    raise
                continue
            if signed_in is not None:
                return signed_in
        raise AuthFailed("The sign-in was cancelled.", next_step=_START_AGAIN)

    def start_authorization_code(
        self, *, redirect_uri: str, state: str | None = None, login_hint: str | None = None
    ) -> CodeRequest:
        """Return the address to send the browser to. ``redirect_uri`` must be registered as it stands."""

        def question(app: Any) -> object:
            with warnings.catch_warnings():
                # MSAL advises form_post; a cross-site POST would come without the session's cookie.
                warnings.simplefilter("ignore", UserWarning)
                return app.initiate_auth_code_flow(
                    self._entra.scopes, redirect_uri=redirect_uri, state=state, login_hint=login_hint
                )

        flow = self._entra.document(question)
        return CodeRequest(address=str(flow["auth_uri"]), state=str(flow["state"]), flow=flow)

    def finish_authorization_code(self, flow: Mapping[str, Any], answer: Mapping[str, str]) -> SignedIn:
        """Redeem the code that came back. ``answer`` is the query of the redirect.

        Raises ``AuthFailed`` when it belongs to another sign-in (its state differs) or says no.
        """
        if not answer.get("state") or answer.get("state") != flow.get("state"):
            raise AuthFailed("The answer of the sign-in page does not belong to this sign-in.", next_step=_START_AGAIN)
        return _signed_in(self._entra.ask(lambda app: app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))))


def _signed_in(granted: Granted) -> SignedIn:
    if not granted.refresh_token:
        raise AuthFailed(
            "The sign-in brought no refresh token, so it would end within the hour.",
            next_step="Allow the application offline access (the permission offline_access).",
        )
    claims = granted.claims
    return SignedIn(
        refresh_token=granted.refresh_token,
        user_name=str(claims.get("preferred_username") or claims.get("upn") or ""),
        tenant_id=str(claims.get("tid") or "").lower(),
        object_id=str(claims.get("oid") or "").lower(),
    )
