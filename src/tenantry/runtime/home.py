"""The installation's folder: where it is, what lies in it, who may use it, and that only one does."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.errors import HomeRefused
from tenantry.runtime.lock import HomeLock, holder_of
from tenantry.runtime.os_users import name_of

_CHOOSE = "choose another folder with --home or TENANTRY_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """One installation's folder. ``path`` is absolute.

    ``data``  the database (its folder is made by the embedded server, for the account that runs it)
    ``keys``  sealing keys: outside ``data``, so that a copy of the database never carries them
    ``run``   lock, sockets, process ids: worthless after a restart
    ``logs``  what the programs said

    Everything is private to the account that runs Tenantry. For root, ``path`` and ``run`` may be passed
    through (0711) but not listed, because the database server runs as another account.
    """

    path: Path

    @classmethod
    def resolve(cls, explicit: Path | None = None, environ: Mapping[str, str] | None = None) -> "Home":
        """Choose the folder: ``explicit``, else TENANTRY_HOME, else the default for this user.

        Root's default is ``/var/lib/tenantry``; anybody else's is ``$XDG_DATA_HOME/tenantry``, that is
        ``~/.local/share/tenantry``. Nothing is created or checked here: see ``prepare``.
        """
        env = os.environ if environ is None else environ
        chosen = explicit or _path_from(env, "TENANTRY_HOME") or _default(env)
        return cls(Path(os.path.abspath(chosen.expanduser())))  # noqa: PTH100 - absolute() keeps ".."

    @property
    def data(self) -> Path:
        """The database's folder, unless the server cannot reach it (then ``EmbeddedPostgres`` says where)."""
        return self.path / "data"

    @property
    def keys(self) -> Path:
        """The sealing keys' folder, always 0700."""
        return self.path / "keys"

    @property
    def run(self) -> Path:
        """The folder for the lock, sockets and process ids."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """The folder for logs, always 0700."""
        return self.path / "logs"

    def prepare(self) -> "Home":
        """Create the folders with private modes and check whose they are; return the home itself.

        Raises HomeRefused when the folder is not ours, is writable by everybody, or cannot be made.
        A folder that exists keeps its mode, except our own ``keys`` and ``logs``, which are made private.
        """
        passable = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for folder, mode in (
                (self.path, passable),
                (self.run, passable),
                (self.keys, 0o700),
                (self.logs, 0o700),
            ):
                _make_private(folder, mode)
        except OSError as problem:
            raise HomeRefused(
                f"The folder {self.path} cannot be used: {problem.strerror} ({problem.filename}). "
                f"Make it usable for {name_of(os.geteuid())}, or {_CHOOSE}."
            ) from problem
        for folder in (self.keys, self.logs):
            if stat.S_IMODE(folder.stat().st_mode) != 0o700:  # noqa: PLR2004 - a file mode names itself
                folder.chmod(0o700)
        return self

    def lock(self) -> HomeLock:
        """Prepare the folder and take it for this process; a context manager, released by ``release()``.

        Raises HomeInUse when another process (or another handle of this one) has it,
        and HomeRefused when the folder cannot be used.
        """
        self.prepare()
        try:
            return HomeLock.take(self.path, self.run / "serve.lock")
        except OSError as problem:
            raise HomeRefused(
                f"The folder {self.path} cannot be locked: {problem.strerror}. Its file system must be writable "
                f"and know locks; else {_CHOOSE}."
            ) from problem

    def in_use_by(self) -> int | None:
        """Return the id of the process that has locked this folder, None when nobody has.

        0 means: somebody has, and has not written its id yet.
        """
        return holder_of(self.run / "serve.lock")


def _path_from(env: Mapping[str, str], variable: str) -> Path | None:
    value = env.get(variable, "")
    return Path(value) if value else None


def _default(env: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/tenantry")
    base = _path_from(env, "XDG_DATA_HOME")
    # The XDG specification says that a relative value is to be ignored.
    if base is None or not base.is_absolute():
        base = Path("~/.local/share")
    return base / "tenantry"


def _make_private(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode)
        folder.chmod(mode)  # mkdir's mode is cut by the umask
    except FileExistsError:
        pass
    facts = folder.stat()
    me = os.geteuid()
    if not stat.S_ISDIR(facts.st_mode):
        raise HomeRefused(f"{folder} is not a folder. Remove it, or {_CHOOSE}.")
    if facts.st_uid != me:
        raise HomeRefused(
            f"The folder {folder} belongs to {name_of(facts.st_uid)}, and Tenantry runs as {name_of(me)}. "
            f"Run it as {name_of(facts.st_uid)}, or {_CHOOSE}."
        )
    if facts.st_mode & stat.S_IWOTH:
        raise HomeRefused(
            f"Everybody on this machine may write into {folder}, so its keys and data would not be safe. "
            f"Run `chmod o-w {folder}`, or {_CHOOSE}."
        )
