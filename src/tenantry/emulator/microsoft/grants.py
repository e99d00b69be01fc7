"""The token endpoints, v1 and v2: what each grant asks for, is refused for, and gets."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.jwts import encode_part
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.microsoft import login_errors as refuse
from tenantry.emulator.microsoft.codes import CodeBook
from tenantry.emulator.microsoft.credentials import proven, with_basic_credentials
from tenantry.emulator.microsoft.login_answers import token_answer
from tenantry.emulator.microsoft.registrations import GRAPH, Application, Directory, RefreshTokenStore
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.microsoft.tokens import TokenMint

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_OPEN_ID: Final = {"openid", "profile", "email", "offline_access"}
_DAY: Final = 86_400
WITH_MFA: Final = ("pwd", "mfa")
WITHOUT_MFA: Final = ("pwd",)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a token endpoint, its application proven. ``proof`` is the claim ``appidacr``."""

    form: dict[str, str]
    application: Application
    proof: str
    version: int
    tenant: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person's sign-in gave: how they proved themselves, and what the application asked for.

    ``person`` is their user name; empty for the service user.
    """

    methods: tuple[str, ...]
    resource: str
    scope: str
    nonce: str = ""
    person: str = ""


class TokenEndpoint:
    """Answers token requests for one directory.

    ``is_customer`` tells whether a tenant id is one of the partner's, ``is_consented`` whether that customer
    consented to the applications, so that the service user gets tokens of Graph there.
    """

    def __init__(
        self, *, directory: Directory, mint: TokenMint, refresh: RefreshTokenStore, codes: CodeBook,
        switches: Switches, clock: Clock, is_customer: Callable[[str], bool],
        is_consented: Callable[[str], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._is_consented = is_consented
        self._directory = directory
        self._mint = mint
        self._refresh = refresh
        self._codes = codes
        self._switches = switches
        self._clock = clock
        self._is_customer = is_customer
        self._grants: dict[str, Callable[[Asked], dict[str, Any]]] = {
            "client_credentials": self._client_credentials,
            "refresh_token": self._refresh_token,
            "authorization_code": self._authorization_code,
            DEVICE_GRANT: self._device_code,
            "device_code": self._device_code,
        }

    def answer(self, request: Request, tenant: str, *, version: int, endpoint: str) -> Answer:
        """Return the tokens that ``request`` gets. ``endpoint`` is its own address. Raises ``Refusal``."""
        form = with_basic_credentials(request, request.form())
        self.check_tenant(tenant, form.get("client_id", ""))
        grant = form.get("grant_type")
        if not grant:
            raise refuse.missing_parameter("grant_type")
        serve = self._grants.get(grant)
        if serve is None:
            raise refuse.unsupported_grant(grant)
        application = self.application(form.get("client_id"), tenant)
        proof = proven(
            application,
            form,
            secret_expired=self._switches.secret_expired,
            endpoint=endpoint,
            clock=self._clock,
        )
        return token_answer(serve(Asked(form, application, proof, version, tenant, endpoint)))

    def check_tenant(self, tenant: str, client_id: str) -> None:
        """Refuse a tenant other than the partner's: unknown, or a customer without our application."""
        wanted = tenant.lower()
        if wanted in {self._directory.tenant_id, self._directory.domain, "common", "organizations"}:
            return
        if self._is_consented(wanted):
            return
        if self._is_customer(wanted):
            raise refuse.unknown_application(client_id, tenant)
        raise refuse.unknown_tenant(tenant)

    def application(self, client_id: str | None, tenant: str) -> Application:
        """Return the registered application. Raises ``Refusal`` when there is none."""
        if not client_id:
            raise refuse.missing_parameter("client_id")
        found = self._directory.application(client_id)
        if found is None:
            raise refuse.unknown_application(client_id, tenant)
        return found

    def _client_credentials(self, asked: Asked) -> dict[str, Any]:
        if self.customer(asked.tenant):
            raise refuse.unknown_application(asked.application.client_id, asked.tenant)
        if asked.application.is_native:
            raise refuse.no_credential()
        if asked.tenant.lower() in {"common", "organizations"}:
            raise refuse.unknown_application(asked.application.client_id, asked.tenant)
        if asked.version == 1:
            wanted = asked.form.get("resource")
            if not wanted:
                raise refuse.missing_parameter("resource")
        else:
            scope = asked.form.get("scope", "")
            if not scope.endswith("/.default"):
                raise refuse.bad_scope(scope)
            wanted = scope.removesuffix("/.default")
        resource = self._resource(wanted)
        claims = self._claims(asked, resource)
        claims.update(oid=asked.application.service_principal, sub=asked.application.service_principal, idtyp="app")
        return self._body(asked, resource, claims)

    def _refresh_token(self, asked: Asked) -> dict[str, Any]:
        token = asked.form.get("refresh_token")
        if not token:
            raise refuse.missing_parameter("refresh_token")
        grant = self._refresh.read(token)
        if grant is None or grant.client_id != asked.application.client_id:
            raise refuse.malformed_grant()
        days = self._switches.refresh_days
        if self._clock.now() - grant.issued >= days * _DAY:
            raise refuse.expired_refresh(grant.issued, days)
        if self._refresh.is_revoked(grant):
            raise refuse.revoked_refresh()
        sign_in = self._wanted(asked, grant.methods, asked.form.get("scope", ""))
        if self.customer(asked.tenant) and sign_in.resource != GRAPH:
            raise refuse.unknown_resource(sign_in.resource, asked.tenant)
        self._check_person(asked.application, sign_in)
        if not self._refresh.exchange(grant, self._switches.refresh_grace):
            raise refuse.used_refresh()
        return self._person_body(asked, sign_in)

    def _authorization_code(self, asked: Asked) -> dict[str, Any]:
        code = self._codes.redeem(asked.form.get("code", ""))
        if code is None or code.client_id != asked.application.client_id:
            raise refuse.used_code()
        if asked.form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise refuse.wrong_redirect(asked.form["redirect_uri"])
        if code.challenge and _challenge(asked.form.get("code_verifier", "")) != code.challenge:
            raise refuse.wrong_verifier()
        sign_in = self._wanted(asked, code.methods, asked.form.get("scope") or code.scope, code.nonce)
        sign_in = replace(sign_in, person=code.person)
        self._check_person(asked.application, sign_in)
        return self._person_body(asked, sign_in)

    def _device_code(self, asked: Asked) -> dict[str, Any]:
        device_code = asked.form.get("device_code") or asked.form.get("code", "")
        device = self._codes.device(device_code)
        if device is None or device.client_id != asked.application.client_id or device.expires <= self._clock.now():
            raise refuse.device_expired()
        if device.state == "pending":
            raise refuse.device_pending()
        self._codes.finish_device(device_code)
        if device.state == "declined":
            raise refuse.device_declined()
        sign_in = self._wanted(asked, device.methods, device.scope)
        self._check_person(asked.application, sign_in)
        return self._person_body(asked, sign_in)

    def _wanted(self, asked: Asked, methods: tuple[str, ...], scope: str, nonce: str = "") -> SignIn:
        if asked.version == 1:
            wanted = asked.form.get("resource") or self._directory.audience
            return SignIn(methods, self._resource(wanted), scope, nonce)
        named = [entry for entry in scope.split() if entry.lower() not in _OPEN_ID]
        wanted = named[0].rpartition("/")[0] if named else GRAPH
        return SignIn(methods, self._resource(wanted or named[0]), scope, nonce)

    def _check_person(self, application: Application, sign_in: SignIn) -> None:
        if not self._switches.user_consent:
            raise refuse.no_consent(application.client_id, application.name)
        if self._switches.mfa_required and "mfa" not in sign_in.methods:
            raise refuse.mfa_needed(sign_in.resource)

    def customer(self, tenant: str) -> str:
        """Return the customer's tenant id that was named in place of the partner's, or an empty text."""
        wanted = tenant.lower()
        own = {self._directory.tenant_id, self._directory.domain, "common", "organizations"}
        return "" if wanted in own else wanted

    def _resource(self, wanted: str) -> str:
        found = self._directory.resource(wanted)
        if found is None:
            raise refuse.unknown_resource(wanted, self._directory.tenant_id)
        return found

    def _claims(self, asked: Asked, resource: str) -> dict[str, Any]:
        now = int(self._clock.now())
        tenant = self.customer(asked.tenant) or self._directory.tenant_id
        return {
            "aud": resource, "iss": f"https://sts.windows.net/{tenant}/", "iat": now, "nbf": now,
            "exp": now + self._switches.access_seconds, "appid": asked.application.client_id,
            "appidacr": asked.proof, "idp": f"https://sts.windows.net/{tenant}/", "tid": tenant,
            "uti": self._mint.new_id(), "ver": "1.0",
        }  # fmt: skip

    def _person_body(self, asked: Asked, sign_in: SignIn) -> dict[str, Any]:
        user = self._directory.person(sign_in.person)
        claims = self._claims(asked, sign_in.resource)
        claims.update(
            amr=list(sign_in.methods), family_name=user.last, given_name=user.first, name=f"{user.first} {user.last}",
            oid=user.object_id, scp="user_impersonation", sub=derived_guid(user.object_id, asked.application.client_id),
            unique_name=user.upn, upn=user.upn,
        )  # fmt: skip
        body = self._body(asked, sign_in.resource, claims)
        asked_for = set(sign_in.scope.lower().split())
        body["scope"] = "user_impersonation" if asked.version == 1 else f"{sign_in.resource}/user_impersonation"
        # Refresh tokens stand for the service user: other people only sign in.
        if user == self._directory.user and (asked.version == 1 or "offline_access" in asked_for):
            body["refresh_token"] = self._refresh.issue(asked.application.client_id, sign_in.methods)
        if asked.version == 1 or "openid" in asked_for:
            body["id_token"] = self._mint.sign(self._id_claims(asked, claims, sign_in))
        if asked.form.get("client_info") == "1":
            info = {"uid": user.object_id, "utid": self._directory.tenant_id}
            body["client_info"] = encode_part(json.dumps(info).encode())
        return body

    def _id_claims(self, asked: Asked, claims: dict[str, Any], sign_in: SignIn) -> dict[str, Any]:
        shared = ("iss", "iat", "nbf", "exp", "tid", "oid", "sub", "name", "ver")
        identity = {name: claims[name] for name in shared}
        identity.update(aud=asked.application.client_id, preferred_username=claims["upn"], upn=claims["upn"])
        if asked.version != 1:
            host = asked.endpoint.removesuffix(f"/{asked.tenant}/oauth2/v2.0/token")
            identity.update(iss=f"{host}/{self._directory.tenant_id}/v2.0", ver="2.0")
        if sign_in.nonce:
            identity["nonce"] = sign_in.nonce
        return identity

    def _body(self, asked: Asked, resource: str, claims: dict[str, Any]) -> dict[str, Any]:
        seconds = self._switches.access_seconds
        token = self._mint.sign(claims)
        if asked.version != 1:
            return {
                "token_type": "Bearer",
                "expires_in": seconds,
                "ext_expires_in": seconds,
                "access_token": token,
            }
        return {
            "token_type": "Bearer", "expires_in": str(seconds), "ext_expires_in": str(seconds),
            "expires_on": str(claims["exp"]), "not_before": str(claims["nbf"]), "resource": resource,
            "access_token": token,
        }  # fmt: skip


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
