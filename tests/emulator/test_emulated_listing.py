"""The customer list: pages, tokens and links, in the forms that the real one has been seen in."""

import itertools
import json
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner, decoded

from tenantry.emulator.microsoft.switches import Account, LinkStyle, TokenPlace


def first(partner: Partner, query: str = "size=10") -> dict[str, Any]:
    page: dict[str, Any] = partner.read(f"/v1/customers?{query}")
    return page


def following(partner: Partner, token: str, query: str = "seekOperation=Next") -> Any:
    return partner.get(f"/v1/customers?{query}", headers={"MS-ContinuationToken": token})


def filtered(partner: Partner, field: str, value: str, mode: str = "app", operator: str = "starts_with") -> Any:
    text = json.dumps({"Field": field, "Value": value, "Operator": operator})
    return partner.get(f"/v1/customers?size=0&filter={quote(text)}", mode=mode)


def world_ids(partner: Partner) -> list[str]:
    return [row.tenant_id for row in partner.emulator.world.rows(0)]


def test_an_entry_is_thin_and_exactly_as_the_contract_has_it(partner: Partner) -> None:
    row = next(partner.emulator.world.rows(0))
    (item,) = first(partner, "size=1")["items"]
    base = f"/customers/{row.tenant_id}"
    assert item == {
        "id": row.tenant_id,
        "companyProfile": {
            "tenantId": row.tenant_id,
            "domain": row.domain,
            "companyName": row.name,
            "links": {"self": {"uri": f"{base}/profiles/company", "method": "GET", "headers": []}},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": row.relationship.value,
        "links": {"self": {"uri": base, "method": "GET", "headers": []}},
        "attributes": {"objectType": "Customer"},
    }


def test_the_whole_list_is_read_page_by_page_in_order_and_once(partner: Partner) -> None:
    for size in (1, 7, 62, 63, 500):
        assert partner.ids(f"size={size}") == world_ids(partner)


def test_a_page_has_the_envelope_of_the_contract(partner: Partner) -> None:
    page = first(partner)
    assert list(page) == ["totalCount", "items", "continuationToken", "links", "attributes"]
    assert page["totalCount"] == len(page["items"]) == 10
    assert page["links"]["self"]["uri"] == "/customers?size=10"
    assert page["links"]["next"] == {
        "uri": "/customers?size=10&seekOperation=Next",
        "method": "GET",
        "headers": [{"key": "MS-ContinuationToken", "value": page["continuationToken"]}],
    }
    *_, last = partner.pages("size=10")
    assert "continuationToken" not in last
    assert list(last["links"]) == ["self"]


@pytest.mark.parametrize("query", ["", "?size=0", "?size=500", "?size=501", "?size=100000"])
def test_five_hundred_is_the_usual_size_and_the_most(start: Starting, query: str) -> None:
    partner = start(customers=900)
    assert len(partner.read(f"/v1/customers{query}")["items"]) == 500


def test_a_page_may_be_asked_for_in_the_ways_of_both_microsoft_clients(partner: Partner) -> None:
    token = first(partner)["continuationToken"]
    ways = ["seekOperation=Next", "size=10&seekOperation=next", "size=10&seekOperation=0", "SeekOperation=NEXT&size=0"]
    answers = [decoded(following(partner, token, way))["items"] for way in ways]
    assert all(items == answers[0] for items in answers)
    assert [item["id"] for item in answers[0]] == world_ids(partner)[10:20]


def test_the_list_can_be_sought_backwards_and_at_its_ends(partner: Partner) -> None:
    ids = world_ids(partner)
    second = decoded(following(partner, first(partner)["continuationToken"]))
    third_token = second["continuationToken"]
    back = decoded(following(partner, third_token, "size=10&seekOperation=Previous"))
    assert [item["id"] for item in back["items"]] == ids[:10]
    ends = {way: decoded(following(partner, third_token, f"size=10&seekOperation={way}")) for way in ("First", "Last")}
    assert [item["id"] for item in ends["First"]["items"]] == ids[:10]
    assert [item["id"] for item in ends["Last"]["items"]] == ids[-10:]


@pytest.mark.parametrize(
    ("query", "token", "code"),
    [
        ("seekOperation=Next", "", 2000),
        ("seekOperation=Next", "AQAAAAEAAABkMade-up", 2000),
        ("seekOperation=Next", "other", 2000),
        ("seekOperation=Sideways", "other", 2001),
        ("size=10", "good", 2001),
        ("size=ten", "", 2001),
        ("size=-1", "", 2001),
    ],
)
def test_requests_that_cannot_be_understood_are_bad_requests(
    partner: Partner, query: str, token: str, code: int
) -> None:
    sent = first(partner)["continuationToken"] if token == "good" else token
    answer = partner.get(f"/v1/customers?{query}", headers={"MS-ContinuationToken": sent} if sent else {})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_token_on_the_last_page_leads_to_400_2000(partner: Partner) -> None:
    partner.emulator.switches.trailing_token = True
    last = first(partner, "size=500")
    assert last["continuationToken"] == last["links"]["next"]["headers"][0]["value"]
    answer = following(partner, last["continuationToken"])
    assert (answer.status_code, answer.json()["code"]) == (400, 2000)


def test_tokens_can_lapse(partner: Partner) -> None:
    partner.emulator.switches.token_seconds = 60
    token = first(partner)["continuationToken"]
    partner.emulator.clock.advance(59)
    assert following(partner, token).status_code == 200
    partner.emulator.clock.advance(2)
    assert following(partner, token).json()["code"] == 2000


def test_a_middle_page_can_come_empty_with_a_token(partner: Partner) -> None:
    partner.emulator.switches.empty_page = 3
    pages = list(partner.pages("size=10"))
    assert [len(page["items"]) for page in pages[:4]] == [10, 10, 0, 10]
    assert [item["id"] for page in pages for item in page["items"]] == world_ids(partner)


def test_pages_and_rows_can_repeat(partner: Partner) -> None:
    ids = world_ids(partner)
    partner.emulator.switches.repeat_page = 3
    seen = partner.ids("size=10")
    assert seen == [*ids[:20], *ids[10:20], *ids[20:]]
    partner.emulator.switches.repeat_page = None
    partner.emulator.switches.repeat_row = True
    pages = [[item["id"] for item in page["items"]] for page in partner.pages("size=10")]
    assert all(after[0] == before[-1] for before, after in itertools.pairwise(pages))
    assert set(partner.ids("size=10")) == set(ids)


def test_the_total_can_be_wrong(partner: Partner) -> None:
    partner.emulator.switches.wrong_total = True
    assert first(partner)["totalCount"] == 13


@pytest.mark.parametrize(
    ("style", "uri"),
    [
        (LinkStyle.PLAIN, "/customers?size=10&seekOperation=Next"),
        (LinkStyle.VERSIONED, "/v1/customers?size=10&seekOperation=Next"),
        (LinkStyle.ABSOLUTE, "{api}/v1/customers?size=10&seekOperation=Next"),
        (LinkStyle.DOUBLE_QUESTION, "/customers?size=10?seekOperation=Next"),
        (LinkStyle.FOREIGN, "https://partner-center.attacker.example/v1/customers?size=10&seekOperation=Next"),
    ],
)
def test_links_are_written_in_every_style_that_was_seen(partner: Partner, style: LinkStyle, uri: str) -> None:
    partner.emulator.switches.link_style = style
    assert first(partner)["links"]["next"]["uri"] == uri.replace("{api}", partner.emulator.api_url)


def test_links_may_be_missing_and_the_token_in_one_place_only(partner: Partner) -> None:
    switches = partner.emulator.switches
    switches.link_style = LinkStyle.NONE
    assert "links" not in first(partner)
    assert partner.ids("size=10") == world_ids(partner)
    switches.link_style = LinkStyle.PLAIN
    switches.token_place = TokenPlace.BODY
    assert "next" not in first(partner)["links"]
    switches.token_place = TokenPlace.LINKS
    page = first(partner)
    assert "continuationToken" not in page
    token = page["links"]["next"]["headers"][0]["value"]
    assert following(partner, token).status_code == 200


def test_tenants_that_left_are_gone_and_new_ones_come_last(partner: Partner) -> None:
    world = partner.emulator.world
    gone = world.tenant_id(15)
    world.leave(gone)
    added = world.add("Nachzügler KG").tenant_id
    ids = partner.ids("size=10")
    assert gone not in ids
    assert ids[-1] == added
    assert len(ids) == world.size - 1


def test_a_changed_contact_does_not_show_in_the_list(partner: Partner) -> None:
    before = first(partner, "size=500")["items"]
    partner.emulator.world.change_contact(partner.emulator.world.tenant_id(4))
    assert first(partner, "size=500")["items"] == before


def test_filters_find_what_starts_with_the_value_in_any_case(partner: Partner) -> None:
    row = next(row for row in partner.emulator.world.rows(0) if len(row.name.split()[0]) > 5)
    begin = row.name.split()[0].upper()
    found = decoded(filtered(partner, "CompanyName", begin))
    assert row.tenant_id in {item["id"] for item in found["items"]}
    assert all(item["companyProfile"]["companyName"].upper().startswith(begin) for item in found["items"])
    echoed = parse_qs(urlsplit(found["links"]["self"]["uri"]).query)["filter"][0]
    assert json.loads(echoed)["Value"] == begin
    found = decoded(filtered(partner, "Domain", row.domain))
    assert [item["id"] for item in found["items"]] == [row.tenant_id]


def test_both_encodings_of_a_filter_are_read_and_pages_keep_it(start: Starting) -> None:
    partner = start(customers=400)
    world = partner.emulator.world
    for index in range(0, 60, 5):
        world.rename(world.tenant_id(index), f"Two Words {index}")
    text = '{"Field": "CompanyName", "Value": "two words", "Operator": "starts_with"}'
    for encoded in (quote(text), quote_plus(text)):
        pages = list(partner.pages(f"size=5&filter={encoded}"))
        assert [len(page["items"]) for page in pages] == [5, 5, 2]


def test_filters_by_partner_are_for_users_and_indirect_providers(partner: Partner) -> None:
    switches = partner.emulator.switches
    switches.account = Account.INDIRECT_PROVIDER
    mine = partner.read("/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf", mode="user")
    reseller = mine["items"][0]["id"]
    assert filtered(partner, "IndirectReseller", reseller).json()["code"] == 900329
    found = decoded(filtered(partner, "IndirectReseller", reseller, "user"))
    assert 5 < len(found["items"]) < 30
    assert "links" not in found
    assert not decoded(filtered(partner, "IndirectCloudSolutionProvider", reseller, "user"))["items"]
    assert filtered(partner, "IndirectReseller", "nobody", "user").json()["code"] == 2001
    switches.account = Account.DIRECT
    assert not decoded(filtered(partner, "IndirectReseller", reseller, "user"))["items"]


def test_filters_that_cannot_be_understood_are_bad_requests(partner: Partner) -> None:
    assert filtered(partner, "Country", "DE").json()["code"] == 2001
    assert filtered(partner, "CompanyName", "a", operator="substring").json()["code"] == 2001
    for text in ("nonsense", "[]"):
        assert partner.get(f"/v1/customers?filter={text}").json()["code"] == 2001


def test_the_domain_filter_can_fail_as_it_was_reported_to(partner: Partner) -> None:
    partner.emulator.switches.domain_filter_fails = True
    assert filtered(partner, "Domain", "a").status_code == 500
    assert filtered(partner, "CompanyName", "a").status_code == 200


def test_the_first_and_the_last_page_of_a_million_are_served(start: Starting) -> None:
    partner = start(customers=1_000_000)
    assert len(first(partner, "size=500")["items"]) == 500
    last = first(partner, "size=500&seekOperation=Last")
    world = partner.emulator.world
    assert last["items"][-1]["id"] == world.tenant_id(world.size - 1)
    assert "continuationToken" not in last


def test_prerendered_pages_are_the_same_and_follow_every_change(start: Starting) -> None:
    partner = start(customers=300)
    before = list(partner.pages("size=50"))
    assert partner.control("POST", "/prerender", {"size": 50}) == {"pages": 7}
    assert [page["items"] for page in partner.pages("size=50")] == [page["items"] for page in before]
    world = partner.emulator.world
    world.leave(world.tenant_id(60))
    world.rename(world.tenant_id(120), "Renamed GmbH")
    world.add("New AG")
    items = [item for page in partner.pages("size=50") for item in page["items"]]
    assert [item["id"] for item in items] == [row.tenant_id for row in world.rows(0)]
    assert [item["companyProfile"]["companyName"] for item in items] == [row.name for row in world.rows(0)]


def test_an_empty_partner_has_an_empty_list(start: Starting) -> None:
    page = first(start(customers=0))
    assert (page["totalCount"], page["items"]) == (0, [])
    assert "continuationToken" not in page
