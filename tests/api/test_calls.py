"""What every call has: the token, the rate, keys that make it safe to repeat, problems that say what to do."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.api.calling import Api, api_of, installation_api
from tests.api.stage import address_of, fill
from tests.web.cast import Cast
from tests.web.people import add_company, add_people
from tests.web.stage import Stage, customers
from time_machine import travel

from tenantry.accounts.models import ApiToken
from tenantry.api.models import StoredAnswer
from tenantry.api.tasks import forget_api_answers
from tenantry.api.v1 import api as described
from tenantry.audit.models import INSTALLATION, Event
from tenantry.core.token_scopes import TokenScope
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft
from tenantry.marketplace.companies.writing import insert_companies
from tenantry.marketplace.models import Company, CompanyOrigin, StaffRole
from tenantry.marketplace.people.erasing import erase_person
from tenantry.sync.models import Quarantine


def test_a_call_without_a_live_token_is_refused_and_says_how_to_get_one(cast: Cast, api: Api) -> None:
    for header in ("", "Bearer", "Bearer tnt_nonsense", f"Basic {api.secret}", "Bearer tnt_ü"):
        answer = Client().get("/api/v1/companies", headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"
        assert "Send a live token" in answer.json()["next"]
    cast.client("owner").get("/")  # a session of the pages is no token
    assert cast.client("owner").get("/api/v1/companies").status_code == 401
    with marketplace_scope(cast.northwind.pk):
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api.get("/companies", status=401)["type"] == "urn:tenantry:problem:token-expired"


def test_a_token_ends_with_its_owners_role_and_says_whose_fault_it_is(cast: Cast) -> None:
    api = api_of(cast, scopes=[TokenScope.READ_COMPANIES])
    assert api.get("/companies")["items"] == []
    told = api.get("/runs", status=403)
    assert "needs the scope runs:read or runs:start" in told["detail"]
    assert told["fault"] == "the caller's"
    with marketplace_scope(cast.northwind.pk):
        StaffRole.objects.filter(account=cast.accounts["owner"]).delete()
    assert "The token's owner may not see companies and users" in api.get("/companies", status=403)["detail"]


def test_tokens_of_a_marketplace_and_of_the_installation_do_not_stand_for_each_other(cast: Cast, api: Api) -> None:
    assert "a token of the installation" in api.get("/installation/marketplaces", status=403)["detail"]
    operators = installation_api(cast)
    assert "a token of a marketplace" in operators.get("/companies", status=403)["detail"]
    assert len(operators.get("/installation/marketplaces")["items"]) == 2


def test_enabling_a_connection_lets_it_back_that_was_set_aside(cast: Cast) -> None:
    aside = Quarantine.objects.create(
        connection=cast.connection, brake="credentials", reason="The secret was refused.", begun_at=timezone.now()
    )
    path = f"/installation/connections/{cast.connection.pk}/enabled"
    installation_api(cast).put(path, {"enabled": False}, key="off")
    assert Quarantine.objects.get(pk=aside.pk).ended_at is None
    installation_api(cast).put(path, {"enabled": True}, key="on")
    ended = Quarantine.objects.get(pk=aside.pk)
    assert ended.ended_at is not None
    assert ended.ended_by


def test_an_operators_token_in_a_marketplace_is_on_its_record_once_a_day(cast: Cast) -> None:
    api = api_of(cast, "operator")
    api.get("/companies")
    api.get("/companies")
    with travel(timezone.now() + timedelta(hours=23, minutes=59), tick=False):
        api.get("/companies")
    with marketplace_scope(cast.northwind.pk):
        entered = Event.objects.filter(action="marketplace.access.operator_entered")
        assert [event.actor_name for event in entered] == ["Olga Operator (token Program)"] * 2


def test_the_rate_is_told_with_each_answer_and_ends_with_the_minute(cast: Cast, settings: Settings) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    api = api_of(cast)
    start = timezone.now().replace(second=10, microsecond=0) + timedelta(minutes=5)
    with travel(start, tick=False):
        for left in (2, 1, 0):
            answer = api.ask("GET", "/companies")
            assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("3", str(left))
            assert answer["RateLimit-Reset"] == "51"
        answer = api.ask("GET", "/companies")
        assert answer.status_code == 429
        assert answer["Retry-After"] == "51"
        assert "used 3 times within this minute" in answer.json()["detail"]
        assert api_of(cast).ask("GET", "/companies").status_code == 200  # another token has its own
    with travel(start + timedelta(seconds=51), tick=False):
        assert api.ask("GET", "/companies").status_code == 200


def test_the_same_key_does_nothing_a_second_time_and_stands_for_one_call_only(cast: Cast, api: Api) -> None:
    body = {"name": "Alpine", "accept_similar": True}
    first = api.ask("POST", "/companies", body, key="one")
    again = api.ask("POST", "/companies", body, key="one")
    assert first.status_code == again.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    assert (again.content, again["Location"], again["ETag"]) == (first.content, first["Location"], first["ETag"])
    told = api.post("/companies", {**body, "name": "Other"}, key="one", status=422)
    assert told["type"] == "urn:tenantry:problem:key-reused"
    assert api_of(cast).post("/companies", body, key="one", status=201)["id"] != first.json()["id"]  # another's key
    told = api.post("/companies", body, key="a key with blanks", status=422)
    assert [error["field"] for error in told["errors"]] == ["Idempotency-Key"]
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.filter(name="Alpine").count() == 2


def test_what_was_refused_is_not_kept_and_may_be_tried_again_with_the_same_key(cast: Cast, api: Api) -> None:
    body = {"name": "Alpine", "contact_email": "nonsense"}
    api.post("/companies", body, key="one", status=422)
    api.post("/companies", {**body, "contact_email": "anna@alpine.example"}, key="one", status=201)


def at_once(times: int, call: Callable[[], Any]) -> list[Any]:
    """Make the same call from so many threads at once; what each was answered."""

    def one(_: int) -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_the_same_key_sent_20_times_at_once_makes_one_company(cast: Cast, stage: Stage, api: Api) -> None:
    stage.sync(customers(1))
    row = stage.pending()

    address = f"/pending-companies/{row.pk}/create"
    answers = at_once(20, lambda: api.ask("POST", address, {}, key="once", match=row.version))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.get("Idempotency-Replayed", "") for answer in answers) == ["", *["true"] * 19]
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.count() == 1
        assert StoredAnswer.objects.count() == 1


def test_answers_are_kept_for_a_day_and_go_with_a_person_who_is_erased(cast: Cast, api: Api) -> None:
    api.post("/companies", {"name": "Alpine"}, key="one", status=201)
    installation_api(cast).post("/installation/sharing-groups", {"name": "Group"}, key="one", status=201)
    later = timezone.now() + timedelta(hours=24, minutes=1)
    with travel(later, tick=False):
        api_later = api_of(cast)
        api_later.post("/companies", {"name": "Borealis"}, key="two", status=201)
        forget_api_answers(timestamp=0)
    with marketplace_scope(cast.northwind.pk):
        assert [answer.key for answer in StoredAnswer.objects.all()] == ["two"]
    assert not StoredAnswer.objects.filter(marketplace_id=INSTALLATION).exists()
    company = add_company(cast.northwind, "Ceres")
    (anna,) = add_people(company, "anna@ceres.example")
    erase_person(
        marketplace_id=cast.northwind.pk, user_id=anna.user_id, actor=cast.actor("owner"), now=timezone.now()
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        assert not StoredAnswer.objects.exists()


@pytest.mark.parametrize(
    ("call", "status", "kind"),
    [
        (("GET", "/nothing"), 404, "not-found"), (("GET", "/companies/abc"), 404, "not-found"),
        (("DELETE", "/companies"), 405, "method-not-allowed"), (("GET", "/"), 404, "not-found"),
        (("GET", f"/companies/{2**70}"), 422, "invalid"), (("GET", "/companies?q=%00"), 422, "invalid"),
    ],
)  # fmt: skip
def test_failures_below_the_routes_are_problems_too(
    call: tuple[str, str], status: int, kind: str, api: Api, cast: Cast
) -> None:
    answer = api.ask(*call)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert told["type"] == f"urn:tenantry:problem:{kind}"
    assert told["request_id"] == answer["X-Request-Id"]
    assert status != 405 or "POST" in answer["Allow"]


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', '{"name": "a\\u0000"}', '{"name": "\\ud800"}', "\udcff"])
def test_a_body_that_is_no_json_of_ours_is_refused(body: str, api: Api, cast: Cast) -> None:
    content = body.encode("utf-8", "surrogateescape")
    headers = {"Authorization": f"Bearer {api.secret}"}
    answer = Client().generic("POST", "/api/v1/companies", content, content_type="application/json", headers=headers)
    assert answer.status_code in {400, 422}
    assert json.loads(answer.content)["fault"] == "the caller's"
    with marketplace_scope(cast.northwind.pk):
        assert not Company.objects.exists()


def test_a_list_has_as_many_rows_as_are_asked_for_within_bounds(cast: Cast, api: Api) -> None:
    with marketplace_scope(cast.northwind.pk):
        drafts = [CompanyDraft(f"Company {number:03}") for number in range(60)]
        insert_companies(drafts, origin=CompanyOrigin.IMPORT, now=timezone.now())
    assert len(api.get("/companies")["items"]) == 50
    page = api.get("/companies?limit=25&sort=name")
    seen = [row["name"] for row in page["items"]]
    while page["next"]:
        assert "limit=25" in page["next"]
        page = api.get(page["next"].partition("/api/v1")[2])
        seen += [row["name"] for row in page["items"]]
    assert (len(page["items"]), seen) == (10, sorted(seen))
    assert len(set(seen)) == 60
    assert len(api.get(page["previous"].partition("/api/v1")[2])["items"]) == 25
    assert len(api.get("/companies?limit=200")["items"]) == 60
    for wrong in ("0", "-1", "201", "many"):
        told = api.get(f"/companies?limit={wrong}", status=422)
        assert [error["field"] for error in told["errors"]] == ["limit"]


def test_every_list_that_goes_in_pages_takes_a_limit(cast: Cast) -> None:
    ids, apis = fill(cast), {False: api_of(cast), True: installation_api(cast)}
    paths = [
        path for path, methods in described.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
        if {"after", "limit"} & {each["name"] for each in methods.get("get", {}).get("parameters", ())}
    ]  # fmt: skip
    assert len(paths) > 20
    more = {"/companies": "&q=a"}
    for path in paths:
        address = address_of(path, ids)
        page = apis["/installation/" in path].get(f"{address}?limit=1{more.get(address, '')}")
        assert len(page["items"]) <= 1, path
