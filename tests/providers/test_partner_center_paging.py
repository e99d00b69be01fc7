"""The customers list: every form of paging that was seen, and what counts as its end."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.providers.stub import BOM, Reply, Request, Stub

from tenantry.core.records import Ending, Relationship, TenantPage
from tenantry.providers.errors import (
    CursorExpired,
    Malformed,
    Misconfigured,
    ProviderError,
    Throttled,
)
from tenantry.providers.microsoft.client import PartnerCenter


def guid(number: int) -> str:
    return f"3d1c7c1e-52a0-4a53-9a77-{number:012x}"


def row(number: int, **changes: Any) -> dict[str, Any]:
    profile = {"tenantId": guid(number), "domain": f"c{number}.onmicrosoft.com", "companyName": f"Company {number}"}
    return {"id": guid(number), "companyProfile": profile, "relationshipToPartner": "reseller"} | changes


def page(*numbers: int, token: str | None = None, link: Any = None, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = {"totalCount": 99, "items": [row(number) for number in numbers]}
    if token is not None:
        document["continuationToken"] = token
    if link is not None:
        document["links"] = {"self": {"uri": "/customers?size=500"}, "next": link}
    return document | more


def link_to(uri: str, token: str | None = None, header: str = "MS-ContinuationToken") -> dict[str, Any]:
    headers = [] if token is None else [{"key": header, "value": token}]
    return {"uri": uri, "method": "GET", "headers": headers}


def whole(source: PartnerCenter, most: int = 20) -> list[TenantPage]:
    pages = [source.list_tenants(None)]
    while pages[-1].cursor is not None:
        assert len(pages) < most, "the listing goes on for ever"
        pages.append(source.list_tenants(pages[-1].cursor))
    return pages


def ids(pages: list[TenantPage]) -> list[str]:
    return [record.external_id for each in pages for record in each.records]


def refusal(code: int, status: int = 400) -> Reply:
    body = {"code": code, "description": "Invalid input.", "data": [], "source": "PartnerFD"}
    return Reply(body, status=status)


def failure(source: PartnerCenter, cursor: str | None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        source.list_tenants(cursor)
    return caught.value


def test_one_page_without_token_and_link_ends_cleanly(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(page(1, 2)))
    (only,) = whole(source)
    assert only.ending is Ending.CLEAN
    assert [record.name for record in only.records] == ["Company 1", "Company 2"]
    assert only.records[0].relationship is Relationship.RESELLER
    assert api.requests[0].path == "/v1/customers"
    assert api.requests[0].query == {"size": "500"}


@pytest.mark.parametrize(
    "first",
    [
        page(1, token="T+/=,1"),
        page(1, token="T+/=,1", link=link_to("/customers?size=500&seekOperation=Next", "T+/=,1")),
        page(1, link=link_to("/customers?size=500&seekOperation=Next", "T+/=,1")),
        page(1, link=link_to("/v1/customers?size=1?seekOperation=Next", "T+/=,1", header="ms-continuationtoken")),
        page(1, token="T+/=,1", link=link_to("https://elsewhere.example/v1/customers", "other")),
        {"Items": [row(1)], "ContinuationToken": "T+/=,1"},
    ],
)
def test_a_token_goes_back_in_a_header_wherever_it_came(api: Stub, source: PartnerCenter, first: Any) -> None:
    api.say(Reply(first), Reply(page(2)))
    assert ids(whole(source)) == [guid(1), guid(2)]
    second = api.requests[1]
    assert second.headers["ms-continuationtoken"] == "T+/=,1"
    assert second.query == {"size": "500", "seekOperation": "Next"}


@pytest.mark.parametrize(
    "uri",
    [
        "/customers?size=500&page=2",
        "/v1/customers?size=500&page=2",
        "customers?size=500&page=2",
        "v1/customers?size=500&page=2",
        "/v1//customers?size=500&page=2",
        "/V1/Customers/?size=500&page=2",
        "/customers?size=500?page=2",
        "{api}/v1/customers?size=500&page=2",
        "{api}/customers?size=500&page=2",
    ],
)
def test_a_link_without_token_is_followed_however_it_is_written(api: Stub, source: PartnerCenter, uri: str) -> None:
    api.say(Reply(page(1, link=link_to(uri.format(api=api.url)))), Reply(page(2)))
    pages = whole(source)
    assert ids(pages) == [guid(1), guid(2)]
    assert pages[-1].ending is Ending.CLEAN
    assert (api.requests[1].path, api.requests[1].query) == ("/v1/customers", {"size": "500", "page": "2"})


@pytest.mark.parametrize(
    "link",
    [
        link_to("https://elsewhere.example/v1/customers?page=2"),
        link_to("//elsewhere.example/v1/customers?page=2"),
        link_to("http://127.0.0.1:1/v1/customers?page=2"),
        link_to("/v1/customers/../orders?page=2"),
        link_to("/v1/orders?page=2"),
        link_to("/v1/customers?a b"),
        link_to("http://[broken"),
        {"method": "GET"},
        "next page please",
        [],
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed_and_leaves_doubt(
    api: Stub, source: PartnerCenter, link: Any
) -> None:
    api.say(Reply(page(1, link=link)))
    (only,) = whole(source)
    assert only.ending is Ending.AMBIGUOUS
    assert len(only.records) == 1
    assert "does not lead to the customers list" in only.invalid[0].reason
    assert len(api.requests) == 1


def test_other_headers_of_a_link_are_repeated_but_never_ours(api: Stub, source: PartnerCenter) -> None:
    link = link_to("/customers?size=500", "T1")
    link["headers"] += [
        {"key": "X-Partition", "value": "7"},
        {"key": "Authorization", "value": "Bearer theirs"},
        {"key": "Host", "value": "elsewhere.example"},
        {"key": "MS-RequestId", "value": "theirs"},
        {"key": "X-Bad", "value": "two\nlines"},
        {"key": 5, "value": None},
        "nonsense",
    ]
    api.say(Reply(page(1, link=link)), Reply(page(2)))
    whole(source)
    sent = api.requests[1].headers
    assert sent["x-partition"] == "7"
    assert sent["authorization"] == "Bearer token-1"
    assert sent["host"] == api.url.removeprefix("http://")
    assert sent["ms-requestid"] != "theirs"
    assert "x-bad" not in sent


def test_a_listing_that_ends_on_400_2000_is_never_complete(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(page(1, token="trailing")), refusal(2000))
    pages = whole(source)
    assert ids(pages) == [guid(1)]
    assert pages[-1].ending is Ending.AMBIGUOUS
    assert len(api.requests) == 2, "the end of a list is not retried"


def test_400_2000_on_the_first_page_is_a_plain_error(api: Stub, source: PartnerCenter) -> None:
    api.say(refusal(2000))
    error = failure(source, None)
    assert isinstance(error, Malformed)
    assert not error.retryable
    assert error.code == "2000"


@pytest.mark.parametrize("reply", [refusal(2001), refusal(3000), refusal(0, 404), refusal(0, 410), Reply(status=400)])
def test_a_position_that_is_refused_otherwise_starts_the_listing_over(
    api: Stub, source: PartnerCenter, reply: Reply
) -> None:
    api.say(Reply(page(1, token="T1")), reply)
    cursor = source.list_tenants(None).cursor
    assert isinstance(failure(source, cursor), CursorExpired)


def test_a_throttled_page_keeps_its_cursor(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(page(1, token="T1")), Reply(status=429, headers={"Retry-After": "90"}), Reply(page(2)))
    cursor = source.list_tenants(None).cursor
    assert isinstance(failure(source, cursor), Throttled)
    assert ids([source.list_tenants(cursor)]) == [guid(2)]


def test_no_customers_list_at_the_address_is_a_wrong_setting(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply({"code": 1000, "description": "Not found"}, status=404))
    error = failure(source, None)
    assert isinstance(error, Misconfigured)
    assert error.stops_run


def test_three_empty_pages_are_followed_and_the_fourth_is_not(api: Stub, source: PartnerCenter) -> None:
    api.say(
        *(Reply(page(*rows, token=f"T{number}")) for number, rows in enumerate([(1,), (), (), (), (2,)])), Reply(page())
    )
    pages = whole(source)
    assert ids(pages) == [guid(1), guid(2)]
    assert pages[-1].ending is Ending.CLEAN

    api.say(*(Reply(page(token=f"T{number}")) for number in range(9)))
    pages = whole(source)
    assert len(pages) == 4
    assert pages[-1].ending is Ending.AMBIGUOUS
    assert "4 pages in a row were empty" in pages[-1].invalid[0].reason


@pytest.mark.parametrize("tokens", [["A"], ["A", "B"], ["A", "B", "C", "D"]])
def test_a_listing_that_goes_in_circles_is_stopped(api: Stub, source: PartnerCenter, tokens: list[str]) -> None:
    state = {"served": 0}

    def script(_: Request) -> Reply:
        state["served"] += 1
        return Reply(page(state["served"], token=tokens[(state["served"] - 1) % len(tokens)]))

    api.script = script
    pages = whole(source)
    assert pages[-1].ending is Ending.AMBIGUOUS
    assert len(pages) == len(tokens) + 1


def test_a_link_to_the_same_page_is_not_followed(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(page(1, link=link_to("/customers?size=500"))))
    (only,) = whole(source)
    assert only.ending is Ending.AMBIGUOUS


@pytest.mark.parametrize("token", [7, ["T"], "two\nlines", "snow\N{SNOWMAN}", "x" * 20_000])
def test_a_token_that_cannot_be_sent_back_leaves_doubt(api: Stub, source: PartnerCenter, token: Any) -> None:
    api.say(Reply(page(1, token=token)))
    (only,) = whole(source)
    assert only.ending is Ending.AMBIGUOUS
    assert len(only.records) == 1


@pytest.mark.parametrize(
    "nothing", [{"continuationToken": ""}, {"continuationToken": None}, {"links": None}, {"links": {}}]
)
def test_empty_continuations_are_a_clean_end(api: Stub, source: PartnerCenter, nothing: dict[str, Any]) -> None:
    api.say(Reply(page(1) | nothing))
    assert [each.ending for each in whole(source)] == [Ending.CLEAN]


@pytest.mark.parametrize("total", [0, 1, 5000, None, "many"])
def test_the_total_is_never_believed(api: Stub, source: PartnerCenter, total: Any) -> None:
    api.say(Reply(page(1, 2) | {"totalCount": total}))
    (only,) = whole(source)
    assert (only.ending, len(only.records)) == (Ending.CLEAN, 2)


def test_a_cursor_carries_the_listing_over_a_restart(
    api: Stub, source: PartnerCenter, source_with: Callable[..., PartnerCenter]
) -> None:
    api.say(Reply(page(1, token="T1")), Reply(page(2, token="T2")), Reply(page(3)))
    cursor = source.list_tenants(None).cursor
    second = source_with().list_tenants(cursor)
    assert ids([source_with().list_tenants(second.cursor)]) == [guid(3)]
    correlations = {request.headers["ms-correlationid"] for request in api.requests}
    assert len(correlations) == 1, "one for the whole listing"
    assert len({request.headers["ms-requestid"] for request in api.requests}) == 3


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "[]", "{}", '{"query":1}', "1e999", "[" * 5000, json.dumps({"page": 1})]
)
def test_a_cursor_that_is_not_ours_starts_the_listing_over(source: PartnerCenter, cursor: str) -> None:
    assert isinstance(failure(source, cursor), CursorExpired)


def test_both_of_two_equal_rows_are_returned(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(page(1, 1)))
    assert ids(whole(source)) == [guid(1), guid(1)]


@pytest.mark.parametrize(
    ("bad", "reference", "reason"),
    [
        ("text", "row 2", "not an object"),
        (None, "row 2", "not an object"),
        ({}, "row 2", "no usable tenant id"),
        (row(2, id="not-a-guid", companyProfile={"companyName": "Nord"}), "not-a-guid", "no usable tenant id"),
        (row(2, id="00000000-0000-0000-0000-000000000000", companyProfile={}), "00000000", "no usable"),
        (row(2, id=guid(3)), guid(3), "second, different"),
        (row(2, companyProfile=None), guid(2), "no company profile"),
        (row(2, companyProfile={"tenantId": guid(2), "companyName": 7}), guid(2), "name is not text"),
        (row(2, companyProfile={"tenantId": guid(2), "domain": []}), guid(2), "domain is not text"),
    ],
)
def test_a_bad_record_is_put_aside_and_the_rest_is_used(
    api: Stub, source: PartnerCenter, bad: Any, reference: str, reason: str
) -> None:
    api.say(Reply(page(1, 4) | {"items": [row(1), bad, row(4)]}))
    (only,) = whole(source)
    assert ids([only]) == [guid(1), guid(4)]
    assert only.ending is Ending.CLEAN
    assert only.invalid[0].reference.startswith(reference)
    assert reason in only.invalid[0].reason


def test_ids_and_domains_are_lower_case_and_names_are_kept(api: Stub, source: PartnerCenter) -> None:
    profile = {
        "TenantId": guid(0xABC).upper(),
        "Domain": "NORD.onmicrosoft.com",
        "CompanyName": "株式会社\x00\r\nNord \ud800 ",
    }
    listed = json.dumps(
        {"items": [{"id": guid(0xABC).upper(), "companyProfile": profile, "relationshipToPartner": "Advisor"}]}
    )
    api.say(Reply(BOM + listed.encode()))
    (record,) = whole(source)[0].records
    assert record.external_id == guid(0xABC)
    assert record.domain == "nord.onmicrosoft.com"
    assert record.name == "株式会社 Nord � "
    assert record.relationship is Relationship.ADVISOR
    record.name.encode()


@pytest.mark.parametrize("said", [None, 5, "", "brand_new_kind"])
def test_a_relationship_that_is_new_or_absent_is_unknown(api: Stub, source: PartnerCenter, said: Any) -> None:
    api.say(Reply({"items": [row(1, relationshipToPartner=said)]}))
    assert whole(source)[0].records[0].relationship is Relationship.UNKNOWN


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"items":{}}', b'{"items":null}', b"<html>", b'{"items":[', b"\xff\xfe"]
)
def test_a_page_that_is_none_is_malformed_after_some_tries(api: Stub, source: PartnerCenter, body: bytes) -> None:
    api.say(Reply(body))
    error = failure(source, None)
    assert isinstance(error, Malformed)
    assert error.retryable
    assert error.where
    assert len(api.requests) == 4


def test_a_page_that_was_broken_once_is_read_again(api: Stub, source: PartnerCenter) -> None:
    api.say(Reply(b'{"items":['), Reply(page(1)))
    assert ids(whole(source)) == [guid(1)]
    first, second = (request.headers["ms-requestid"] for request in api.requests)
    assert first != second, "an answer came, so the repeat is a new request"
