"""Every call is logged with what support asks for, and never with a secret."""

import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog
from tests.providers.conftest import QUICK
from tests.providers.stub import LoginStub, Reply, Stub

from tenantry.providers.base import Unlimited
from tenantry.providers.errors import ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.auth import AppOnlyTokens, UserTokens
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, ClientSecret

ID = "3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a01"
SECRETS = (
    "client-secret-value",
    "refresh-token-value",
    "access-1",
    "access-2",
    "Bearer access",
    "eva@nordwind.example",
    "Page-Token",
)


class Store:
    def load(self) -> str:
        return "refresh-token-value"

    def replace(self, *, new: str, old: str) -> None:
        assert new != old


@pytest.fixture
def events() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def test_no_log_holds_a_secret(
    api: Stub,
    login: LoginStub,
    endpoints: Endpoints,
    events: list[MutableMapping[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    http = HttpClient(ca_file=endpoints.ca_file)
    application = Application("partner", "app", ApplicationKind.WEB, ClientSecret("client-secret-value"))
    page = {"items": [], "continuationToken": "Page-Token", "note": "eva@nordwind.example"}
    api.say(Reply(page), Reply(status=401), Reply(b"broken eva@nordwind.example"))
    failures = []
    for tokens in (AppOnlyTokens(endpoints, application, http), UserTokens(endpoints, application, Store(), http)):
        source = PartnerCenter(endpoints, tokens, Unlimited(), http=http, patience=QUICK)
        for call in (lambda source=source: source.list_tenants(None), lambda source=source: source.read_tenant(ID)):
            try:
                call()  # type: ignore[no-untyped-call]  # lambdas that bind the loop's value
            except ProviderError as error:
                failures.append(f"{error!r} {error.next_step} {vars(error)}")
    login.token = lambda _: Reply(b"not JSON, with client-secret-value and access-1")
    with pytest.raises(ProviderError):
        AppOnlyTokens(endpoints, application, http).access_token()
    http.close()
    everything = "\n".join([*map(str, events), caplog.text, *failures])
    assert "provider_call" in everything
    assert len(failures) > 1
    for secret in SECRETS:
        assert secret not in everything


def test_a_call_is_logged_with_path_status_and_ids_but_without_its_query(
    api: Stub, source: PartnerCenter, events: list[MutableMapping[str, Any]]
) -> None:
    headers = {"MS-RequestId": "r-1", "MS-CorrelationId": "c-1", "MS-CV": "AAAAAAAAAAAAAAAA.0"}
    api.say(Reply({"items": []}, headers=headers))
    source.list_tenants(None)
    (event,) = events
    assert event["call"] == f"GET {api.url}/v1/customers"
    assert event["query_names"] == ["size"]
    assert event["status"] == 200
    assert event["seconds"] >= 0
    assert (event["request_id"], event["correlation_id"], event["cv"]) == ("r-1", "c-1", "AAAAAAAAAAAAAAAA.0")


def test_a_call_without_answer_is_logged_with_the_ids_that_were_sent(
    api: Stub, source: PartnerCenter, events: list[MutableMapping[str, Any]]
) -> None:
    api.say(Reply(silent=True))
    with pytest.raises(ProviderError) as caught:
        source.list_tenants(None)
    failed = [event for event in events if event["event"] == "provider_call_failed"]
    assert len(failed) == 4
    assert failed[-1]["failure"] == caught.value.message
    assert failed[-1]["request_id"] == caught.value.request_id
