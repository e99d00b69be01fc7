"""Refusals, retries, pace and ids: what each answer means, and how often it is asked again."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.providers.conftest import FixedTokens
from tests.providers.stub import Reply, Request, Stub

from tenantry.providers.errors import (
    AuthFailed,
    Conflict,
    ConsentMissing,
    Fault,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience

ID = "3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a01"
FINE = Reply({"id": ID, "billingProfile": {"email": "eva@nordwind.example"}})


class Ledger:
    """A budget that counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.quiet: list[float] = []

    def acquire(self) -> None:
        self.calls += 1

    def throttled(self, *, after: float) -> None:
        self.quiet.append(after)


def refusal(status: int, code: Any = None, text: str = "So it is.", **more: Any) -> Reply:
    reason = more.pop("reason", "")
    headers = more.pop("headers", {})
    return Reply({"code": code, "description": text} | more, status=status, reason=reason, headers=headers)


def failure(source: PartnerCenter) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        source.read_tenant(ID)
    return caught.value


@pytest.mark.parametrize(
    ("reply", "kind", "stops", "tries"),
    [
        (refusal(400, 2001), Malformed, False, 1),
        (refusal(400, 0), Malformed, False, 1),
        (refusal(400, 800002), Malformed, False, 1),
        (refusal(400, 2055), Conflict, False, 1),
        (refusal(400, 900316), ConsentMissing, True, 1),
        (refusal(401, 900420), AuthFailed, True, 1),
        (refusal(401, "900421"), AuthFailed, True, 1),
        (Reply(status=401, reason="Unauthorized - MFA required"), AuthFailed, True, 1),
        (refusal(401, 800001), AuthFailed, True, 2),
        (Reply(status=401), AuthFailed, True, 2),
        (refusal(403, 1002), ConsentMissing, False, 1),
        (refusal(403, 2032), ConsentMissing, False, 1),
        (refusal(403, 20002), NotFound, False, 1),
        (refusal(403, 600006), ConsentMissing, False, 1),
        (refusal(403, 800039), ConsentMissing, True, 1),
        (refusal(403, 900149), ConsentMissing, True, 1),
        (refusal(403, 900150), ConsentMissing, True, 1),
        (refusal(403, 900308), ConsentMissing, False, 1),
        (refusal(403, 900309), ConsentMissing, False, 1),
        (refusal(403, 900329), ConsentMissing, True, 1),
        (refusal(403, 90000), ConsentMissing, False, 1),
        (Reply(status=403, reason="The supplied role does not have the rights"), ConsentMissing, False, 1),
        (refusal(404, 600074), NotFound, False, 1),
        (refusal(405), Malformed, False, 1),
        (refusal(408), Unavailable, False, 4),
        (refusal(409), Conflict, False, 1),
        (refusal(412), Conflict, False, 1),
        (refusal(500, 800003), Unavailable, False, 4),
        (Reply(status=501), Unavailable, False, 4),
        (Reply(b"<html>Bad gateway</html>", status=502), Unavailable, False, 4),
        (Reply(b"busy", status=503), Unavailable, False, 4),
        (Reply(status=504), Unavailable, False, 4),
        (Reply(status=302, headers={"Location": "https://hotel.example/"}), Unavailable, False, 4),
        (Reply(status=204), Unavailable, False, 4),
        (Reply(b"<html>Blocked</html>", status=403), Unavailable, False, 4),
        (Reply({"code": 400072, "description": "An oddity"}), Malformed, False, 4),
        (refusal(500, 1, isRetryable=False), Unavailable, False, 1),
        (refusal(400, 1, isRetryable=True), Malformed, False, 4),
        (refusal(404, 600074, isRetryable=False), NotFound, False, 1),
        (Reply(silent=True), Unavailable, False, 4),
        (Reply(b"{", cut=True), Unavailable, False, 4),
    ],
)
def test_each_answer_has_its_meaning_and_its_number_of_tries(
    *, api: Stub, source: PartnerCenter, reply: Reply, kind: type[ProviderError], stops: bool, tries: int
) -> None:
    api.say(reply)
    error = failure(source)
    assert type(error) is kind
    assert error.stops_run is stops
    assert error.next_step
    assert len(api.requests) == tries


def test_an_error_carries_what_support_asks_for(api: Stub, source: PartnerCenter) -> None:
    headers = {"MS-RequestId": "request-7", "MS-CorrelationId": "correlation-7"}
    api.say(refusal(403, 900308, "Insufficient privileges to complete the operation.", headers=headers))
    error = failure(source)
    assert (error.request_id, error.correlation_id) == ("request-7", "correlation-7")
    assert (error.status, error.code) == (403, "900308")
    assert "Insufficient privileges" in error.message
    assert "900308" in error.message


