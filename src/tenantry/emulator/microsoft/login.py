"""The sign-in host: discovery documents, token endpoints, the authorize and device pages."""

import html
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from tenantry.emulator.clock import Clock
from tenantry.emulator.messages import Answer, Request, html_answer, json_answer, redirect
from tenantry.emulator.microsoft import login_errors as refuse
from tenantry.emulator.microsoft.codes import DEVICE_SECONDS, CodeBook
from tenantry.emulator.microsoft.grants import WITH_MFA, WITHOUT_MFA, TokenEndpoint
from tenantry.emulator.microsoft.login_answers import refusal_answer
from tenantry.emulator.microsoft.registrations import Directory
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.microsoft.tokens import TokenMint

_DEVICE_PATH: Final = "/common/oauth2/deviceauth"
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
Page = Callable[[Request, str], Answer]


class Login:
    """Answers everything on the sign-in host. ``url`` is set once its port is known."""

    def __init__(
        self, *, directory: Directory, tokens: TokenEndpoint, mint: TokenMint, codes: CodeBook, switches: Switches,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._directory = directory
        self._tokens = tokens
        self._mint = mint
        self._codes = codes
        self._switches = switches
        self._clock = clock
        self.url = ""
        self._routes: list[tuple[str, re.Pattern[str], Page]] = [
            (method, re.compile(rf"/([^/]+)/{path}/?", re.IGNORECASE), page)
            for method, path, page in (
                ("POST", r"oauth2/token", self._token_v1),
                ("POST", r"oauth2/v2\.0/token", self._token_v2),
                ("GET", r"(?:v2\.0/)?\.well-known/openid-configuration", self._configuration),
                ("GET", r"discovery/(?:v2\.0/)?keys", self._keys),
                ("GET", r"discovery/instance", self._instance),
                ("GET", r"oauth2/(?:v2\.0/)?authorize", self._authorize),
                ("POST", r"oauth2/(?:v2\.0/)?authorize", self._authorized),
                ("POST", r"oauth2/(?:v2\.0/)?devicecode", self._device_code),
                ("GET", r"oauth2/deviceauth", self._device_page),
                ("POST", r"oauth2/deviceauth", self._device_decided),
            )
        ]

    def answer(self, request: Request) -> Answer:
        """Return the answer to ``request``; a path that this host does not have is noted as unknown."""
        for method, pattern, page in self._routes:
            found = pattern.fullmatch(request.path)
            if found is None or method != request.method:
                continue
            try:
                return page(request, found.group(1))
            except refuse.Refusal as refusal:
                return refusal_answer(refusal, self.url, self._clock.now())
        request.known = False
        return html_answer("<!doctype html><title>Not found</title><p>AADSTS900561: no such page.", status=404)

    def _token_v1(self, request: Request, tenant: str) -> Answer:
        return self._tokens.answer(request, tenant, version=1, endpoint=f"{self.url}/{tenant}/oauth2/token")

    def _token_v2(self, request: Request, tenant: str) -> Answer:
        return self._tokens.answer(request, tenant, version=2, endpoint=f"{self.url}/{tenant}/oauth2/v2.0/token")

    def _configuration(self, request: Request, tenant: str) -> Answer:
        self._tokens.check_tenant(tenant, "")
        version = "/v2.0" if "/v2.0/" in request.path.lower() else ""
        own = self._tokens.customer(tenant) or self._directory.tenant_id
        base = f"{self.url}/{tenant}/oauth2{version}"
        issuer = f"{self.url}/{own}/v2.0" if version else f"https://sts.windows.net/{own}/"
        document: dict[str, Any] = {
            "token_endpoint": f"{base}/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{self.url}/{tenant}/discovery{version}/keys",
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "authorization_endpoint": f"{base}/authorize",
            "device_authorization_endpoint": f"{base}/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
        return json_answer(document)

    def _keys(self, _request: Request, _tenant: str) -> Answer:
        return json_answer(self._mint.published_keys)

    def _instance(self, _request: Request, _tenant: str) -> Answer:
        where = f"{self.url}/{self._directory.tenant_id}/v2.0/.well-known/openid-configuration"
        return json_answer({"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": []})

    def _authorize(self, request: Request, tenant: str) -> Answer:
        asked = request.parameters()
        problem = self._asked_wrongly(asked, tenant)
        if problem:
            return html_answer(_page("Sign in", f"<p>{html.escape(problem)}</p>"), status=400)
        if not self._switches.sign_in_page:
            return self._decided(asked, "mfa" if self._switches.user_mfa else "password")
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        buttons = "".join(
            f'<p><button name="decision" value="{value}">{label}</button></p>'
            for value, label in (
                ("mfa", "Sign in with MFA"),
                ("password", "Sign in without MFA"),
                ("decline", "Decline"),
            )
        )
        choices = "".join(
            f'<option value="{html.escape(one.upn)}">{html.escape(one.upn)}</option>'
            for one in (self._directory.user, *self._directory.people)
        )
        who = f'<p><label>Sign in as <select name="person">{choices}</select></label></p>'
        return html_answer(_page("Sign in", f'<form method="post">{hidden}{who}{buttons}</form>'))

    def _authorized(self, request: Request, tenant: str) -> Answer:
        asked = request.form()
        problem = self._asked_wrongly(asked, tenant)
        if problem:
            return html_answer(_page("Sign in", f"<p>{html.escape(problem)}</p>"), status=400)
        return self._decided(asked, asked.get("decision", "decline"))

    def _asked_wrongly(self, asked: dict[str, str], tenant: str) -> str:
        try:
            self._tokens.check_tenant(tenant, asked.get("client_id", ""))
            self._tokens.application(asked.get("client_id"), tenant)
        except refuse.Refusal as refusal:
            return f"AADSTS{refusal.code}: {refusal.text}"
        if asked.get("response_type") != "code":
            return "AADSTS900144: The request must contain the parameter 'response_type' with the value 'code'."
        target = urlsplit(asked.get("redirect_uri", ""))
        if target.scheme not in {"http", "https"} or target.hostname not in _LOOPBACK:
            return "AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."
        return ""

    def _decided(self, asked: dict[str, str], decision: str) -> Answer:
        back: dict[str, str] = {"state": asked["state"]} if "state" in asked else {}
        if decision not in {"mfa", "password"}:
            back.update(
                error="access_denied",
                error_description="AADSTS65004: User declined to consent to access the app.",
            )
        elif not self._switches.user_consent:
            back.update(error="consent_required", error_description="AADSTS65001: The user or administrator has not "
                        "consented to use the application.")  # fmt: skip
        else:
            back["code"] = self._codes.issue(
                asked["client_id"].lower(), redirect_uri=asked["redirect_uri"], scope=asked.get("scope", ""),
                methods=WITH_MFA if decision == "mfa" else WITHOUT_MFA, nonce=asked.get("nonce", ""),
                challenge=asked.get("code_challenge", ""), person=asked.get("person") or asked.get("login_hint", ""),
            )  # fmt: skip
            back["session_state"] = self._directory.user.object_id
        if asked.get("response_mode") == "form_post":
            return _posting_page(asked["redirect_uri"], back)
        joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
        return redirect(f"{asked['redirect_uri']}{joint}{urlencode(back)}")

    def _device_code(self, request: Request, tenant: str) -> Answer:
        form = request.form()
        self._tokens.check_tenant(tenant, form.get("client_id", ""))
        application = self._tokens.application(form.get("client_id"), tenant)
        if not application.is_native:
            raise refuse.no_credential()
        device_code, device = self._codes.start_device(application.client_id, form.get("scope", ""))
        page = f"{self.url}{_DEVICE_PATH}"
        shared = {
            "user_code": device.user_code,
            "device_code": device_code,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code "
            f"{device.user_code} to authenticate.",
        }
        interval = self._switches.device_interval
        if "/v2.0/" in request.path.lower():
            return json_answer({**shared, "verification_uri": page, "expires_in": DEVICE_SECONDS, "interval": interval})
        texts = {"verification_url": page, "expires_in": str(DEVICE_SECONDS), "interval": str(interval)}
        return json_answer({**shared, **texts})

    def _device_page(self, request: Request, _tenant: str) -> Answer:
        code = html.escape(request.parameters().get("otc", ""))
        form = (
            f'<form method="post"><p><label>Code <input name="otc" value="{code}" autofocus></label></p>'
            '<p><button name="decision" value="mfa">Sign in with MFA</button> '
            '<button name="decision" value="password">Sign in without MFA</button> '
            '<button name="decision" value="decline">Decline</button></p></form>'
        )
        return html_answer(_page("Enter code", form))

    def _device_decided(self, request: Request, _tenant: str) -> Answer:
        form = request.form()
        decision = form.get("decision", "mfa")
        methods = WITH_MFA if decision == "mfa" else WITHOUT_MFA
        if not self._codes.decide(form.get("otc", ""), approved=decision != "decline", methods=methods):
            return html_answer(
                _page("Enter code", "<p>That code didn't work. Check the code and try again.</p>"), status=400
            )
        return html_answer(_page("Enter code", "<p>You may close this window now.</p>"))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} (emulated)</title>'
        f"<h1>{title}</h1><p>This is Tenantry's emulator, not Microsoft.</p>{body}"
    )


def _posting_page(target: str, fields: dict[str, str]) -> Answer:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    form = f'<form method="post" action="{html.escape(target)}">{hidden}<button>Continue</button></form>'
    return html_answer(_page("Sign in", f"{form}<script>document.forms[0].submit()</script>"))
