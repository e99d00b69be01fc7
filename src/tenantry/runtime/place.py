"""Where the embedded server's data lies: inside the installation's folder if its user can go there.

It cannot when root runs Tenantry from a folder below a private one such as ``/root``: PostgreSQL then runs
as another user. Nobody's folder is opened up for that: the data goes to a folder of its own, and the
installation's folder remembers which.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.errors import PostgresRefused
from tenantry.runtime.home import Home
from tenantry.runtime.options import PostgresOptions
from tenantry.runtime.os_users import OsUser, may_enter, name_of, server_os_user

_POINTER = "database-folder"
_BACK_POINTER = "installation-folder"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder ``root`` holds the server's ``data`` and ``run``; ``os_user`` runs the server.

    ``root`` is the home itself, or a folder of its own (``elsewhere`` is True then).
    """

    home: Home
    root: Path
    os_user: OsUser

    @property
    def elsewhere(self) -> bool:
        """Whether the data had to go outside the installation's folder."""
        return self.root != self.home.path

    @property
    def data(self) -> Path:
        """The folder that belongs to the server's user; ``cluster`` lies in it."""
        return self.root / "data"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.data / "pg"

    @property
    def run(self) -> Path:
        """Where the socket's folder goes if nothing speaks against it."""
        return self.root / "run"

    def sentence(self) -> str:
        """Say where the database is and why, for the operator."""
        if not self.elsewhere:
            return f"The database is in {self.data}."
        return (
            f"The database is in {self.data}, not in {self.home.path}: PostgreSQL runs as "
            f"{self.os_user.name}, who cannot enter {self.home.path}. Include {self.root} in your backups."
        )

    def prepare(self) -> None:
        """Create the folders with private modes. Raises PostgresRefused when one is not ours to use."""
        if self.elsewhere:
            self._prepare_elsewhere()
        self.data.mkdir(mode=0o700, exist_ok=True)
        owner = self.data.stat().st_uid
        if owner == os.geteuid() != self.os_user.uid and not any(self.data.iterdir()):
            os.chown(self.data, self.os_user.uid, self.os_user.gid)
        elif owner != self.os_user.uid:
            raise PostgresRefused(
                f"The folder {self.data} belongs to {name_of(owner)}, but PostgreSQL runs as "
                f"{self.os_user.name}. Run `chown -R {self.os_user.name} {self.data}`, or choose "
                "another folder with --home or TENANTRY_HOME."
            )

    def _prepare_elsewhere(self) -> None:
        if not may_enter(self.os_user, self.root.parent):
            raise PostgresRefused(
                f"PostgreSQL runs as {self.os_user.name}, who can enter neither {self.home.path} nor "
                f"{self.root.parent}. Choose a folder that it can reach with --home or TENANTRY_HOME."
            )
        for folder in (self.root, self.run):
            folder.mkdir(exist_ok=True)
            facts = folder.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
                raise PostgresRefused(
                    f"{folder} should be a folder of {name_of(os.geteuid())} and is not. "
                    "Somebody else made it: remove it."
                )
            folder.chmod(0o711)
        self._remember()

    def _remember(self) -> None:
        back, here = self.root / _BACK_POINTER, str(self.home.path)
        if back.exists() and back.read_text().strip() != here:
            raise PostgresRefused(
                f"The database in {self.root} belongs to the installation in {back.read_text().strip()}, "
                f"but {self.home.path} points at it too. If you moved the installation, write its new path "
                f"into {back}. If you copied it, remove {self.home.path / _POINTER} to start with an "
                "empty database."
            )
        back.write_text(f"{here}\n")
        (self.home.path / _POINTER).write_text(f"{self.root}\n")


def find_place(home: Home, options: PostgresOptions) -> Place:
    """Say where the data is or will be, without making anything.

    A database that exists stays where it is, whatever has become reachable since.
    """
    pointer = home.path / _POINTER
    if pointer.is_file():
        root = Path(pointer.read_text().strip())
        if not root.is_dir():
            raise PostgresRefused(
                f"This installation's database should be in {root}, which is not there. "
                f"Mount its disk or restore it from a backup; or, to start with an empty "
                f"database, remove {pointer}."
            )
        return Place(home, root, server_os_user(options.server_user, root / "data" / "pg"))
    os_user = server_os_user(options.server_user, home.data / "pg")
    if home.data.joinpath("pg").exists() or may_enter(os_user, home.path):
        return Place(home, home.path, os_user)
    name = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:12]
    return Place(home, options.elsewhere / f"tenantry-{name}", os_user)
