"""Faults on demand: each of them as a client meets it on the wire."""

import gzip
import json
import time
from typing import Any

import httpx2
import pytest
from tests.emulator.partner import Partner, decoded

from tenantry.emulator.faults import Fault, FaultKind, Faults
from tenantry.emulator.messages import BOM, Request, json_answer
from tenantry.emulator.spoiling import spoiled

LIST = "/v1/customers"


def one(partner: Partner) -> str:
    world = partner.emulator.world
    return next(f"{LIST}/{each}" for each in world.tenant_ids() if world.customer(each).readable)


def test_a_fault_hits_the_requests_it_is_meant_for(partner: Partner) -> None:
    faults = partner.emulator.faults
    faults.add(FaultKind.STATUS, "/v1/customers/*", status=503, after=2, every=3, times=2)
    seen = [partner.get(one(partner)).status_code for _ in range(12)]
    assert seen == [200, 200, 200, 200, 503, 200, 200, 503, 200, 200, 200, 200]
    assert partner.get(LIST).status_code == 200
    assert partner.emulator.counters.faulted == 2


def test_faults_are_told_apart_by_method_and_cleared_by_number(partner: Partner) -> None:
    faults = partner.emulator.faults
    first = faults.add("status", "*customers*", method="POST")
    second = faults.add("status", LIST, status=500)
    assert partner.get(LIST).status_code == 500
    faults.clear(second.number)
    assert partner.get(LIST).status_code == 200
    assert [rule["number"] for rule in faults.as_list()] == [first.number]
    faults.clear()
    assert faults.as_list() == []


def test_wrong_faults_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="has no surprise"):
        Faults().add("status", surprise=1)
    with pytest.raises(ValueError, match="not a valid FaultKind"):
        Faults().add("meteor")
    with pytest.raises(ValueError, match="1 or more"):
        Faults().add("status", every=0)


def test_throttling_comes_as_429_and_as_403(partner: Partner) -> None:
    partner.emulator.faults.add("throttle", LIST, times=1, retry_after=7)
    partner.emulator.faults.add("forbidden_throttle", LIST, times=1, retry_after=75)
    refused = partner.get(LIST)
    assert (refused.status_code, refused.headers["retry-after"], refused.json()["statusCode"]) == (429, "7", 429)
    quota = partner.get(LIST)
    assert (quota.status_code, quota.headers["retry-after"]) == (403, "75")
    assert quota.json()["message"] == "Out of call volume quota. Quota will be replenished in 00:01:15."


@pytest.mark.parametrize(
    ("body", "kind", "begin"),
    [
        ("empty", None, b""),
        ("html", "text/html", b"<!DOCTYPE html>"),
        ("text", "text/plain", b"upstream"),
        ("json", "application/json; charset=utf-8", b'{"code":800003,"description"'),
        ("new", "application/json; charset=utf-8", b'{"code":800003,"message"'),
    ],
)
def test_server_errors_come_with_every_kind_of_body(
    partner: Partner, body: str, kind: str | None, begin: bytes
) -> None:
    partner.emulator.faults.add("status", LIST, status=502, body=body, code=800003, retry_after=3)
    answer = partner.get(LIST)
    assert (answer.status_code, answer.headers.get("content-type")) == (502, kind)
    assert answer.content.startswith(begin)
    assert bool(answer.content) == bool(begin)
    assert answer.headers["retry-after"] == "3"


def test_the_newer_error_shape_says_whether_to_retry(partner: Partner) -> None:
    partner.emulator.faults.add("status", LIST, status=404, body="new", code=600074, retryable=False)
    assert partner.get(LIST).json()["isRetryable"] is False


def test_an_empty_refusal_says_everything_in_its_reason(partner: Partner) -> None:
    partner.emulator.faults.add("reason", one(partner), status=403)
    answer = partner.get(one(partner))
    assert (answer.status_code, answer.content) == (403, b"")
    expected = "The supplied role does not have the rights to perform the requested operation"
    assert answer.reason_phrase == expected


def test_tokens_expire_in_the_middle_of_a_run(partner: Partner) -> None:
    partner.emulator.faults.add("expired_token", LIST, times=1)
    assert partner.get(LIST).status_code == 401
    assert partner.get(LIST).status_code == 200
    partner.emulator.faults.add("revoke_tokens", LIST, times=1)
    assert [partner.get(LIST).status_code for _ in range(2)] == [401, 401]
    partner.forget_tokens()
    assert partner.get(LIST).status_code == 200


