"""Calls to the REST API as a program makes them: a token in the header, JSON both ways."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from tests.web.cast import Cast

from tenantry.accounts.tokens import make_token
from tenantry.audit.models import INSTALLATION
from tenantry.core.token_scopes import TokenScope
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace

ALL = [scope for scope in TokenScope if scope is not TokenScope.INSTALLATION]


@dataclass(frozen=True)
class Api:
    """A program with a token."""

    secret: str

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str = "", match: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """Send a call; ``match`` is the version that it is about, ``key`` makes it safe to repeat."""
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        if key:
            sent["Idempotency-Key"] = key
        if match is not None:
            sent["If-Match"] = match if match == "*" else f'"{match}"'
        client = Client()
        given: dict[str, Any] = {"headers": sent}
        if body is not None:
            given |= {"data": json.dumps(body), "content_type": "application/json"}
        return client.generic(method, f"/api/v1{path}", given.pop("data", ""), **given)

    def get(self, path: str, *, status: int = 200) -> Any:
        """Read, and return what is answered with this status."""
        return self._content(self.ask("GET", path), status)

    def post(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """Do something, and return what is answered with this status."""
        return self._content(self.ask("POST", path, body, **more), status)

    def put(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """Put something in place, and return what is answered with this status."""
        return self._content(self.ask("PUT", path, body, **more), status)

    def patch(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """Change something, and return what is answered with this status."""
        return self._content(self.ask("PATCH", path, body, **more), status)

    def delete(self, path: str, *, status: int = 200, **more: Any) -> Any:
        """Take something away, and return what is answered with this status."""
        return self._content(self.ask("DELETE", path, **more), status)

    @staticmethod
    def _content(answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content.decode()[:2_000]
        return json.loads(answer.content)


def api_of(
    cast: Cast, who: str = "owner", *, marketplace: Marketplace | None = None, scopes: Collection[TokenScope] = ALL
) -> Api:  # fmt: skip
    """Return a program that works in a marketplace (Northwind, if none is named) with somebody's token."""
    place = marketplace or (cast.contoso if who == "stranger" else cast.northwind)
    now = timezone.now()
    with marketplace_scope(place.pk):
        _, secret = make_token(
            account_id=cast.accounts[who].pk, marketplace_id=place.pk, name="Program", scopes=scopes,
            expires_at=now + timedelta(days=1), actor=cast.actor(who), now=now,
        )  # fmt: skip
    return Api(secret)


def installation_api(cast: Cast) -> Api:
    """Return a program that runs the installation, with the operator's token."""
    now = timezone.now()
    _, secret = make_token(
        account_id=cast.accounts["operator"].pk, marketplace_id=INSTALLATION, name="Robot",
        scopes=[TokenScope.INSTALLATION], expires_at=now + timedelta(days=1), actor=cast.actor("operator"), now=now,
    )  # fmt: skip
    return Api(secret)
