"""Whatever Google answers, a page, a person or an error of the vocabulary comes out, and nothing else."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.providers.stub import Reply, Stub, running

from tenantry.core.records import DirectoryPage, DirectoryUser, Ending, InvalidRecord
from tenantry.providers.base import Unlimited, WantedPush
from tenantry.providers.errors import Malformed, Misconfigured, ProviderError
from tenantry.providers.google.addresses import endpoints_for
from tenantry.providers.google.answers import Call, classify
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode, ScopeSet, read_key
from tenantry.providers.google.mapping import deleted_of, user_of
from tenantry.providers.google.paging import Position, position_at
from tenantry.providers.google.refusals import refusal
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.http import Answer, HttpClient, Limits
from tenantry.providers.patience import Patience

CUSTOMER = "C0abc12de"
NAMES = (
    "id kind users items subscriptions customers customerId primaryEmail name givenName familyName suspended archived "
    "isAdmin isDelegatedAdmin aliases emails languages organizations nextPageToken error errors reason message status "
    "details cloudIdentityId customerDomain domains domainName organizationUnits postalAddress lastLoginTime"
).split()
VALUES = [
    CUSTOMER,
    "104518830261937745120",
    "admin#directory#users",
    "1970-01-01T00:00:00.000Z",
    "\ud800",
    "T=",
    10**30,
]

WANTED = WantedPush("one", "https://shop.example/", datetime(2026, 3, 2, tzinfo=UTC), "secret")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12)
any_json: st.SearchStrategy[Any] = st.recursive(
    scalars | st.sampled_from(VALUES),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
people = st.fixed_dictionaries(
    {"id": st.just("104518830261937745120"), "customerId": st.just(CUSTOMER)},
    optional=dict.fromkeys([*NAMES[7:17], "guestAccountInfo", "orgUnitPath", "deletionTime"], any_json),
)
pages = st.fixed_dictionaries(
    {"kind": st.just("admin#directory#users"), "users": st.lists(people | any_json, max_size=4)},
    optional={"nextPageToken": any_json},
)
bodies = st.binary(max_size=60) | (any_json | pages).map(lambda value: json.dumps(value).encode())
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

FEW = settings(max_examples=60, deadline=None)


class FixedTokens:
    def access_token(self, scopes: ScopeSet) -> str:
        return f"token-{scopes}"

    def renew(self, scopes: ScopeSet, rejected: str) -> str:
        return f"{rejected}-again-{scopes}"


@pytest.fixture(scope="module")
def odd() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture(scope="module")
def client(odd: Stub) -> Iterator[Google]:
    http = HttpClient(limits=Limits(read=2))
    reach = Reach(Mode.RESELLER, Discovery.CHANNEL, CUSTOMER)
    patience = Patience(waits=(), longest_wait=0)
    yield Google(endpoints_for(odd.url), FixedTokens(), reach, Unlimited(), http=http, patience=patience)
    http.close()


def check_error(error: ProviderError) -> None:
    assert error.next_step
    error.message.encode()


def check_person(person: DirectoryUser | InvalidRecord) -> None:
    if isinstance(person, InvalidRecord):
        (person.reference + person.reason).encode()
        return
    assert person.external_id
    texts = (person.user_name, person.email, person.first_name, person.last_name, person.display_name, person.org_unit)
    for text in (*texts, person.language, *(person.aliases or ())):
        (text or "").encode()


@QUICK
@given(body=bodies, status=st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 412, 429, 500, 503]))
def test_any_answer_is_a_page_or_an_error(odd: Stub, client: Google, body: bytes, status: int) -> None:
    odd.say(Reply(b"" if status == 204 else body, status=status))
    later = Position("users", CUSTOMER, token="T", page=1).as_cursor()
    for ask, cursor in ((client.list_users, None), (client.list_users, later), (client.list_deleted, None)):
        try:
            page = ask(CUSTOMER, cursor)
        except ProviderError as error:
            check_error(error)
            continue
        assert isinstance(page, DirectoryPage)
        assert (page.cursor is not None) == (page.ending is Ending.MORE)
        everyone: list[DirectoryUser | InvalidRecord] = [*page.records, *page.invalid]
        for person in everyone:
            check_person(person)


@QUICK
@given(body=bodies, status=st.sampled_from([200, 200, 400, 403, 404, 412]))
def test_any_other_answer_is_what_was_asked_for_or_an_error(
    odd: Stub, client: Google, body: bytes, status: int
) -> None:
    odd.say(Reply(body, status=status))
    asking: tuple[Callable[[], object], ...] = (
        lambda: client.read_user(CUSTOMER, "104518830261937745120"),
        lambda: client.list_tenants(None),
        lambda: client.read_tenant(CUSTOMER),
        lambda: client.domains(CUSTOMER),
        lambda: client.org_units(CUSTOMER),
        lambda: client.administrators(CUSTOMER),
        lambda: client.list_licences(CUSTOMER, None),
        lambda: client.subscribed_licences(CUSTOMER),
        lambda: client.open_push(CUSTOMER, WANTED),
        lambda: client.stop_push(CUSTOMER, "one", "resource"),
    )
    for ask in asking:
        try:
            ask()
        except ProviderError as error:
            check_error(error)


@FEW
@given(any_json | people)
def test_any_row_is_a_person_or_a_reason_or_a_strangers(value: Any) -> None:
    for read in (user_of, deleted_of):
        try:
            check_person(read(value, 1, CUSTOMER))
        except Malformed:
            assert value["customerId"] != CUSTOMER


@FEW
@given(bodies, st.integers(201, 599), st.text(max_size=20))
def test_any_refusal_is_one_of_the_vocabulary(body: bytes, status: int, reason: str) -> None:
    call = Call(endpoints_for().directory, ScopeSet.USERS)
    error = classify(Answer("GET /users", status, reason, {}, body), call)
    check_error(error)
    assert error.status == status


@FEW
@given(any_json.filter(lambda value: isinstance(value, dict)))
def test_any_refusal_of_the_sign_in_is_one_of_the_vocabulary(value: Any) -> None:
    check_error(refusal(value, ScopeSet.USERS, client_id="1"))


@FEW
@given(st.text(max_size=40) | any_json.map(json.dumps))
def test_any_cursor_is_a_position_or_has_expired(cursor: str) -> None:
    try:
        position_at(cursor, "users", CUSTOMER)
    except ProviderError as error:
        check_error(error)


@FEW
@given(st.text(max_size=40) | any_json.map(json.dumps))
def test_any_key_file_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(Misconfigured):
        read_key(text)
