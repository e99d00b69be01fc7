"""Every refusal and every spoiled answer of Google, as the client takes it."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.providers.google_stage import QUICK, Stage, everybody, google_stage

from tenantry.core.records import Ending
from tenantry.providers.errors import (
    AuthFailed,
    Conflict,
    ConsentMissing,
    CursorExpired,
    Fault,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.google.client import Google
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.pacing import AdaptiveConcurrency, PacedBudget
from tenantry.providers.patience import Patience

USERS = "/admin/directory/v1/users"


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with google_stage(crowds={3: 1100}) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    usual = shared.emulator.google.switches.as_dict()
    shared.emulator.counters.reset()
    yield shared
    shared.emulator.faults.clear()
    shared.emulator.google.switches.set(usual)
    shared.emulator.google.gate.change_quota(0)
    assert shared.emulator.counters.crashes == 0


@pytest.fixture
def client(stage: Stage) -> Google:
    client = stage.client()
    client.list_users(stage.customer(2), None)  # the sign-in is done
    stage.emulator.counters.reset()
    return client


REFUSALS: list[tuple[str, type[ProviderError], bool]] = [
    ("badRequest", Malformed, False),
    ("invalid", Malformed, False),
    ("failedPrecondition", Unavailable, True),
    ("authError", AuthFailed, False),
    ("userRateLimitExceeded", Throttled, True),
    ("quotaExceeded", Throttled, True),
    ("rateLimitExceeded", Throttled, True),
    ("dailyLimitExceeded", Throttled, True),
    ("accessNotConfigured", ConsentMissing, False),
    ("forbidden", ConsentMissing, False),
    ("insufficientPermissions", ConsentMissing, False),
    ("domainCannotUseApis", ConsentMissing, False),
    ("notFound", NotFound, False),
    ("duplicate", Conflict, True),
    ("conditionNotMet", Conflict, True),
    ("backendError", Unavailable, True),
    ("internalError", Unavailable, True),
    ("unknownError", Unavailable, True),
]
STOPPING = {"authError", "accessNotConfigured", "insufficientPermissions"}


@pytest.mark.parametrize(("reason", "kind", "retryable"), REFUSALS)
def test_every_reason_of_google_has_its_meaning(
    stage: Stage, client: Google, reason: str, kind: type[ProviderError], *, retryable: bool
) -> None:
    stage.emulator.faults.add("refuse", USERS, reason=reason)
    with pytest.raises(kind) as refusal:
        client.list_users(stage.customer(2), None)
    error = refusal.value
    assert (error.retryable, error.stops_run) == (retryable, reason in STOPPING)
    assert (error.code, error.next_step != "") == (reason, True)


def test_the_newer_bodies_say_the_same(stage: Stage, client: Google) -> None:
    for reason, status, kind in (
        ("RATE_LIMIT_EXCEEDED", 403, Throttled),
        ("SERVICE_DISABLED", 403, ConsentMissing),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", 403, ConsentMissing),
        ("NEW_AND_UNHEARD_OF", 403, ConsentMissing),
        ("NEW_AND_UNHEARD_OF", 503, Unavailable),
    ):
        stage.emulator.faults.clear()
        stage.emulator.faults.add("status", USERS, body="new", status=status, reason=reason)
        with pytest.raises(kind):
            client.list_users(stage.customer(2), None)


def test_throttling_is_waited_out_also_when_it_comes_as_403(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("forbidden_throttle", USERS, times=1)
    stage.emulator.faults.add("forbidden_throttle", USERS, times=1, reason="quotaExceeded")
    stage.emulator.faults.add("throttle", USERS, times=1, retry_after=0)
    assert everybody(client, stage.customer(2))
    assert stage.emulator.counters.faulted == 3


def test_a_long_quiet_is_left_to_the_queue(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("throttle", USERS, retry_after=600)
    began = time.monotonic()
    with pytest.raises(Throttled) as throttled:
        client.list_users(stage.customer(2), None)
    assert throttled.value.after == 600
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("text", ["Request rate higher than configured.", "Quota exceeded for quota metric 'Queries'"])
def test_plain_text_that_means_slow_down_is_understood(stage: Stage, client: Google, text: str) -> None:
    stage.emulator.faults.add("status", USERS, times=1, status=403, body="text", text=text)
    assert everybody(client, stage.customer(2))
    stage.emulator.faults.add("status", USERS, times=1, status=403, body="text", text="Domain cannot use apis.")
    with pytest.raises(ConsentMissing):
        client.list_users(stage.customer(2), None)


@pytest.mark.parametrize("status", [403, 404, 502])
def test_a_page_of_html_is_never_googles_word(stage: Stage, client: Google, status: int) -> None:
    stage.emulator.faults.add("status", USERS, status=status, body="html")
    with pytest.raises(Unavailable):
        client.list_users(stage.customer(2), None)


@pytest.mark.parametrize("kind", ["cut", "reset", "malformed", "items_no_list", "no_kind", "status"])
def test_one_spoiled_answer_is_read_again(stage: Stage, client: Google, kind: str) -> None:
    stage.emulator.faults.add(kind, USERS, times=1)
    page = client.list_users(stage.customer(2), None)
    assert (page.ending, len(page.records)) == (Ending.CLEAN, len(stage.emulator.google.staff.ordered(2)))


@pytest.mark.parametrize("kind", ["no_kind", "items_no_list", "malformed"])
def test_an_answer_that_stays_spoiled_is_never_an_empty_directory(stage: Stage, client: Google, kind: str) -> None:
    stage.emulator.faults.add(kind, USERS)
    with pytest.raises(Malformed):
        client.list_users(stage.customer(2), None)


def test_a_row_of_another_customer_stops_everything_at_once(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("foreign_row", USERS)
    with pytest.raises(Malformed, match="another customer") as stranger:
        client.list_users(stage.customer(2), None)
    assert (stranger.value.stops_run, stranger.value.retryable) == (True, False)
    assert stage.emulator.counters.requests == 1


def test_a_token_that_google_does_not_know_starts_the_listing_over(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("same_token", USERS, times=1)
    first = client.list_users(stage.customer(2), None)
    assert first.ending is Ending.MORE
    with pytest.raises(CursorExpired):  # Google does not know that token
        client.list_users(stage.customer(2), first.cursor)


def test_a_repeated_page_is_noticed_by_its_token(stage: Stage, client: Google) -> None:
    first = client.list_users(stage.customer(3), None)
    stage.emulator.faults.add("repeat", USERS)
    second = client.list_users(stage.customer(3), first.cursor)
    assert second.ending is Ending.AMBIGUOUS
    assert "given before" in second.invalid[-1].reason


def test_a_listing_that_breaks_off_after_some_pages_is_an_error_and_no_shorter_list(
    stage: Stage, client: Google
) -> None:
    stage.emulator.faults.add("status", USERS, after=2, status=503, body="json")
    pages = [client.list_users(stage.customer(3), None)]
    pages.append(client.list_users(stage.customer(3), pages[-1].cursor))
    assert [page.ending for page in pages] == [Ending.MORE, Ending.MORE]
    with pytest.raises(Unavailable):
        client.list_users(stage.customer(3), pages[-1].cursor)


def test_a_page_that_comes_too_late_is_a_failure_and_no_empty_list(stage: Stage) -> None:
    with closing(HttpClient(limits=Limits(read=0.2, total=0.4))) as hasty:
        client = stage.client(http=hasty, patience=Patience(waits=(0.01,), longest_wait=0.1, total=2))
        assert everybody(client, stage.customer(2))
        stage.emulator.faults.add("slow", USERS, seconds=0.6)
        with pytest.raises(Unavailable):
            client.list_users(stage.customer(2), None)


def test_a_storm_of_throttling_ends_as_throttling_and_not_as_configuration(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("throttle", USERS, retry_after=0)
    with pytest.raises(Throttled) as storm:
        client.list_users(stage.customer(2), None)
    assert (storm.value.retryable, storm.value.stops_run) == (True, False)
    assert stage.emulator.counters.faulted > 1


def test_an_empty_page_with_a_token_is_followed(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("empty_page", USERS, times=1)
    page = client.list_users(stage.customer(3), None)
    assert (page.records, page.ending) == ((), Ending.MORE)
    assert client.list_users(stage.customer(3), page.cursor).records


def test_an_empty_list_is_what_google_says_and_for_others_to_judge(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("empty_list", USERS)
    page = client.list_users(stage.customer(2), None)
    assert (page.records, page.ending) == ((), Ending.CLEAN)


def test_absent_flags_are_unknown_and_written_ones_are_read(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("no_flags", USERS, times=1)
    assert {person.enabled for person in everybody(client, stage.customer(2))} <= {None, False}
    stage.emulator.faults.add("text_booleans", USERS, times=1)
    assert True in {person.enabled for person in everybody(client, stage.customer(2))}


def test_half_a_person_is_somebody_of_whom_little_is_known(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("half_created", USERS, times=1)
    half, *_ = everybody(client, stage.customer(2))
    assert (half.enabled, half.admin, half.first_name, half.aliases, half.archived) == (None, None, None, None, None)
    one = stage.emulator.google.people.join(2, whole=False)
    joined = client.read_user(stage.customer(2), stage.user_id(2, one.number))
    assert (joined.enabled, joined.first_name, joined.display_name) == (None, one.given, f"{one.given} {one.family}")


def test_a_person_without_address_is_still_there(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("no_address", USERS, times=1)
    first, *_ = everybody(client, stage.customer(2))
    assert (first.user_name, first.email) == ("", "")


def test_rows_without_id_are_put_aside_and_wrong_types_are_borne(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("no_id", USERS, times=1)
    page = client.list_users(stage.customer(2), None)
    assert len(page.invalid) == 1
    stage.emulator.faults.add("wrong_types", USERS, times=1)
    page = client.list_users(stage.customer(2), None)
    assert {(person.enabled, person.first_name) for person in page.records} <= {(None, None), (False, None)}
    assert page.ending is Ending.CLEAN


def test_a_person_may_come_twice_or_not_at_all(stage: Stage, client: Google) -> None:
    whole = everybody(client, stage.customer(2))
    stage.emulator.faults.add("row_twice", USERS, times=1)
    assert len(everybody(client, stage.customer(2))) == len(whole) + 1
    stage.emulator.faults.add("row_skipped", USERS, times=1)
    assert len(everybody(client, stage.customer(2))) == len(whole) - 1


def test_people_who_move_between_pages_are_not_lost_with_others(stage: Stage, client: Google) -> None:
    first = client.list_users(stage.customer(3), None)
    victim = next(one for one in stage.emulator.google.staff.everybody(3) if one.mailbox > "s" and not one.deleted_at)
    stage.emulator.google.people.delete(3, victim.number)
    stage.emulator.google.people.join(3, mailbox="aaa.first")
    rest = client.list_users(stage.customer(3), first.cursor)
    assert not {one.external_id for one in first.records} & {one.external_id for one in rest.records}


def test_faults_of_one_customer_spare_the_others(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("refuse", USERS, query=f"*customer={stage.customer(2)}*", reason="forbidden")
    with pytest.raises(ConsentMissing):
        client.list_users(stage.customer(2), None)
    assert everybody(client, stage.customer(4))


def test_one_product_of_licences_that_fails_for_good_is_not_hidden(stage: Stage, client: Google) -> None:
    stage.emulator.faults.add("refuse", "/apps/licensing/*", reason="backendError")
    with pytest.raises(Unavailable):
        client.list_licences(stage.customer(2), None)


def test_the_quota_is_kept_with_a_budget_and_waited_out_without(stage: Stage) -> None:
    stage.emulator.google.gate.change_quota(30)
    patient = stage.client(patience=Patience(waits=(0.01,), longest_wait=1.5, total=5))
    for _ in range(30):
        patient.list_users(stage.customer(2), None)
    with pytest.raises(Throttled) as throttled:
        patient.list_users(stage.customer(2), None)
    assert throttled.value.code == "userRateLimitExceeded"
    stage.emulator.google.gate.change_quota(2400)
    stage.emulator.counters.reset()
    paced = stage.client(budget=PacedBudget(2400, burst=4), concurrency=AdaptiveConcurrency(), patience=QUICK)
    for _ in range(20):
        paced.list_users(stage.customer(2), None)
    assert stage.emulator.counters.throttled == 0


def test_trouble_at_the_sign_in_is_trouble_and_not_configuration(stage: Stage) -> None:
    fresh = stage.client(patience=Patience(waits=(), longest_wait=0, total=5))
    for settings, kind in (
        ({"kind": "status", "status": 503}, Unavailable),
        ({"kind": "status", "status": 200, "body": "html"}, Malformed),
        ({"kind": "throttle", "retry_after": 7}, Throttled),
        ({"kind": "reset"}, Unavailable),
    ):
        stage.emulator.faults.clear()
        stage.emulator.faults.add(settings.pop("kind"), "/token", **settings)  # type: ignore[arg-type]  # a kind's name
        with pytest.raises(kind) as failed:
            fresh.list_users(stage.customer(2), None)
        assert failed.value.retryable
        assert failed.value.fault in {Fault.PROVIDER, Fault.NETWORK}
