"""A PostgreSQL server as an operator has one: on TCP, with passwords and the roles of docs/howto/own-postgresql.md."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from tenantry.runtime.cluster import clean_environment
from tenantry.runtime.memory import buffer_settings, memory_of_machine
from tenantry.runtime.os_users import OsUser, server_os_user
from tenantry.runtime.processes import start_process
from tenantry.runtime.programs import Programs

APPLICATION = "tenantry_app"
_READY_SECONDS = 120.0
_RULES = "host all all 127.0.0.1/32 {method}\n"
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
# What an installation of several machines is told to set: docs/howto/many-machines.md.
_USUAL = {"max_connections": "200", "max_wal_size": "2GB", "jit": "off", "random_page_cost": "1.1"}
_ROLES: tuple[LiteralString, ...] = (
    "create role tenantry_owner login password {password} createrole",
    "set role tenantry_owner",
    "create role tenantry_app login password {password}",
    "reset role",
)


class OwnServer:
    """A running server. ``owner`` and ``application`` are the addresses that an installation is given.

    ``user`` of this machine runs it; ``password`` is that of all its roles.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str]) -> None:
        self._cluster = folder / "pg"
        self.user = server_os_user(None, self._cluster)
        self._programs = _programs_for(self.user, folder)
        self._log = folder / "postgres.log"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._superuser = "postgres"
        self._owner = "tenantry_owner"
        self.password = secrets.token_hex(12)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def pid(self) -> int:
        """The process id of the server's first process."""
        assert self._process is not None
        return self._process.pid

    def url(self, role: str, name: str = "tenantry") -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{name}"

    def owner(self, name: str = "tenantry") -> str:
        """Return the owner's address, who migrates."""
        return self.url(self._owner, name)

    def application(self, name: str = "tenantry") -> str:
        """Return the application's address."""
        return self.url(APPLICATION, name)

    def superuser(self, name: str = "postgres") -> str:
        """Return the address of the server's own administrator, whom policies do not bind."""
        return self.url(self._superuser, name)

    def make(self) -> None:
        """Make a new server with an empty database of the two roles, as the how-to says."""
        self._run_initdb()
        self._begin()
        with psycopg.connect(self.superuser(), autocommit=True) as administrator:
            for statement in _ROLES:
                administrator.execute(sql.SQL(statement).format(password=self.password))
            administrator.execute("create database tenantry owner tenantry_owner")
        self._lock_up(self._superuser)

    def copy(self, cluster: Path) -> None:
        """Make it of the data of an embedded server that is stopped: its tables are there, and its owner owns them."""
        subprocess.run(["cp", "-a", cluster, self._cluster], check=True)
        self._owner = self._superuser
        self._begin()
        self._lock_up(self._superuser, APPLICATION)

    def _lock_up(self, *roles: str) -> None:
        """Give these roles the password, and let nobody in without one from now on."""
        with psycopg.connect(self.superuser(), autocommit=True) as administrator:
            for role in roles:
                statement = sql.SQL("alter role {} password {}")
                administrator.execute(statement.format(sql.Identifier(role), self.password))
            administrator.execute("select pg_reload_conf()")

    def _begin(self) -> None:
        """Start it, open for its first moments and then for passwords alone."""
        self._let_in("trust")
        self._start()
        self._let_in("scram-sha-256")

    def fresh_database(self, name: str, *, like: str = "tenantry") -> str:
        """Make a copy of a database that nobody is connected to; its name."""
        with psycopg.connect(self.superuser(), autocommit=True) as administrator:
            statement = sql.SQL("create database {} template {} owner {}")
            names = [sql.Identifier(each) for each in (name, like, self._owner)]
            administrator.execute(statement.format(*names))
        return name

    def stop(self) -> None:
        """Stop it as a service manager does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def _run_initdb(self) -> None:
        options = f"-U {self._superuser} -E UTF8 --locale=C.UTF-8 --auth=trust --no-sync --no-instructions".split()
        with self._log.open("ab") as log:
            made = self._spawn([str(self._programs.path("initdb")), "-D", str(self._cluster), *options], log.fileno())
            assert made.wait(120) == 0, self._log.read_text(errors="replace")[-2000:]

    def _let_in(self, method: str) -> None:
        rules = self._cluster / "pg_hba.conf"
        rules.write_text(_RULES.format(method=method))
        os.chown(rules, self.user.uid, self.user.gid)

    def _start(self) -> None:
        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **self._settings,
        }
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            command = [str(self._programs.path("postgres")), "-D", str(self._cluster), *options]
            self._process = self._spawn(command, log.fileno())
        until = time.monotonic() + _READY_SECONDS
        while not self._answers():
            said = self._log.read_text(errors="replace")[-2000:]
            assert self._process.poll() is None, f"The server ended: {said}"
            assert time.monotonic() < until, f"The server did not become ready: {said}"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.superuser(), connect_timeout=2):
            return True
        return False

    def _spawn(self, command: Sequence[str], output: int) -> "subprocess.Popen[bytes]":
        return start_process(
            command, death_signal=signal.SIGINT, os_user=self.user, env=clean_environment(), output=output,
            folder=Path("/"),
        )  # fmt: skip


def _programs_for(user: OsUser, folder: Path) -> Programs:
    bundled = Programs.bundled()
    usable = os.geteuid() == user.uid or bundled.usable_by(user)
    return bundled if usable else bundled.copied_to(folder / "programs")


@contextmanager
def own_server(folder: Path, *, like: Path | None = None) -> Iterator[OwnServer]:
    """Run a server in ``folder``, which its user must reach.

    A new one is set up as the how-to says, durable, with an empty database ``tenantry``. ``like`` is the data folder of
    a migrated embedded server, for tests: a copy of it, quick and not durable.
    """
    shelf = folder / "server"
    shelf.mkdir(mode=0o711)
    settings = {**_USUAL, **(_HASTY if like else buffer_settings(memory_of_machine()))}
    server = OwnServer(shelf, settings=settings)
    try:
        os.chown(shelf, server.user.uid, server.user.gid)
        server.copy(like) if like else server.make()
        yield server
    finally:
        server.stop()