def test_answers_can_be_slow_or_drip(partner: Partner) -> None:
    path = one(partner)
    whole = partner.get(path).content
    partner.emulator.faults.add("slow", path, seconds=0.3, times=1)
    partner.emulator.faults.add("drip", path, seconds=0.01, piece=100, times=1)
    for least in (0.3, 0.01 * (len(whole) // 100)):
        begun = time.monotonic()
        assert partner.get(path).content == whole
        assert time.monotonic() - begun >= least


def test_a_client_with_little_patience_gives_up_on_a_dripping_answer(partner: Partner) -> None:
    partner.emulator.faults.add("slow", LIST, seconds=5)
    with pytest.raises(httpx2.ReadTimeout):
        partner.http.get(LIST, headers={"Authorization": f"Bearer {partner.token()}"}, timeout=0.2)


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_connections_can_end_in_mid_answer(partner: Partner, kind: str) -> None:
    partner.emulator.faults.add(kind, LIST, times=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        partner.get(LIST)
    assert partner.get(LIST).status_code == 200


def test_json_can_be_malformed_under_an_honest_length(partner: Partner) -> None:
    partner.emulator.faults.add("malformed", LIST, share=0.9)
    answer = partner.get(LIST)
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        decoded(answer)


def test_answers_can_have_wrong_types_and_missing_ids(partner: Partner) -> None:
    faults = partner.emulator.faults
    faults.add("items_no_list", LIST, times=1)
    assert isinstance(partner.read(LIST)["items"], dict)
    faults.add("no_id", LIST, times=1)
    items = partner.read(LIST)["items"]
    assert "id" not in items[0]
    assert "tenantId" not in items[0]["companyProfile"]
    assert "id" in items[1]
    faults.add("wrong_types", LIST, times=1)
    assert partner.read(LIST)["items"][0]["companyProfile"]["companyName"] == 7
    faults.add("wrong_types", one(partner), times=1)
    assert partner.read(one(partner))["billingProfile"] == "a text"
    assert partner.get(LIST).content.startswith(BOM)


def test_the_previous_page_can_come_again_with_its_token(partner: Partner) -> None:
    partner.emulator.faults.add("repeat", LIST, after=1, times=1)
    first = partner.read(f"{LIST}?size=10")
    headers = {"MS-ContinuationToken": first["continuationToken"]}
    assert decoded(partner.get(f"{LIST}?seekOperation=Next", headers=headers)) == first
    assert decoded(partner.get(f"{LIST}?seekOperation=Next", headers=headers))["items"] != first["items"]


def test_a_list_can_be_empty_or_end_half_way_cleanly(partner: Partner) -> None:
    partner.emulator.faults.add("empty_list", LIST, times=1)
    page = partner.read(f"{LIST}?size=10")
    assert (page["items"], page["totalCount"]) == ([], 0)
    partner.emulator.faults.add("half_list", LIST, times=1)
    page = partner.read(f"{LIST}?size=10")
    assert len(page["items"]) == 5
    assert "continuationToken" not in page
    assert "next" not in page["links"]


def test_bodies_can_be_packed_huge_or_a_bomb(partner: Partner) -> None:
    faults = partner.emulator.faults
    whole = partner.get(LIST).content
    faults.add("gzip", LIST, times=1)
    packed = partner.get(LIST)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == whole
    faults.add("huge", LIST, times=1, megabytes=3)
    assert len(partner.get(LIST).content) > 3 * 1024 * 1024
    faults.add("bomb", LIST, times=1, megabytes=20)
    headers = {"Authorization": f"Bearer {partner.token()}"}
    with partner.http.stream("GET", LIST, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 100_000
    assert len(gzip.decompress(raw)) > 20 * 1024 * 1024


def test_the_sign_in_can_fail_as_well(partner: Partner) -> None:
    partner.emulator.faults.add("status", "*/oauth2/v2.0/token", status=503, body="html", times=1)
    assert partner.post_token({}).status_code == 503
    assert partner.post_token({}).status_code == 400


def test_lists_of_graph_are_spoiled_as_those_of_the_partner_center() -> None:
    def rows(kind: str) -> Any:
        given = {"value": [{"id": "a", "displayName": "A"}, {"id": "b"}], "@odata.nextLink": "http://next"}
        return json.loads(spoiled(Fault(FaultKind(kind)), json_answer(given), None).body)

    assert rows("empty_list") == {"value": []}
    assert rows("half_list") == {"value": [{"id": "a", "displayName": "A"}]}
    assert rows("empty_page") == {"value": [], "@odata.nextLink": "http://next"}
    assert [row["id"] for row in rows("row_twice")["value"]] == ["a", "b", "b"]
    assert [row["id"] for row in rows("row_skipped")["value"]] == ["a"]
    assert isinstance(rows("items_no_list")["value"], dict)
    assert "id" not in rows("no_id")["value"][0]
    assert rows("wrong_types")["value"][0]["displayName"] == 42


def test_a_page_has_no_more_people_than_the_cap(partner: Partner) -> None:
    partner.emulator.switches.people_cap = 2
    tenant = partner.emulator.world.tenant_id(1)
    partner.emulator.world.set_rights(tenant, role_granted=True, readable=True)
    page = partner.read(f"{LIST}/{tenant}/users?size=500", mode="user")
    assert (len(page["items"]), "next" in page["links"]) == (2, True)


def test_a_fault_by_chance_hits_the_same_requests_for_the_same_seed() -> None:
    def hits(seed: int) -> list[bool]:
        fault = Fault(FaultKind.STATUS, chance=0.3, seed=seed)
        return [fault.is_due(Request("GET", "/x"), "/x") for _ in range(200)]

    assert hits(1) == hits(1) != hits(2)
    assert 30 < sum(hits(1)) < 90
    certain = Fault(FaultKind.STATUS)
    assert all(certain.is_due(Request("GET", "/x"), "/x") for _ in range(50))