def test_a_failure_without_answer_carries_the_ids_that_were_sent(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(silent=True))
    error = failure(source)
    assert error.request_id == api.requests[-1].headers["ms-requestid"]
    assert error.correlation_id == api.requests[-1].headers["ms-correlationid"]
    assert error.fault is Fault.NETWORK


def test_the_reason_phrase_is_read_when_the_body_is_empty(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(status=403, reason="The supplied role does not have the rights"))
    assert "The supplied role does not have the rights" in failure(source).message


def test_no_answer_repeats_the_request_id_and_an_answer_renews_it(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(silent=True), Reply(b"{", cut=True), Reply(status=503), FINE)
    source.read_tenant(ID)
    first, second, third, fourth = (request.headers["ms-requestid"] for request in api.requests)
    assert first == second == third
    assert fourth != third
    assert len({request.headers["ms-correlationid"] for request in api.requests}) == 1


def test_every_call_carries_the_headers_of_the_contract(api: Stub, source: PartnerCenter) -> None:
    api.say(FINE)
    source.read_tenant(ID)
    sent = api.requests[0].headers
    assert sent["accept"] == "application/json"
    assert sent["authorization"] == "Bearer token-1"
    assert len(sent["ms-requestid"]) == 36
    assert "validatemfa" not in sent


def test_a_token_that_ends_mid_run_is_renewed_once(api: Stub, source_with: Callable[..., PartnerCenter]) -> None:
    tokens = FixedTokens()

    def script(request: Request) -> Reply:
        return FINE if request.headers["authorization"] == "Bearer token-2" else Reply(status=401)

    api.script = script
    assert source_with(tokens).read_tenant(ID).contact.email == "eva@nordwind.example"
    assert tokens.renewals == 1


def test_throttling_is_told_to_everybody_and_waited_out(api: Stub, source_with: Callable[..., PartnerCenter]) -> None:
    ledger, concurrency = Ledger(), AdaptiveConcurrency(start=4, maximum=4)
    api.say(
        Reply({"statusCode": 429, "message": "Rate limit is exceeded."}, status=429, headers={"Retry-After": "0.2"}),
        FINE,
    )
    started = time.monotonic()
    source_with(budget=ledger, concurrency=concurrency).read_tenant(ID)
    assert time.monotonic() - started >= 0.2
    assert ledger.quiet == [0.2]
    assert ledger.calls == 2, "every request counts"
    assert concurrency.allowed == 2


def test_a_long_quiet_is_left_to_the_queue(api: Stub, source_with: Callable[..., PartnerCenter]) -> None:
    ledger = Ledger()
    api.say(Reply({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}, status=429))
    error = failure(source_with(budget=ledger))
    assert isinstance(error, Throttled)
    assert error.after == 57
    assert ledger.quiet == [57]
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, headers={"Retry-After": "33"}),
        Reply({"message": "Rate limit is exceeded. Try again in 33 seconds."}, status=403),
    ],
)
def test_throttling_in_the_clothes_of_a_403_is_recognised(api: Stub, source: PartnerCenter, reply: Reply) -> None:
    api.say(reply)
    error = failure(source)
    assert isinstance(error, Throttled)
    assert error.after == 33


def test_throttling_without_a_number_still_waits(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(b"<html>slow down</html>", status=429))
    error = failure(source)
    assert isinstance(error, Throttled)
    assert error.after == 30


def test_a_server_error_may_ask_for_a_wait_too(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(status=503, headers={"Retry-After": "0.2"}), FINE)
    started = time.monotonic()
    source.read_tenant(ID)
    assert time.monotonic() - started >= 0.2
    api.say(Reply(status=503, headers={"Retry-After": "90"}))
    before = len(api.requests)
    assert isinstance(failure(source), Unavailable)
    assert len(api.requests) == before + 1


def test_patience_ends(api: Stub, source_with: Callable[..., PartnerCenter]) -> None:
    api.say(Reply(status=500))
    source = source_with(patience=Patience(waits=(0.1,) * 50, total=0.25))
    assert isinstance(failure(source), Unavailable)
    assert 2 <= len(api.requests) <= 5


def test_a_sign_in_that_fails_sends_nothing_to_partner_center(
    api: Stub, source_with: Callable[..., PartnerCenter]
) -> None:
    class Refused(FixedTokens):
        def access_token(self) -> str:
            raise AuthFailed("The application's secret has expired (AADSTS7000222).")

    assert isinstance(failure(source_with(Refused())), AuthFailed)
    assert api.requests == []


def test_nothing_like_a_token_reaches_an_error(api: Stub, source: PartnerCenter) -> None:
    leaked = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
    api.say(refusal(401, 900420, f"Audience of {leaked} is invalid."))
    assert leaked not in str(failure(source))
