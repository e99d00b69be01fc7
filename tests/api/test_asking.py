"""Calls that ask a provider, against the emulator: what it answers, and whose fault it is when it does not."""

from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from tests.api.asking import connect, show_tenant_of
from tests.api.calling import Api, api_of, installation_api
from tests.web.cast import Cast
from tests.web.directories import Somebody, add_directory
from tests.web.people import add_company

from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import CompanyDomain
from tenantry.sync.models import DirectoryUser


@pytest.fixture
def operators(cast: Cast, emulator: Emulator) -> Api:
    connect(cast.connection, emulator)
    return installation_api(cast)


def _break(emulator: Emulator, path: str, status: int = 503) -> None:
    emulator.faults.add("status", path, status=status, body="json", times=50)


def test_a_connection_is_tested_and_says_what_it_may(operators: Api, cast: Cast, emulator: Emulator) -> None:
    address = f"/installation/connections/{cast.connection.pk}"
    assert operators.get(address)["tests"] == []
    tested = operators.post(f"{address}/test")
    found = {each["name"]: each["ok"] for each in tested["tests"]}
    assert found["sign_in_app_and_user"] is True
    assert found["list_customers"] is True
    assert tested["tested_at"] == operators.get(address)["tested_at"]
    operators.put(f"{address}/secret", {"secret": "not the emulator's"})
    refused = next(each for each in operators.post(f"{address}/test")["tests"] if each["ok"] is False)
    assert "secret" in refused["sentence"] + refused["next"]
    assert installation_api(cast).post("/installation/connections/999999/test", status=404)["fault"] == "the caller's"


def test_notifications_are_looked_for_and_registered_unless_another_tool_is(
    operators: Api, cast: Cast, emulator: Emulator, settings: Settings
) -> None:
    address = f"/installation/connections/{cast.connection.pk}/hints"
    assert operators.post(address, {}) == {"url": "", "ours": False}
    settings.MAIL = replace(settings.MAIL, url="http://shop.example")
    assert "https" in operators.post(address, {"register_here": True}, status=409)["detail"]
    settings.MAIL = replace(settings.MAIL, url="https://shop.example")
    ours = f"https://shop.example/hints/microsoft/{cast.connection.uid}/"
    assert operators.post(address, {"register_here": True}) == {"url": ours, "ours": True}
    registration = emulator.microsoft.hints.registration
    assert registration is not None
    assert registration.url == ours
    registration.url = "https://another.example/"
    assert operators.post(address, {"register_here": True}) == {"url": "https://another.example/", "ours": False}
    assert registration.url == "https://another.example/"


def test_a_provider_that_fails_is_named_as_the_one_at_fault(operators: Api, cast: Cast, emulator: Emulator) -> None:
    _break(emulator, "/webhooks/*", 403)
    told = operators.post(f"/installation/connections/{cast.connection.pk}/hints", {}, status=502)
    assert told["type"] == "urn:tenantry:problem:provider"
    assert told["fault"] != "the caller's"
    assert told["next"]


def test_the_link_for_new_customers_is_read_and_kept(operators: Api, cast: Cast, emulator: Emulator) -> None:
    api = api_of(cast)
    [listed] = api.get("/relationship-links")["items"]
    address = f"/relationship-links/{cast.connection.pk}/read"
    read = api.post(address)
    assert (listed["link"], read["link"].startswith("https://")) == ("", True)
    assert api.get("/relationship-links")["items"] == [read]
    _break(emulator, "/v1/customers/relationshiprequests", 403)
    told = api.post(address, status=409)
    assert told["detail"]
    assert api.get("/relationship-links")["items"] == [read], "what was kept stays"


@pytest.fixture
def place(operators: Api, cast: Cast, emulator: Emulator) -> dict[str, Any]:
    company = add_company(cast.northwind, "Alpine")
    [person] = add_directory(company, cast.connection, Somebody("Nora New", "nora@alpine.example"))
    return {"company": company.pk, "person": person.pk, "tenant": show_tenant_of(person.pk, cast, emulator)}


def test_domains_of_a_company_are_read_now(place: dict[str, Any], cast: Cast, emulator: Emulator) -> None:
    api, address = api_of(cast), f"/companies/{place['company']}/domains/sync"
    done = api.post(address)
    assert (done["read"], done["problems"]) == (1, [])
    with marketplace_scope(cast.northwind.pk):
        kept = set(CompanyDomain.objects.filter(company_id=place["company"]).values_list("domain", flat=True))
    assert set(done["added"]) <= kept
    assert set(emulator.world.customer(place["tenant"]).custom_domains) <= kept
    emulator.world.set_rights(place["tenant"], role_granted=False)
    assert api.post(address)["problems"]
    assert api.post("/companies/999999/domains/sync", status=404)


def test_one_person_is_read_now_step_by_step(place: dict[str, Any], cast: Cast, emulator: Emulator) -> None:
    api, address = api_of(cast), f"/directory-people/{place['person']}/sync"
    steps = api.post(address)["steps"]
    assert [step["what"] for step in steps][:3] == ["Chose how to ask", "Asked the provider", "Stored what was read"]
    assert all(step["well"] for step in steps)
    assert DirectoryUser.objects.get(pk=place["person"]).display_name != "Nora New"
    emulator.microsoft.people.consent(place["tenant"], granted=False)
    emulator.world.set_rights(place["tenant"], role_granted=False, readable=False)
    assert not api.post(address)["steps"][-1]["well"]
    api.put("/settings/user-sync/microsoft", {"user_sync": False}, match="*")
    assert "User Sync is off" in api.post(address, status=409)["detail"]
