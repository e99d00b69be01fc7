"""Whatever a provider says of a push that was asked for, it is understood or an error of the vocabulary comes out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.conftest import FixedTokens
from tests.providers.stub import Reply, Stub, running
from tests.providers.test_google_any_answer import CUSTOMER, QUICK, WANTED, any_json
from tests.providers.test_google_any_answer import FixedTokens as GoogleTokens

from tenantry.providers.base import OpenedPush, PushSource, Unlimited
from tenantry.providers.errors import ProviderError
from tenantry.providers.google.addresses import endpoints_for as google_endpoints
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.microsoft.clouds import endpoints_for
from tenantry.providers.microsoft.graph_calls import CallsByTenant
from tenantry.providers.microsoft.subscriptions import GraphPushes
from tenantry.providers.patience import Patience

TENANT = "11111111-2222-3333-4444-555555555555"
HASTE = Patience(waits=(), longest_wait=0)
TIMES: list[Any] = [
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-03-02T09:00:00.1234567Z",
    "1772442000000",
    1772442000000,
    "9" * 40,
]
STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 429, 503]
times = st.sampled_from(TIMES)
answers = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["one", TENANT]) | any_json, "resourceId": st.just("resource") | any_json,
        "expiration": times | any_json, "expirationDateTime": times | any_json, "error": any_json,
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture(scope="module")
def sources(odd: Stub) -> Iterator[list[tuple[PushSource, str]]]:
    http = HttpClient(limits=Limits(read=2))
    reach = Reach(Mode.RESELLER, Discovery.CHANNEL, CUSTOMER)
    google = Google(google_endpoints(odd.url), GoogleTokens(), reach, Unlimited(), http=http, patience=HASTE)
    places = endpoints_for("global", api=odd.url, authority="https://localhost:9", graph=odd.url)
    calls = CallsByTenant(places, lambda _: FixedTokens(), Unlimited(), http, patience=HASTE)
    yield [(google, CUSTOMER), (GraphPushes(calls), TENANT)]
    http.close()


def asked(source: PushSource, tenant: str) -> Iterator[OpenedPush | None]:
    """What comes of each question; errors of the vocabulary are no answer."""
    for number in range(3):
        try:
            if number == 0:
                yield source.open_push(tenant, WANTED)
            elif number == 1:
                yield source.renew_push(tenant, TENANT, WANTED.until)
            else:
                source.stop_push(tenant, "one", TENANT)
        except ProviderError as error:
            error.message.encode()


@QUICK
@given(body=answers | any_json | st.binary(max_size=60), status=st.sampled_from(STATUSES))
def test_any_answer_is_a_promise_nothing_or_an_error(
    odd: Stub, sources: list[tuple[PushSource, str]], body: Any, status: int
) -> None:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    odd.say(Reply(b"" if status == 204 else said, status=status))
    for source, tenant in sources:
        for found in asked(source, tenant):
            assert found is None or isinstance(found, OpenedPush)
            if found is not None:
                assert min(found.until, WANTED.until).astimezone(UTC) >= datetime(2000, 1, 1, tzinfo=UTC)
