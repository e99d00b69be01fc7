"""The installation's folder: where it is, who may use it, that one process has it."""

import os
import signal
import stat
from pathlib import Path

import pytest
from tests.runtime.stage import RunPython, Until

from tenantry.runtime.errors import HomeInUse, HomeRefused
from tenantry.runtime.home import Home

AS_ROOT = os.geteuid() == 0
HOLD = """
import sys, time
from pathlib import Path
from tenantry.runtime.home import Home
lock = Home(Path(sys.argv[1])).lock()
print("locked", flush=True)
time.sleep(60)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_named_folder_wins_over_the_environment() -> None:
    environ = {"TENANTRY_HOME": "/srv/b"}
    assert Home.resolve(Path("/srv/a"), environ).path == Path("/srv/a")
    assert Home.resolve(None, environ).path == Path("/srv/b")


def test_a_relative_folder_is_taken_from_where_we_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert Home.resolve(Path("x/../mine")).path == folder / "mine"


@pytest.mark.skipif(AS_ROOT, reason="root's default is another")
def test_an_ordinary_users_default_follows_the_xdg_rules() -> None:
    assert Home.resolve(None, {"XDG_DATA_HOME": "/srv/x"}).path == Path("/srv/x/tenantry")
    ordinary = Path("~/.local/share/tenantry").expanduser()
    assert Home.resolve(None, {"XDG_DATA_HOME": "relative"}).path == ordinary
    assert Home.resolve(None, {"TENANTRY_HOME": ""}).path == ordinary


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's default is another")
def test_roots_default_is_the_systems_place() -> None:
    assert Home.resolve(None, {}).path == Path("/var/lib/tenantry")


def test_folders_are_private_whatever_the_umask_and_keys_lie_outside_the_data(home: Home) -> None:
    before = os.umask(0)
    try:
        home.prepare()
    finally:
        os.umask(before)
    assert mode(home.keys) == mode(home.logs) == 0o700
    assert mode(home.path) == mode(home.run) == (0o711 if AS_ROOT else 0o700)
    assert home.data not in home.keys.parents


def test_keys_that_were_left_open_are_closed(home: Home) -> None:
    home.prepare().keys.chmod(0o755)
    assert mode(home.prepare().keys) == 0o700


def test_a_folder_of_somebody_else_is_refused(folder: Path) -> None:
    foreign = Path("/usr")
    if AS_ROOT:
        foreign = folder / "foreign"
        foreign.mkdir()
        os.chown(foreign, 65534, 65534)
    with pytest.raises(HomeRefused, match=r"belongs to \w+, and Tenantry runs as \w+.*--home or TENANTRY_HOME"):
        Home(foreign).prepare()


def test_a_folder_that_everybody_may_write_is_refused_and_left_as_it_is(folder: Path) -> None:
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(HomeRefused, match="chmod o-w"):
        Home(shared).prepare()
    assert mode(shared) == 0o777
    assert not list(shared.iterdir())


def test_a_file_in_the_folders_place_is_refused(folder: Path) -> None:
    folder.joinpath("file").touch()
    with pytest.raises(HomeRefused, match="is not a folder"):
        Home(folder / "file").prepare()
    with pytest.raises(HomeRefused, match="cannot be used"):
        Home(folder / "file" / "below").prepare()


def test_a_second_lock_names_the_process_that_has_the_folder(home: Home) -> None:
    assert home.in_use_by() is None
    with home.lock() as lock:
        assert home.in_use_by() == os.getpid()
        with pytest.raises(HomeInUse, match=f"in use by process {os.getpid()}: .*Stop it.*--home") as refused:
            home.lock()
        assert refused.value.pid == os.getpid()
    assert not lock.held
    assert home.in_use_by() is None


def test_a_killed_process_leaves_the_folder_free(home: Home, run_python: RunPython) -> None:
    process = run_python(HOLD, home.path)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    assert home.in_use_by() == process.pid
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert home.in_use_by() is None
    with home.lock():
        assert home.in_use_by() == os.getpid()


def test_asking_who_uses_the_folder_never_keeps_anybody_out(home: Home, run_python: RunPython) -> None:
    home.prepare()
    asker = run_python(
        "import sys\nfrom pathlib import Path\nfrom tenantry.runtime.home import Home\nhome=Home(Path(sys.argv[1]))\n"
        "print('asking', flush=True)\nwhile True: home.in_use_by()",
        home.path,
    )
    assert asker.stdout is not None
    asker.stdout.readline()
    for _ in range(100):
        home.lock().release()


def test_the_lock_is_not_inherited(home: Home, run_python: RunPython, until: Until) -> None:
    code = HOLD.replace("time.sleep(60)", "import subprocess; subprocess.run(['sleep', '30'])")
    process = run_python(code, home.path)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    until(lambda: home.in_use_by() is None, 2.0)
