"""The likeliest misconfigurations: each is made, and the doctor finds it and says what to do."""

import json
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from tests.connections.directory_stage import close_kept
from tests.installed import Ran, install, tenantry

from tenantry.cli.surroundings import clocks, disk, key_files
from tenantry.emulator.mailbox import MailSink
from tenantry.emulator.server import Emulator
from tenantry.runtime.home import Home
from tenantry.sync.queue import enqueue_matching

URL = "https://shop.example"
SOUND = {"TENANTRY_URL": URL, "TENANTRY_HOSTS": "shop.example", "TENANTRY_BEHIND_TLS": "1"}


def examined(ran: Ran, name: str) -> list[dict[str, Any]]:
    """What the doctor found under a name; a fault has its next step."""
    found = [look for look in json.loads(ran.out) if look["name"] == name]
    for look in found:
        assert look["ok"] is not False or look["next_step"], look
    return found


def wrong(ran: Ran, name: str) -> str:
    """The sentence of the one fault under a name, with its next step."""
    [look] = [look for look in examined(ran, name) if look["ok"] is False]
    assert ran.code == 1
    return f"{look['sentence']} {look['next_step']}"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mailbox") as running:
        yield running


def smtp(sink: MailSink, **more: str) -> dict[str, str]:
    return {**SOUND, "TENANTRY_SMTP_HOST": "127.0.0.1", "TENANTRY_SMTP_PORT": str(sink.port), **more}


def test_a_mail_server_that_does_not_answer_or_refuses_our_name(database: str, sink: MailSink) -> None:
    [well] = examined(tenantry("doctor", "--json", **smtp(sink)), "mail")
    assert (well["ok"], "takes our letters" in well["sentence"]) == (True, True)
    sink.mood.login = ("store", "right")
    secret = {"TENANTRY_SMTP_USER": "store", "TENANTRY_SMTP_PASSWORD": "not-this-one"}
    refused = tenantry("doctor", "--json", **smtp(sink, **secret))
    assert "refused our user name or password" in wrong(refused, "mail")
    assert "not-this-one" not in refused.out + refused.err
    sink.mood.dead = True
    away = wrong(tenantry("doctor", "--json", **{**smtp(sink), "TENANTRY_SMTP_PORT": "1"}), "mail")
    assert "does not answer" in away
    assert "TENANTRY_SMTP_HOST" in away
    assert not list(sink.folder.glob("*.eml")), "nothing is sent"


def test_an_address_that_is_missing_or_not_answered(database: str) -> None:
    [hint] = examined(tenantry("doctor", "--json"), "addresses")
    assert (hint["ok"], "TENANTRY_URL" in hint["next_step"]) == (None, True)
    foreign = tenantry("doctor", "--json", **{**SOUND, "TENANTRY_HOSTS": "localhost"})
    assert "Add shop.example to TENANTRY_HOSTS" in wrong(foreign, "addresses")
    assert examined(tenantry("doctor", "--json", **SOUND), "addresses") == []


def test_keys_that_are_missing_or_that_others_may_read(database: str, tmp_path: Path) -> None:
    missing = tenantry("doctor", "--json", TENANTRY_KEYS=str(tmp_path / "elsewhere"))
    assert "No sealing keys" in wrong(missing, "sealing keys")
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    for name in ("sealing.json", "signing.key"):
        (folder / name).touch(mode=0o600)
    assert list(key_files(folder)) == []
    (folder / "signing.key").chmod(0o640)
    [file] = key_files(folder)
    assert (file.ok, f"chmod 600 {folder / 'signing.key'}" in file.next_step) == (False, True)
    folder.chmod(0o755)
    assert next(key_files(folder)).sentence == f"Others may read {folder}."
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755, "the doctor changes nothing"


def test_tables_of_another_version(database: str, owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:
        owner.execute("delete from django_migrations where id = (select max(id) from django_migrations)")
    assert "1 migrations were not applied" in wrong(tenantry("doctor", "--json"), "database")


def test_a_job_that_waits_and_no_worker(database: str, owner_url: str) -> None:
    [idle] = examined(tenantry("doctor", "--json"), "worker")
    assert idle["ok"] is None
    enqueue_matching(1)
    with psycopg.connect(owner_url) as owner:
        owner.execute("update procrastinate_events set at = at - interval '5 minutes'")
    assert "Start `tenantry serve`" in wrong(tenantry("doctor", "--json"), "worker")


def test_a_role_that_no_policy_binds(owner_url: str) -> None:
    ran = tenantry("doctor", "--json", DATABASE_URL=owner_url)
    assert (ran.code, "Let DATABASE_URL name the role tenantry_app" in ran.err) == (1, True)


def test_a_secret_that_has_expired(database: str, emulator_home: Path, now: datetime) -> None:
    with Emulator(customers=3, limit=0, home=emulator_home) as emulator:
        install(emulator, now=now, marketplaces={"Northwind": []})
        emulator.switches.secret_expired = True
        ran = tenantry("doctor", "--json")
        close_kept()
    assert "secret has expired" in wrong(ran, "Partner Center")


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    [roomy] = disk(Home(tmp_path), least=1)
    [full] = disk(Home(tmp_path), least=2**62)
    assert (roomy.ok, full.ok, "enlarge the disk" in full.next_step) == (True, False, True)


def test_clocks_that_are_apart(database: str, tmp_path: Path) -> None:
    [same] = clocks(Home(tmp_path))
    [apart] = clocks(Home(tmp_path), now=timezone.now() + timedelta(minutes=10))
    assert (same.ok, apart.ok) == (True, False)
    assert ("600 s apart" in apart.sentence or "599 s apart" in apart.sentence, "NTP" in apart.next_step) == (
        True,
        True,
    )
