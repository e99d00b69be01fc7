"""PostgreSQL's data folder: made once, completely or not at all, and who may connect to it."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tenantry.runtime.errors import PostgresFailed, PostgresRefused
from tenantry.runtime.os_users import OsUser
from tenantry.runtime.place import Place
from tenantry.runtime.processes import end_processes, server_processes, start_process
from tenantry.runtime.programs import MAJOR_VERSION, Programs

OWNER = "postgres"
APPLICATION = "tenantry_app"

_INITDB = (
    *("-U", OWNER, "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
    *("--auth-local=peer", "--auth-host=reject", "--no-instructions"),
)
_REWRITTEN = "# Rewritten at each start.\n"
_HASTY = ("--no-sync", "--wal-segsize=4", "--set", "wal_init_zero=off")
_HBA = f"{_REWRITTEN}local all all peer map=own\n"
# The last two: a Python that finds its own library by them must start our launcher.
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_INITDB_TIMEOUT_SECONDS = 300
_AT_ONCE = ((signal.SIGKILL, 5.0),)


def clean_environment() -> dict[str, str]:
    """Return an environment for PostgreSQL's programs: none of the caller's PG* variables, and no secrets."""
    needed = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {"PATH": os.defpath, **needed, "LC_ALL": "C", "TZ": "UTC"}


def ensure_cluster(place: Place, programs: Programs, *, durable: bool) -> bool:
    """Make the data folder if there is none; return whether it was made now.

    It is made beside its place and renamed when complete, so that an ``initdb`` that was killed is never
    taken for a database. Raises PostgresFailed with initdb's words, and PostgresRefused when the folder
    was made by another major version.
    """
    if place.cluster.exists():
        _check_version(place.cluster)
        return False
    unfinished = place.data / "pg.new"
    end_processes(server_processes(unfinished), _AT_ONCE)
    if unfinished.exists():
        shutil.rmtree(unfinished)
    flags = _INITDB if durable else (*_INITDB, *_HASTY)
    _run_initdb([str(programs.path("initdb")), "-D", str(unfinished), *flags], place)
    unfinished.rename(place.cluster)
    if durable:
        _sync_folder(place.data)
    return True


def write_access_rules(place: Place, os_users: Iterable[str]) -> None:
    """Let exactly these users of this machine in, over the socket, as the owner and as the application."""
    quoted = [user.replace('"', '""') for user in os_users]
    lines = [f'own "{user}" {role}\n' for user in quoted for role in (OWNER, APPLICATION)]
    _write(place.cluster / "pg_hba.conf", _HBA, place.os_user)
    _write(place.cluster / "pg_ident.conf", _REWRITTEN + "".join(lines), place.os_user)


def _run_initdb(argv: list[str], place: Place) -> None:
    with tempfile.TemporaryFile() as output:
        process = start_process(
            argv,
            death_signal=signal.SIGTERM,
            os_user=place.os_user,
            env=clean_environment(),
            output=output,
            folder=Path("/"),
        )
        try:
            code = process.wait(_INITDB_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if code != 0:
        how = f"within {_INITDB_TIMEOUT_SECONDS} s" if code is None else f"(exit code {code})"
        raise PostgresFailed(
            f"PostgreSQL's data folder could not be made in {place.data} {how}. "
            "Check the free space and the folder's permissions, then start again.",
            said,
        )


def _check_version(cluster: Path) -> None:
    marker = cluster / "PG_VERSION"
    found = marker.read_text().strip() if marker.is_file() else "no version at all"
    if found != MAJOR_VERSION:
        raise PostgresRefused(
            f"The database in {cluster} was made by PostgreSQL {found}; this Tenantry carries "
            f"{MAJOR_VERSION}. Start it with the Tenantry that made it, back it up, and "
            "restore it here (see the upgrade guide)."
        )


def _write(path: Path, text: str, os_user: OsUser) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        # By descriptor: the folder belongs to the server's user, who could exchange the name.
        if os_user.uid != os.geteuid():
            os.fchown(descriptor, os_user.uid, os_user.gid)
    fresh.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
