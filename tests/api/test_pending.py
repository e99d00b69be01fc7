"""Pending companies through the API: lists, one of them, every decision, and what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.api.calling import Api, api_of
from tests.web.cast import Cast
from tests.web.people import add_company
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import Entitlement


@pytest.fixture
def full(stage: Stage, cast: Cast) -> Stage:
    """Sixty tenants, one of which looks like a company that is there."""
    add_company(cast.northwind, "Alpine Ski House", "alpine.example")
    stage.sync([*customers(59), Customer("Alpine Ski House GmbH", "alpine.example", "AT")])
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(link_company=True)
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    return stage


def test_pages_follow_each_other_by_next_and_previous_without_gap_or_repeat(api: Api, full: Stage) -> None:
    answer = api.ask("GET", "/pending-companies?sort=-name")
    first = answer.json()
    assert first["previous"] is None
    assert answer["Link"] == f'<{first["next"]}>; rel="next"'
    second = api.get(first["next"].partition("/api/v1")[2])
    assert second["next"] is None
    names = [row["name"] for row in first["items"] + second["items"]]
    assert len(set(names)) == 60
    assert names == sorted(names, reverse=True, key=str.lower)
    back = api.get(second["previous"].partition("/api/v1")[2])
    assert [row["id"] for row in back["items"]] == [row["id"] for row in first["items"]]
    assert first["counts"]["pending"] == {"count": 60, "over": False}


@pytest.mark.parametrize(
    ("query", "count"),
    [("q=alpine", 1), ("country=AT&q=customer", 50), ("match=any", 1), ("tab=ignored", 0), ("connection=1", 50)],
)
def test_the_pages_filters_narrow_the_list(query: str, count: int, api: Api, full: Stage) -> None:
    assert len(api.get(f"/pending-companies?{query}")["items"]) == count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("match=perhaps", "match"), ("country=AUT", "country"), ("sort=age", "sort"), ("tab=all", "tab"),
        ("after=bm9uc2Vuc2U", "after"), ("connection=0", "connection"), ("problem=no", "problem"),
    ],
)  # fmt: skip
def test_what_a_page_leaves_out_the_api_refuses_by_name(query: str, field: str, api: Api, cast: Cast) -> None:
    told = api.get(f"/pending-companies?{query}", status=422)
    assert [error["field"] for error in told["errors"]] == [field]
    assert told["type"] == "urn:tenantry:problem:invalid"


def test_one_pending_company_says_what_it_looks_like_and_why(api: Api, full: Stage) -> None:
    row = full.pending(domain="alpine.example")
    answer = api.ask("GET", f"/pending-companies/{row.pk}")
    told = answer.json()
    assert answer["ETag"] == f'"{row.version}"'
    (candidate,) = told["candidates"]
    assert candidate["name"] == "Alpine Ski House"
    assert told["best_match"]["certainty"] == candidate["certainty"] == "Strong"
    assert any(each["speaks_for"] for each in candidate["evidence"])
    assert told["may_link"]
    assert told["sightings"][0]["relationship"] == "reseller"
    found = api.get(f"/pending-companies/{row.pk}/companies?q=alpin")
    assert [company["name"] for company in found["items"]] == ["Alpine Ski House"]
    compared = api.get(f"/pending-companies/{row.pk}/companies/{candidate['company_id']}")
    assert compared == candidate
    api.get(f"/pending-companies/{row.pk}/companies/999999", status=404)


def test_every_decision_does_what_the_page_does_and_can_be_taken_back(api: Api, full: Stage, cast: Cast) -> None:
    row = full.pending(domain="alpine.example")
    candidate = api.get(f"/pending-companies/{row.pk}")["candidates"][0]["company_id"]
    linked = api.post(f"/pending-companies/{row.pk}/link", {"company_id": candidate}, match=row.version)
    assert (linked["state"], linked["company"], linked["version"]) == ("linked", "Alpine Ski House", row.version + 1)
    effect = api.get(f"/decisions/{linked['decision_id']}/undo")
    assert effect["possible"]
    back = api.post(f"/decisions/{linked['decision_id']}/undo")
    assert back["state"] == "pending"
    told = api.post(f"/decisions/{linked['decision_id']}/undo", status=409)
    assert told["type"] == "urn:tenantry:problem:already-decided"
    assert told["decided"]["who"] == "Max Owner (token Program)"
    version = back["version"]
    for verb, given, state in (
        ("not-this-company", {"company_id": candidate}, "pending"),
        ("ignore", {"reason_key": "duplicate"}, "ignored"),
        ("reopen", None, "pending"),
        ("snooze", {"until": f"{timezone.now() + timedelta(days=3):%Y-%m-%d}"}, "snoozed"),
        ("create", {"name": "Alpine", "contact_email": "anna@alpine.example", "invite": False}, "created"),
    ):
        done = api.post(f"/pending-companies/{row.pk}/{verb}", given, match=version)
        assert done["state"] == state
        version = done["version"]
    assert api.get(f"/pending-companies/{row.pk}")["decisions"][0]["by"] == "Max Owner (token Program)"
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.filter(name="Alpine", contact_email="anna@alpine.example").count() == 1


def test_a_decision_names_the_version_it_is_about(api: Api, full: Stage) -> None:
    row = full.pending(name="Customer 0001")
    path, given = f"/pending-companies/{row.pk}/ignore", {"reason_key": "test"}
    told = api.post(path, given, status=428)
    assert "If-Match" in told["next"]
    api.post(path, given, match=row.version)
    answer = api.ask("POST", path, given, match=row.version)
    assert answer.status_code == 412
    assert "Max Owner (token Program) was faster" in answer.json()["detail"]
    assert answer["ETag"] == f'"{row.version + 1}"'
    api.post(path, given, match="nonsense", status=412)
    told = api.post(path, given, match="*", status=409)
    assert told["type"] == "urn:tenantry:problem:already-decided"


def test_refusals_are_the_pages_and_change_nothing(api: Api, full: Stage, cast: Cast) -> None:
    row = full.pending(name="Customer 0002")
    told = api.post(f"/pending-companies/{row.pk}/ignore", {"reason_key": "other"}, match="*", status=422)
    assert [error["field"] for error in told["errors"]] == ["reason"]
    told = api.post(f"/pending-companies/{row.pk}/snooze", {"until": "2020-01-01"}, match="*", status=422)
    assert [error["field"] for error in told["errors"]] == ["until"]
    told = api.post(f"/pending-companies/{row.pk}/create", {"contact_email": "no"}, match="*", status=422)
    assert told["errors"][0]["field"].startswith("contact_email")
    told = api.post(f"/pending-companies/{row.pk}/ignore", {"reason_key": "test", "why": "x"}, match="*", status=422)
    assert "why" in told["errors"][0]["field"]
    api.post(f"/pending-companies/{row.pk}/link", {"company_id": 2**62}, match="*", status=404)
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(link_company=False)
    told = api.post(f"/pending-companies/{row.pk}/link", {"company_id": 1}, match="*", status=409)
    assert "Link Company is not enabled" in told["detail"]
    assert full.pending(name="Customer 0002").version == row.version


def test_another_marketplaces_rows_do_not_exist(full: Stage, cast: Cast) -> None:
    row, stranger = full.pending(name="Customer 0003"), api_of(cast, "stranger")
    for method, path in (
        ("GET", f"/pending-companies/{row.pk}"), ("POST", f"/pending-companies/{row.pk}/reopen"),
        ("GET", f"/pending-companies/{row.pk}/draft"), ("GET", "/pending-companies/999999"),
    ):  # fmt: skip
        told = stranger.ask(method, path, match="*")
        assert told.status_code == 404
        assert told.json()["detail"] == "There is nothing with this id here."
    assert stranger.get("/pending-companies")["items"] == []
