"""People of directories through the API: lists, one of them, who waits and is invited, syncing now."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.api.calling import Api, api_of
from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import PeopleStage, make_stage
from tests.web.cast import OPERATOR, Cast
from tests.web.directories import Somebody, add_directory, name_licence
from tests.web.people import add_company, add_people

from tenantry.core.permissions import Role
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Invitation, Marketplace, Membership, MembershipState
from tenantry.marketplace.services import give_role
from tenantry.sync.models import DirectoryUser, PersonStanding

ANNA = Somebody("Anna Arrived", "anna@alpine.example", licences=("sku-1",))
BERT = Somebody("Bert Brought", "bert@alpine.example")
CARO = Somebody("Caro Cloud", "caro@alpine.onmicrosoft.com")
DORA = Somebody("Dora Nomail", "", user_name="dora@alpine.onmicrosoft.com", licences=None)
GUEST = Somebody("Gus Guest", "gus@elsewhere.example", reason=Reason.GUEST)


@pytest.fixture
def alpine(cast: Cast) -> Company:
    return add_company(cast.northwind, "Alpine", "alpine.example")


@pytest.fixture
def people(cast: Cast, alpine: Company) -> list[DirectoryUser]:
    return add_directory(alpine, cast.connection, ANNA, BERT, CARO, DORA, GUEST)


def test_people_are_listed_with_what_becomes_of_them_and_why_and_one_is_unlinked_for_good(
    cast: Cast, api: Api, alpine: Company, people: list[DirectoryUser]
) -> None:
    told = api.get("/directory-people")
    assert [row["name"] for row in told["items"]] == [each.name for each in (ANNA, BERT, CARO, DORA, GUEST)]
    assert (told["count"], told["counts"]) == ({"count": 5, "over": False}, {"in": 4, "out": 1, "skipped": 0})
    (guest,) = api.get(f"/directory-people?company={alpine.pk}&verdict=out")["items"]
    assert (guest["reason"], guest["sentence"], guest["linked"]) == ("guest", SENTENCES[Reason.GUEST], None)
    assert api.get("/directory-people?provider=google")["counts"] == {"in": 0, "out": 0, "skipped": 0}
    assert [error["field"] for error in api.get("/directory-people?verdict=no", status=422)["errors"]] == ["verdict"]
    anna = f"/directory-people/{people[0].pk}"
    name_licence("sku-1", "Microsoft 365 E3")
    detail = api.get(anna)
    assert detail["licence_names"] == ["Microsoft 365 E3"]
    assert (detail["licences"], detail["aliases"], detail["linked"]["made_by"]) == (["sku-1"], None, "created")
    api_of(cast, "stranger").get(anna, status=404)
    assert api_of(cast, "stranger").get("/directory-people")["items"] == []
    assert [api.post(f"{anna}/unlink")["changed"] for _ in range(2)] == [True, False]
    assert api.get(anna)["linked"] is None


def test_who_waits_is_invited_once_and_everybody_else_is_named(
    cast: Cast, api: Api, alpine: Company, people: list[DirectoryUser]
) -> None:
    listed = api.get(f"/companies/{alpine.pk}/pending-users?provider=microsoft&invited=no")["items"]
    rows = {row["name"]: row["membership_id"] for row in listed}
    assert len(rows) == 4
    invite = f"/companies/{alpine.pk}/pending-users/invite"
    ids = [pk for row, pk in rows.items() if row != BERT.name]
    body = {
        "membership_ids": [*ids, 999_999], "role": "administrator",
        "addresses": ["BERT@alpine.example", "x@else.example"],
    }  # fmt: skip
    told = api.post(invite, body, status=202, key="once")
    assert (told["invited"], told["unconfirmed"]) == (2, [CARO.name])
    assert (told["unknown_ids"], told["unknown_addresses"]) == ([999_999], ["x@else.example"])
    assert [each["sentence"][:34] for each in told["refused"]] == ["This person has no e-mail address."]
    assert api.post(invite, body, status=202, key="once") == told
    with marketplace_scope(cast.northwind.pk):
        sent = dict(Invitation.objects.values_list("email", "membership__role"))
    assert sent == {ANNA.email: "administrator", BERT.email: "administrator"}
    assert len(api.get(f"/companies/{alpine.pk}/pending-users?invited=yes")["items"]) == 2
    for wrong in (
        {},
        {"membership_ids": list(range(1_000, 1_200)), "addresses": [CARO.email]},
        {"addresses": ["Anna"]},
    ):
        api.post(invite, {"role": "user", **wrong}, status=422)
    api.post(invite, {"role": "owner", "membership_ids": ids}, status=422)
    api.get(f"/companies/{alpine.pk}/pending-users?invited=perhaps", status=422)
    api_of(cast, "stranger").post(invite, {"role": "user", "membership_ids": ids}, status=404)


def test_an_address_is_corrected_in_the_version_that_was_seen_and_who_is_here_already_is_linked(
    cast: Cast, api: Api, alpine: Company, people: list[DirectoryUser]
) -> None:
    (here,) = add_people(alpine, "otto@alpine.example", name="Otto Other")
    rows = {row["name"]: row for row in api.get(f"/companies/{alpine.pk}/pending-users")["items"]}
    dora = next(row for row in rows.values() if row["user_name"] == DORA.user_name)
    address = f"/companies/{alpine.pk}/pending-users/{dora['membership_id']}"
    api.patch(address, {"email": "dora@alpine.example"}, status=428)
    api.patch(address, {"email": "dora@alpine.example"}, match=dora["version"] + 1, status=412)
    taken = api.patch(address, {"email": ANNA.email}, match=dora["version"], status=422)
    assert taken["errors"][0]["sentence"] == "Another person of this marketplace has this address."
    answer = api.ask("PATCH", address, {"email": "Dora@alpine.example"}, match=dora["version"])
    assert (answer.json()["changed"], answer["ETag"]) == (True, f'"{dora["version"] + 1}"')
    assert [each["name"] for each in api.get(f"{address}/users?q=other")["items"]] == ["Otto Other"]
    elsewhere = add_people(add_company(cast.northwind, "Basalt"), "b@basalt.example")[0].membership_id
    api.post(f"{address}/link", {"membership_id": elsewhere}, status=422)
    bert = rows[BERT.name]["membership_id"]
    assert "linked to somebody else" in api.post(f"{address}/link", {"membership_id": bert}, status=409)["detail"]
    api.post(f"{address}/link", {"membership_id": here.membership_id})
    linked = api.get(f"/directory-people/{dora['person_id']}")["linked"]
    assert (linked["membership_id"], linked["made_by"]) == (here.membership_id, "person")
    with marketplace_scope(cast.northwind.pk):
        assert Membership.objects.get(pk=dora["membership_id"]).state == MembershipState.INACTIVE
    api.get(f"{address}/users", status=404)


def test_a_company_s_people_are_counted_at_each_provider_with_how_they_are_read(
    api: Api, alpine: Company, people: list[DirectoryUser]
) -> None:
    told = api.get(f"/companies/{alpine.pk}/user-sync/microsoft")
    assert [told[name] for name in ("assigned", "synced", "pending", "skipped")] == [4, 4, 4, 0]
    assert [(each["api"], each["failure"], each["people"]) for each in told["readings"]] == [("graph", "", 5)]
    assert api.get(f"/companies/{alpine.pk}/user-sync/google")["readings"] == []
    api.get(f"/companies/{alpine.pk}/user-sync/amazon", status=404)


def test_the_lists_ask_as_often_for_forty_people_as_for_two(cast: Cast, api: Api, alpine: Company) -> None:
    def asked() -> list[int]:
        found = []
        for path in ("/directory-people", f"/companies/{alpine.pk}/pending-users"):
            with CaptureQueriesContext(connection) as captured:
                api.get(path)
            found.append(len(captured))
        return found

    add_directory(alpine, cast.connection, ANNA, BERT)
    api.get("/directory-people")
    few = asked()
    add_directory(alpine, cast.connection, *[
        Somebody(f"P {each}", f"p{each}@alpine.example", licences=(f"s{each}", "s0")) for each in range(38)
    ])  # fmt: skip
    assert asked() == few
    assert max(few) <= 25


@pytest.fixture
def directories(database: str, now: datetime) -> Iterator[PeopleStage]:
    with Emulator(customers=8, google_customers=8, limit=0, google_quota=0, people=6, seed=5) as emulator:
        yield make_stage(emulator, now)
        close_kept()


def test_a_person_and_a_company_are_synced_now_with_the_real_provider(cast: Cast, directories: PeopleStage) -> None:
    company = directories.add(1)
    directories.run()
    with directories.scope():
        place = Marketplace.objects.get(pk=directories.marketplace_id)
        give_role(
            account_id=cast.accounts["owner"].pk, account_name="Max", role=Role.MANAGER, actor=OPERATOR,
            now=timezone.now(),
        )  # fmt: skip
        person = PersonStanding.objects.get(person__external_id=directories.user_id(1, 4)).person_id
    api = api_of(cast, marketplace=place)
    directories.emulator.microsoft.moves.rename(1, 4, family="Umbenannt")
    done = api.post(f"/directory-people/{person}/sync")
    assert [step["what"] for step in done["steps"]][-2:] == ["Planned", "Updated"]
    assert api.get(f"/directory-people/{person}")["last_name"] == "Umbenannt"
    assert api.get(f"/runs/{done['run_id']}")["state"] == "done"
    started = api.post(f"/companies/{company}/user-sync", status=202)
    assert (started["joined"], [run["kind"] for run in started["items"]]) == (False, ["people"])
    again = api.post(f"/companies/{company}/user-sync", status=202)
    assert (again["joined"], [run["id"] for run in again["items"]]) == (True, [started["items"][0]["id"]])
    directories.settle(user_sync=False)
    assert "User Sync is off" in api.post(f"/directory-people/{person}/sync", status=409)["detail"]
    assert "User Sync is off" in api.post(f"/companies/{company}/user-sync", status=409)["detail"]
