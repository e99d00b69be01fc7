"""Whatever the service answers, a page, a tenant or an error of the vocabulary comes out, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.providers.conftest import FixedTokens
from tests.providers.stub import BOM, Reply, Stub, running

from tenantry.core.records import Ending, TenantDetails, TenantPage
from tenantry.providers.base import Unlimited
from tenantry.providers.errors import ProviderError
from tenantry.providers.http import Answer, HttpClient, Limits
from tenantry.providers.microsoft.answers import classify
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import endpoints_for
from tenantry.providers.microsoft.credentials import SignInMode
from tenantry.providers.microsoft.mapping import listing_of
from tenantry.providers.microsoft.paging import Position, page_of, position_at
from tenantry.providers.microsoft.refusals import refusal
from tenantry.providers.patience import Patience

ID = "3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a01"
NAMES = (
    "id items companyProfile tenantId companyName domain relationshipToPartner links next uri headers key value "
    "continuationToken totalCount billingProfile email defaultAddress country customDomains allowDelegatedAccess "
    "code description message isRetryable associatedPartnerId address attributes"
).split()
VALUES = [
    ID,
    ID.upper(),
    "reseller",
    "/customers?size=500",
    "MS-ContinuationToken",
    "T1",
    "DE",
    "\ud800",
    "a\x00b",
    2000,
]

texts = st.text(max_size=20) | st.sampled_from([value for value in VALUES if isinstance(value, str)])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | texts | st.sampled_from(VALUES)
any_json: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
pages = st.fixed_dictionaries(
    {"items": st.lists(any_json, max_size=4)}, optional={"continuationToken": any_json, "links": any_json}
)
customers = st.fixed_dictionaries(
    {"id": st.just(ID)},
    optional={
        "companyProfile": any_json,
        "billingProfile": any_json,
        "customDomains": any_json,
        "allowDelegatedAccess": any_json,
    },
)
bodies = (
    st.binary(max_size=60)
    | (any_json | pages | customers).map(lambda value: json.dumps(value).encode())
    | (pages | customers).map(lambda value: BOM + json.dumps(value).encode())
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def odd() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture(scope="module")
def reader(odd: Stub) -> Iterator[PartnerCenter]:
    http = HttpClient(limits=Limits(read=2))
    yield PartnerCenter(
        endpoints_for("global", api=odd.url),
        FixedTokens(SignInMode.APP_AND_USER),
        Unlimited(),
        http=http,
        patience=Patience(waits=(), longest_wait=0),
    )
    http.close()


def check_page(page: TenantPage) -> None:
    assert (page.cursor is not None) == (page.ending is Ending.MORE)
    for record in page.records:
        assert record.external_id == record.external_id.lower()
        (record.name + record.domain).encode()
    for each in page.invalid:
        assert each.reference
        (each.reference + each.reason).encode()
    if page.cursor is not None:
        position_at(page.cursor)


def check_error(error: ProviderError) -> None:
    assert error.message
    assert error.next_step
    error.message.encode()


@QUICK
@given(body=bodies, status=st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503]))
def test_any_listing_answer_is_a_page_or_an_error(odd: Stub, reader: PartnerCenter, body: bytes, status: int) -> None:
    odd.say(Reply(b"" if status == 204 else body, status=status))
    for cursor in (None, Position(page=1, query="size=500&seekOperation=Next").as_cursor()):
        try:
            check_page(reader.list_tenants(cursor))
        except ProviderError as error:
            check_error(error)


@QUICK
@given(body=bodies, status=st.sampled_from([200, 200, 200, 400, 403, 404, 500]))
def test_any_tenant_answer_is_a_tenant_or_an_error(odd: Stub, reader: PartnerCenter, body: bytes, status: int) -> None:
    odd.say(Reply(body, status=status))
    try:
        details = reader.read_tenant(ID)
    except ProviderError as error:
        check_error(error)
        return
    assert isinstance(details, TenantDetails)
    assert details.external_id == ID
    (details.name + details.contact.name + details.contact.email + "".join(details.missing)).encode()
    assert details.address.country == "" or len(details.address.country) == 2


@given(pages)
def test_any_page_is_read_or_refused(value: Any) -> None:
    check_page(page_of(value, Position(), api="https://api.partnercenter.microsoft.com"))


@given(any_json)
def test_any_row_is_a_record_or_a_reason(value: Any) -> None:
    listing_of(value, 1)


@given(any_json.filter(lambda value: isinstance(value, dict)))
def test_any_refusal_of_the_sign_in_is_one_of_the_vocabulary(value: Any) -> None:
    error = refusal(value)
    error.message.encode()
    assert error.next_step


@given(bodies, st.integers(201, 599), st.text(max_size=20))
def test_any_refusal_of_partner_center_is_one_of_the_vocabulary(body: bytes, status: int, reason: str) -> None:
    error = classify(Answer("GET /v1/customers", status, reason, {}, body))
    error.message.encode()
    assert error.status == status


@given(st.text(max_size=40) | any_json.map(json.dumps))
def test_any_cursor_is_a_position_or_has_expired(cursor: str) -> None:
    try:
        position = position_at(cursor)
    except ProviderError:
        return
    assert position_at(position.as_cursor()) == position
