"""A backup of the embedded database is made by a command, and brought back by another one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.commands import Ran, tenantry
from tests.conftest import fast_folder

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.sealing import load_key_ring

PASSWORD = "correct horse battery"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the database's user can reach."""
    place = Path(tempfile.mkdtemp(prefix="tenantry-backup-", dir=fast_folder()))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def run(home: Path, *arguments: str, **environment: str) -> Ran:
    own = {"DATABASE_URL": "", "TENANTRY_HOME": str(home), "TENANTRY_KEYS": "", "TENANTRY_PASSWORD": PASSWORD}
    return tenantry(*arguments, "--home", str(home), **own, **environment)


def set_up(home: Path, marketplace: str) -> None:
    ran = run(home, "setup", "--operator-email", "op@tenantry.example", "--marketplace", marketplace)
    assert ran.code == 0, ran.err


def seal_something(home: Path) -> None:
    """Keep a person's key in the installation, sealed with its key ring."""
    sealed = load_key_ring(home / "keys").seal(b"k" * 32, place="audit_personkey.sealed_key:0:somebody")
    with EmbeddedPostgres(Home(home)) as server, psycopg.connect(server.owner_dsn()) as owner:
        owner.execute(
            "insert into audit_personkey (marketplace_id, subject, sealed_key, created_at) "
            "values (0, 'somebody', %s, now())",
            [sealed],
        )


def marketplaces(home: Path) -> list[str]:
    with (
        EmbeddedPostgres(Home(home)) as server,
        psycopg.connect(server.owner_dsn()) as owner,
    ):
        assert owner.execute("select count(*) from pg_database where datname like 'tenantry_%'").fetchone() == (0,)
        rows = owner.execute("select name from marketplace_marketplace order by name").fetchall()
        return [str(row[0]) for row in rows]


def test_what_was_backed_up_comes_back_and_nothing_else_is_touched(folder: Path) -> None:
    first, second, file = folder / "first", folder / "second", folder / "tenantry.backup"
    set_up(first, "Northwind")
    seal_something(first)
    done = run(first, "backup", str(file))
    assert (done.code, file.stat().st_mode & 0o777) == (0, 0o600), done.err
    again = run(first, "backup", str(file))
    assert (again.code, "exists already" in again.err) == (1, True)
    set_up(first, "Contoso")
    refused = run(first, "restore", str(file))
    assert (refused.code, "Add --replace" in refused.err) == (1, True)
    assert marketplaces(first) == ["Contoso", "Northwind"]
    broken = folder / "broken"
    broken.write_bytes(file.read_bytes()[:20_000])
    spoiled = run(first, "restore", str(broken), "--replace")
    assert (spoiled.code, "Nothing was restored" in spoiled.err) == (1, True), spoiled.err
    assert run(first, "restore", str(file), "--replace").code == 0
    assert marketplaces(first) == ["Northwind"]
    moved = run(second, "restore", str(file))
    assert (moved.code, "not those of the backup" in moved.err) == (1, True), moved.err
    shutil.copytree(first / "keys", second / "keys", dirs_exist_ok=True)
    whole = run(second, "restore", str(file), "--replace")
    assert (whole.code, "open with the keys" in whole.err) == (0, True), whole.err
    assert marketplaces(second) == ["Northwind"]
    assert run(second, "doctor").code == 0


def test_a_server_of_ones_own_is_left_to_its_own_tools(tmp_path: Path) -> None:
    for arguments in (["backup", str(tmp_path / "x")], ["restore", __file__]):
        ran = tenantry(*arguments, DATABASE_URL=os.environ["DATABASE_URL"])
        assert (ran.code, "a server of your own" in ran.err) == (1, True), ran.err
