"""`tenantry token`: made with its secret shown once, listed without it, revoked; and refused with a reason."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.api.calling import Api
from tests.commands import Ran, tenantry
from tests.web.cast import Cast, make_cast

from tenantry.audit.models import Event
from tenantry.isolation.scope import marketplace_scope

NORTHWIND = ("--marketplace", "Northwind")
OWNER = ("--account", "owner@people.example")


@pytest.fixture
def cast(database: str, settings: Settings) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_cast(timezone.now())


def token(*arguments: str) -> Ran:
    return tenantry("token", *arguments, *(() if "--installation" in arguments else NORTHWIND))


def test_a_token_is_made_opens_its_scope_and_ends_when_it_is_revoked(cast: Cast) -> None:
    made = token("create", "billing", *OWNER, "--scope", "companies:read", "--json").json
    api = Api(made["token"])
    assert api.get("/companies")["items"] == []
    api.get("/runs", status=403)
    listed = token("list", "--json")
    assert made["token"] not in listed.out
    [row] = listed.json["tokens"]
    assert (row["name"], row["account"], row["scopes"], row["state"]) == (
        "billing", "owner@people.example", ["companies:read"], "live",
    )  # fmt: skip
    assert row["last_used_at"]
    assert token("revoke", str(made["id"]), "--json").json == {"id": made["id"], "revoked": True}
    api.get("/companies", status=401)
    with marketplace_scope(cast.northwind.pk):
        assert {event.actor_kind for event in Event.objects.filter(action__startswith="accounts.token.")} == {
            "command line"
        }


def test_a_secret_is_all_that_is_printed_on_standard_output(cast: Cast) -> None:
    made = token("create", "robot", "--account", "operator@people.example", "--scope", "installation", "--installation")
    assert (made.code, made.out.count("\n"), made.out[:4]) == (0, 1, "tnt_")
    assert Api(made.out.strip()).get("/installation/marketplaces")["items"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "x", "--account", "nobody@nowhere.example", "--scope", "holds"), "Nobody signs in as"),
        (("create", "x", *OWNER, "--scope", "everything"), "There is no scope 'everything'"),
        (("create", "x", *OWNER, "--scope", "installation"), "may do nothing of installation"),
        (("create", "x", "--account", "stranger@people.example", "--scope", "holds"), "may do nothing of holds here"),
        (("create", " ", *OWNER, "--scope", "holds"), "Give it a name"),
        (("revoke", "999999"), "There is no token 999999 here"),
        (("create", "x", *OWNER, "--scope", "installation", "--installation"), "does not run the installation"),
    ],
)
def test_what_would_open_nothing_is_refused_and_makes_none(
    arguments: tuple[str, ...], sentence: str, cast: Cast
) -> None:  # fmt: skip
    ran = token(*arguments)
    assert (ran.code, ran.out, sentence in ran.err) == (1, "", True), ran.err
    assert token("list", "--json").json == {"tokens": []}
