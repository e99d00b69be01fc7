"""A partner as the tests play it: signs in through msal, reads through httpx2, all over real HTTP."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msal

from tenantry.emulator.server import Emulator

AUDIENCE = "https://api.partnercenter.microsoft.com"
APP_SCOPE = [f"{AUDIENCE}/.default"]
USER_SCOPE = [f"{AUDIENCE}/user_impersonation"]


class LoginHttp:
    """The transport msal is given: it trusts the emulator's authority and nothing else."""

    def __init__(self, ca_file: Path) -> None:
        self.client = httpx2.Client(verify=ssl.create_default_context(cafile=str(ca_file)), trust_env=False)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> httpx2.Response:
        plain = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self.client.post(url, params=params, data=plain, headers=headers)

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx2.Response:
        return self.client.get(url, params=params, headers=headers)

    def close(self) -> None:
        self.client.close()


class Partner:
    """One emulator with everything needed to talk to it. Tokens are fetched once per mode."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.login = LoginHttp(emulator.ca_file)
        self.http = httpx2.Client(base_url=emulator.api_url, timeout=10, trust_env=False)
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        self.login.close()
        self.http.close()

    @property
    def authority(self) -> str:
        return f"{self.emulator.login_url}/{self.emulator.partner_tenant_id}"

    def msal_web(self, credential: Any = None) -> Any:
        return msal.ConfidentialClientApplication(
            self.emulator.web_application.client_id,
            client_credential=credential or self.emulator.web_application.secret,
            authority=self.authority,
            http_client=self.login,
            instance_discovery=False,
        )

    def msal_native(self) -> Any:
        return msal.PublicClientApplication(
            self.emulator.native_application.client_id,
            authority=self.authority,
            http_client=self.login,
            instance_discovery=False,
        )

    def token(self, mode: str = "app") -> str:
        """A token of ``mode``: ``app``, ``user``, or ``weak`` (a user without MFA)."""
        if mode not in self._tokens:
            application = self.msal_web()
            if mode == "app":
                answer = application.acquire_token_for_client(APP_SCOPE)
            else:
                refresh = self.emulator.refresh_token(mfa=mode == "user")
                answer = application.acquire_token_by_refresh_token(refresh, USER_SCOPE)
            self._tokens[mode] = answer["access_token"]
        return self._tokens[mode]

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def post_token(self, form: dict[str, str], *, path: str = "oauth2/v2.0/token", tenant: str = "") -> httpx2.Response:
        place = tenant or self.emulator.partner_tenant_id
        return self.login.client.post(f"{self.emulator.login_url}/{place}/{path}", data=form)

    def get(self, path: str, *, mode: str = "app", headers: dict[str, str] | None = None) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {self.token(mode)}", "Accept": "application/json", **(headers or {})}
        return self.http.get(path, headers=sent)

    def read(self, path: str, *, mode: str = "app") -> Any:
        answer = self.get(path, mode=mode)
        assert answer.status_code == 200, answer.text
        return decoded(answer)

    def pages(self, query: str = "size=500", *, mode: str = "app", most: int = 100) -> Iterator[dict[str, Any]]:
        """Follow continuation tokens as the documentation says, to the clean end."""
        answer = self.get(f"/v1/customers?{query}", mode=mode)
        for _ in range(most):
            assert answer.status_code == 200, answer.text
            page = decoded(answer)
            yield page
            token = page.get("continuationToken")
            if not token:
                return
            headers = {"MS-ContinuationToken": token}
            answer = self.get("/v1/customers?seekOperation=Next", mode=mode, headers=headers)
        raise AssertionError("The listing does not end.")

    def ids(self, query: str = "size=500") -> list[str]:
        return [item["id"] for page in self.pages(query) for item in page["items"]]

    def control(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(verb, f"{self.emulator.control_url}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def decoded(answer: httpx2.Response) -> Any:
    return json.loads(answer.content.decode("utf-8-sig"))
