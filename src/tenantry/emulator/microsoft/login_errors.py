"""The sign-in's refusals, worded and numbered as Entra words and numbers them (AADSTS codes)."""

import time
from dataclasses import dataclass


@dataclass(eq=False)
class Refusal(Exception):
    """One refusal: ``status`` and OAuth ``error``, AADSTS ``code`` and its text."""

    status: int
    error: str
    code: int
    text: str
    suberror: str = ""


def unknown_tenant(tenant: str) -> Refusal:
    """No directory has that id or name."""
    return Refusal(
        400,
        "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
        "the correct cloud. Check with your subscription administrator, this may happen if there are no "
        "active subscriptions for the tenant.",
    )


def unknown_application(client_id: str, tenant: str) -> Refusal:
    """The application is not registered in, or consented to by, the directory."""
    return Refusal(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen"
        " if the application has not been installed by the administrator of the tenant or consented to by any"
        " user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )


def bad_secret(client_id: str) -> Refusal:
    """The secret is wrong."""
    return Refusal(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        f"value, not the client secret ID, for a secret added to app '{client_id}'.",
    )


def expired_secret(client_id: str) -> Refusal:
    """The secret was right once."""
    return Refusal(
        401,
        "invalid_client",
        7000222,
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create "
        "new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for"
        " added security: https://aka.ms/certCreds.",
    )


def no_credential() -> Refusal:
    """A confidential application came without a secret and without an assertion."""
    return Refusal(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def public_client(client_id: str) -> Refusal:
    """A native application came with a credential."""
    return Refusal(
        401,
        "invalid_client",
        700025,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented. Application:"
        f" '{client_id}'.",
    )


def unknown_certificate(client_id: str) -> Refusal:
    """The assertion names a certificate that is not registered."""
    return Refusal(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - The key was not found., Please visit the Azure portal for app '{client_id}'.]",
    )


def bad_assertion(reason: str) -> Refusal:
    """The assertion's signature, audience or issuer is wrong."""
    return Refusal(
        401,
        "invalid_client",
        700027,
        f"Client assertion failed signature validation. [Reason - {reason}]",
    )


def stale_assertion() -> Refusal:
    """The assertion has lapsed."""
    return Refusal(
        401,
        "invalid_client",
        700024,
        "Client assertion is not within its valid time range.",
    )


def expired_refresh(issued: float, days: float) -> Refusal:
    """The refresh token was not used for too long."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(issued))
    return Refusal(
        400,
        "invalid_grant",
        700082,
        f"The refresh token has expired due to inactivity. The token was issued on {at} and was inactive for "
        f"{int(days)}.00:00:00.",
        "bad_token",
    )


def revoked_refresh() -> Refusal:
    """The user's password changed after the refresh token was issued."""
    return Refusal(
        400,
        "invalid_grant",
        50173,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might"
        " have changed or reset their password.",
        "bad_token",
    )


def malformed_grant() -> Refusal:
    """The refresh token or code is not one of ours, or belongs to another application."""
    return Refusal(
        400,
        "invalid_grant",
        9002313,
        "Invalid request. Request is malformed or invalid.",
    )


def used_refresh() -> Refusal:
    """The refresh token was exchanged, and its grace is over."""
    return Refusal(
        400,
        "invalid_grant",
        54005,
        "OAuth2 refresh token was already redeemed, please retry with a new valid token or use an existing "
        "refresh token.",
        "bad_token",
    )


def used_code() -> Refusal:
    """The authorization code was redeemed before, or lapsed."""
    return Refusal(
        400,
        "invalid_grant",
        54005,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
    )


def wrong_verifier() -> Refusal:
    """The code was asked for with a PKCE challenge that the verifier does not meet."""
    return Refusal(
        400,
        "invalid_grant",
        501481,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    )


def wrong_redirect(uri: str) -> Refusal:
    """The redirect address is not registered, or another than the one the code was asked for with."""
    return Refusal(
        400,
        "invalid_grant",
        50011,
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for "
        "the application.",
    )


def mfa_needed(resource: str) -> Refusal:
    """The user has to prove more than a password."""
    return Refusal(
        400,
        "invalid_grant",
        50076,
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        f"you must use multi-factor authentication to access '{resource}'.",
        "basic_action",
    )


def no_consent(client_id: str, name: str) -> Refusal:
    """Nobody consented to the delegated permission."""
    return Refusal(
        400,
        "invalid_grant",
        65001,
        f"The user or administrator has not consented to use the application with ID '{client_id}' named "
        f"'{name}'. Send an interactive authorization request for this user and resource.",
        "consent_required",
    )


def unknown_resource(wanted: str, tenant: str) -> Refusal:
    """The resource or scope names nothing that the directory has."""
    return Refusal(
        400,
        "invalid_resource",
        500011,
        f"The resource principal named {wanted} was not found in the tenant named {tenant}. This can happen if"
        " the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant.",
    )


def bad_scope(scope: str) -> Refusal:
    """A client-credentials request must ask for ``/.default``."""
    return Refusal(
        400,
        "invalid_scope",
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
        "with /.default suffixed to the resource identifier (application ID URI).",
    )


def missing_parameter(name: str) -> Refusal:
    """A field of the form is missing."""
    return Refusal(
        400,
        "invalid_request",
        900144,
        f"The request body must contain the following parameter: '{name}'.",
    )


def unsupported_grant(grant: str) -> Refusal:
    """That grant is not known."""
    return Refusal(
        400,
        "unsupported_grant_type",
        70003,
        f"The app requested an unsupported grant type '{grant}'.",
    )


def device_pending() -> Refusal:
    """Nobody has entered the device code yet."""
    return Refusal(
        400,
        "authorization_pending",
        70016,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def device_declined() -> Refusal:
    """The user declined."""
    return Refusal(
        400,
        "authorization_declined",
        70018,
        "User has declined the authorization request.",
    )


def device_expired() -> Refusal:
    """The device code has lapsed."""
    return Refusal(
        400,
        "expired_token",
        70020,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    )
