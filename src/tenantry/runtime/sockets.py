"""The folder of the server's socket: private, reachable, and short enough for the operating system."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from tenantry.runtime.errors import PostgresRefused
from tenantry.runtime.os_users import OsUser, may_enter, name_of
from tenantry.runtime.place import Place

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
# sun_path holds 104 bytes on macOS and the BSDs, 108 on Linux, with the closing zero.
_LONGEST_PATH = 103
_RECORD = "socket-folder"


def socket_folder(place: Place) -> Path:
    """Return the folder the server uses (as its last start recorded it), or would use."""
    record = place.home.run / _RECORD
    if record.is_file():
        recorded = Path(record.read_text().strip())
        # A copied installation carries the original's record; it must not lead to the original's server.
        if recorded == _inside(place) or recorded.name == _name(place):
            return recorded
    return _choose(place)


def prepare_socket_folder(place: Place) -> Path:
    """Choose, make and record the socket's folder; return it.

    It belongs to the server's user with mode 0700; root may pass anyway. Raises PostgresRefused when
    somebody else has made a folder of that name first.
    """
    folder = _choose(place)
    try:
        folder.mkdir(mode=0o700)
        if place.os_user.uid != os.geteuid():
            os.chown(folder, place.os_user.uid, place.os_user.gid, follow_symlinks=False)
    except FileExistsError:
        _check(folder, place.os_user)
    place.home.run.joinpath(_RECORD).write_text(f"{folder}\n")
    return folder


def _choose(place: Place) -> Path:
    if _fits(_inside(place)) and may_enter(place.os_user, place.run):
        return _inside(place)
    temporary = Path(tempfile.gettempdir()) / _name(place)
    if _fits(temporary) and may_enter(place.os_user, temporary.parent):
        return temporary
    return Path("/tmp") / _name(place)  # noqa: S108 - its owner and mode are checked before use


def _inside(place: Place) -> Path:
    return place.run / "postgres"


def _name(place: Place) -> str:
    digest = hashlib.sha256(os.fsencode(place.home.path)).hexdigest()[:12]
    return f"tenantry-{os.geteuid()}-{digest}"


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_NAME)) <= _LONGEST_PATH


def _check(folder: Path, os_user: OsUser) -> None:
    facts = folder.lstat()
    private = stat.S_ISDIR(facts.st_mode) and not stat.S_IMODE(facts.st_mode) & 0o077
    if not private or facts.st_uid != os_user.uid:
        raise PostgresRefused(
            f"{folder} should be a private folder of {os_user.name} for the database's socket, but it "
            f"belongs to {name_of(facts.st_uid)} or is open to others. Remove it, or "
            "point TMPDIR at another folder."
        )
