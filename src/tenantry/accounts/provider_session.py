"""How allauth talks HTTP to a provider of single sign-on: through our client, with our limits, log and certificates."""

import base64
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings

from tenantry.providers.errors import ProviderError
from tenantry.providers.http import Answer, HttpClient, Limits

_LIMITS = Limits(connect=5.0, read=10.0, total=15.0, max_bytes=1024 * 1024)
_REFUSED = 400


class ProviderReply:
    """An answer in the shape that allauth expects of ``requests``."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = {"content-type": "application/json", **answer.headers}
        self.content = answer.body
        self.text = answer.body.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """Return the document. Raises ``OAuth2Error`` when it is none."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise OAuth2Error("The provider's answer is not JSON.") from error

    def raise_for_status(self) -> None:
        """Raise ``OAuth2Error`` for a refusal."""
        if self.status_code >= _REFUSED:
            raise OAuth2Error(f"The provider answered {self.status_code}.")


class ProviderSession:
    """What allauth uses of a ``requests`` session. Every failure is an ``OAuth2Error``, which allauth expects."""

    def __init__(self) -> None:
        apps = settings.SIGN_ON_PROVIDERS
        ca_file = next((app["settings"]["ca_file"] for app in apps if app["settings"]["ca_file"]), "")
        self._client = HttpClient(ca_file=Path(ca_file) if ca_file else None, limits=_LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str, headers: dict[str, str] | None = None, **_: Any) -> ProviderReply:
        """Read a document."""
        return self.request("GET", url, headers=headers)

    def request(
        self, method: str, url: str, *, params: Any = None, data: Any = None, headers: Any = None, auth: Any = None,
        **_: Any,
    ) -> ProviderReply:  # fmt: skip
        """Send a request, with ``auth`` (its user name and password) as HTTP Basic does."""
        given = dict(headers or {})
        if auth is not None:
            proof = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode("ascii")
            given["Authorization"] = f"Basic {proof}"
        try:
            return ProviderReply(self._client.send(method, url, headers=given, params=params, form=data))
        except ProviderError as problem:
            raise OAuth2Error(str(problem)) from problem
