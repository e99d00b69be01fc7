"""The embedded PostgreSQL: one real server per installation folder, without a system package.

It listens on a private socket only, lets in only the user that runs Tenantry, dies with this process and
comes back when it dies alone.
"""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tenantry.runtime.cluster import APPLICATION, OWNER, ensure_cluster, write_access_rules
from tenantry.runtime.errors import PostgresFailed, PostgresRefused
from tenantry.runtime.home import Home
from tenantry.runtime.keeper import Keeper
from tenantry.runtime.leftovers import clear_leftovers, read_note
from tenantry.runtime.lock import HomeLock
from tenantry.runtime.logfile import LogFile
from tenantry.runtime.options import PRODUCTION, PostgresOptions
from tenantry.runtime.os_users import current_os_user
from tenantry.runtime.place import Place, find_place
from tenantry.runtime.processes import is_postmaster
from tenantry.runtime.programs import Programs
from tenantry.runtime.roles import DATABASE, conninfo, ensure_roles
from tenantry.runtime.server import Server
from tenantry.runtime.sockets import PORT, prepare_socket_folder, socket_folder

_logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """The database server of one installation folder.

    ``say`` receives plain sentences about what happens (default: this module's logger). ``lock`` is the
    folder's lock when the caller holds it already; otherwise ``start`` takes it and ``stop`` releases it.
    ``is_running``, ``socket_dir``, ``dsn`` and ``url`` also work in processes that did not start it.
    """

    def __init__(
        self,
        home: Home,
        options: PostgresOptions = PRODUCTION,
        *,
        say: Callable[[str], None] | None = None,
        lock: HomeLock | None = None,
    ) -> None:
        self.home = home
        self.options = options
        self.log = LogFile(home.logs / "postgres.log")
        self._say = say or _logger.info
        self._given_lock = lock
        self._own_lock: HomeLock | None = None
        self._keeper: Keeper | None = None

    def start(self) -> None:
        """Start the server and return when it takes connections and the roles and the database exist.

        The first start makes the data folder (about a second). Does nothing when this object has started
        it already. Raises HomeRefused, HomeInUse, PostgresMissing, PostgresRefused or PostgresFailed.
        """
        if self._keeper is not None and self._keeper.failure is None:
            return
        self.stop()
        self.home.prepare()
        if self._given_lock is None or not self._given_lock.held:
            self._own_lock = self.home.lock()
        try:
            self._start_locked()
        except OSError as problem:
            self.stop()
            raise PostgresFailed(
                f"The database could not be started: {problem.strerror} ({problem.filename}). "
                "Check the free space and the permissions there, then start again.",
                self.log.tail() if self.log.path.is_file() else "",
            ) from problem
        except BaseException:
            self.stop()
            raise

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server cleanly (``at_once``: as after a crash, to be repaired at the next start).

        Does nothing to a server that this object has not started.
        """
        keeper, own_lock = self._keeper, self._own_lock
        if keeper is not None:
            keeper.stop(at_once=at_once)
        self._keeper = None
        if own_lock is not None:
            own_lock.release()
        self._own_lock = None

    def is_running(self) -> bool:
        """Say whether this folder's server takes connections, whichever process has started it."""
        return self.server_pid is not None

    @property
    def server_pid(self) -> int | None:
        """The process id of this folder's server when it is ready, else None."""
        cluster = self.place.cluster
        note = read_note(cluster)
        if note and note.ready and note.pid and is_postmaster(note.pid, cluster):
            return note.pid
        return None

    @property
    def failure(self) -> Exception | None:
        """Why the server is no longer kept running (PostgresGaveUp), None while all is well."""
        return self._keeper.failure if self._keeper is not None else None

    @property
    def place(self) -> Place:
        """Where the data is, and whom the server runs as. Raises PostgresRefused (see ``os_users``)."""
        return find_place(self.home, self.options)

    @property
    def socket_dir(self) -> Path:
        """The folder of the server's socket: the ``host`` of a connection."""
        return socket_folder(self.place)

    def dsn(self, role: str = APPLICATION, dbname: str = DATABASE) -> str:
        """Return a libpq connection string, such as psycopg takes."""
        return conninfo(self.socket_dir, role, dbname)

    def url(self, role: str = APPLICATION, dbname: str = DATABASE) -> str:
        """Return the same as a URL, such as DATABASE_URL takes."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(dbname, safe='')}?host={host}&port={PORT}"

    def owner_dsn(self, dbname: str = DATABASE) -> str:
        """Return the connection string of the owner, who migrates."""
        return self.dsn(OWNER, dbname)

    def erase(self) -> None:
        """Stop the server and delete its data for good, wherever it lies. Keys, run and logs stay.

        Raises HomeInUse when another process works on the folder.
        """
        self.stop()
        if not self.home.path.is_dir():
            return
        with self._lock_for_erasing():
            place, sockets = self.place, self.socket_dir
            clear_leftovers(place.cluster, sockets, self._say)
            gone = [place.root if place.elsewhere else place.data, place.root / "programs", sockets]
            for folder in gone:
                if folder.is_dir():
                    shutil.rmtree(folder)
            self.home.path.joinpath("database-folder").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _lock_for_erasing(self) -> HomeLock:
        if self._given_lock is not None and self._given_lock.held:
            raise PostgresRefused("Release the folder's lock before erasing its database.")
        return self.home.lock()

    def _start_locked(self) -> None:
        place = self.place
        place.prepare()
        if place.elsewhere:
            self._say(place.sentence())
        programs = self._programs_for(place)
        if ensure_cluster(place, programs, durable=self.options.durable):
            self._say(f"Made a new database in {place.data}.")
        me = current_os_user().name

        def launch() -> Server:
            sockets = prepare_socket_folder(place)
            clear_leftovers(place.cluster, sockets, self._say)
            write_access_rules(place, [me])
            return Server.launch(place, programs, sockets, self.options.settings, self.log)

        self._keeper = Keeper(launch, self.options, self.log, self._say)
        self._keeper.start()
        ensure_roles(programs, self.socket_dir)

    def _programs_for(self, place: Place) -> Programs:
        bundled = Programs.bundled()
        if os.geteuid() == place.os_user.uid or bundled.usable_by(place.os_user):
            return bundled
        return bundled.copied_to(place.root / "programs")
