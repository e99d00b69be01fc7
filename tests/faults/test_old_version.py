"""The code of the newest version works on the tables of today.

During an upgrade the tables are migrated first, then one machine after the other gets the new program: until then the
old one serves pages and takes jobs on the new tables. A migration that takes away what it needs fails here.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest
from tests.faults.crashing.served import token_in
from tests.faults.old_version import Api, NoOldVersion, OldVersion, newest_version, walk
from tests.faults.setting_up import commands_to_set_up

from tenantry.emulator.server import Emulator
from tenantry.runtime.home import Home
from tenantry.sealing import create_key_ring

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole-installation")]
PASSWORD = "correct horse battery"
EMAIL = "manager@northwind.example"
CUSTOMERS = 30


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=CUSTOMERS, people=2, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def old(database: str, tmp_path: Path, emulator: Emulator) -> Iterator[OldVersion]:
    """The old program over a database that has the tables of today."""
    home = Home(tmp_path / "home").prepare()
    create_key_ring(home.keys)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    own = {
        "TENANTRY_HOME": str(home.path), "TENANTRY_PASSWORD": PASSWORD, "TENANTRY_LOG_LEVEL": "WARNING",
        "TENANTRY_SECRET": emulator.web_application.secret,
    }  # fmt: skip
    try:
        program = OldVersion(newest_version(), tmp_path, {**outside, **own})
    except NoOldVersion as reason:
        pytest.skip(str(reason))
    assert program.where() == program.source
    try:
        yield program
    finally:
        program.stop()


def furnish(old: OldVersion, emulator: Emulator) -> str:
    """Set an installation up with the old version's commands; return a token of its API."""
    for command in commands_to_set_up(emulator, EMAIL):
        old.command(*command)
    scopes = "pending:read pending:decide companies:read companies:write runs:read runs:start settings".split()
    asked = [word for scope in scopes for word in ("--scope", scope)]
    made = old.command("token", "create", "upgrade", "--account", EMAIL, *asked, "--json")
    return str(json.loads(made)["token"])


def test_the_newest_version_serves_pages_syncs_and_works_jobs_on_the_tables_of_today(
    old: OldVersion, emulator: Emulator, owner_url: str
) -> None:
    api = Api(old, furnish(old, emulator))
    old.start()
    settings = api.ask("GET", "/settings/sync")
    started = api.ask("PUT", "/settings/sync", {"company_sync": True}, version=settings["version"])["run_ids"]
    old.wait_for(
        lambda: all(api.ask("GET", f"/runs/{run_id}")["state"] == "done" for run_id in started),
        60,
        "the end of its run",
    )
    with psycopg.connect(owner_url) as owner:
        arrived = {row[0] for row in owner.execute(
            "select t.external_id from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id "
            "where p.state = 'pending' and t.details_at is not null or t.details_problem <> ''"
        )}  # fmt: skip
        failed = owner.execute(
            "select task_name from procrastinate_jobs where status = 'failed' or attempts > 1"
        ).fetchall()
    assert arrived == set(emulator.world.tenant_ids())
    assert failed == [], old.said()
    decide(api)
    open_pages(old)
    assert "Traceback" not in old.said(), old.said()


def decide(api: Api) -> None:
    """Make a company of one, ignore another, and make a company by hand."""
    first, second = api.ask("GET", "/pending-companies")["items"][:2]
    created = api.ask("POST", f"/pending-companies/{first['id']}/create", {}, version=first["version"])
    assert created["company_id"]
    api.ask("POST", f"/pending-companies/{second['id']}/ignore", {"reason_key": "test"}, version=second["version"])
    made = api.ask("POST", "/companies", {"name": "Made By Hand", "accept_similar": True})
    person = {"email": "pat@made.example", "first_name": "Pat", "last_name": "Proof", "role": "administrator"}
    assert api.ask("POST", f"/companies/{made['id']}/people", person)["membership_id"]


def open_pages(old: OldVersion) -> None:
    """Sign in and open one page of each kind that links lead to."""
    with httpx2.Client(base_url=old.address, follow_redirects=True, timeout=30) as browser:
        form = {
            "csrfmiddlewaretoken": token_in(browser.get("/account/sign-in/").text),
            "login": EMAIL,
            "password": PASSWORD,
        }
        assert browser.post("/account/sign-in/", data=form).status_code == 200
        statuses = walk(browser, most=50)
    assert {address: status for address, status in statuses.items() if status >= 400} == {}
    assert len(statuses) > 20, sorted(statuses)
