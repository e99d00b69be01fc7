"""Backs the embedded database up while it runs, and brings a backup into a database beside the one that is there.

PostgreSQL's own programs do the work; a backup is one file in ``pg_dump``'s custom format. Keys are never in it.
"""

import os
import subprocess
from pathlib import Path

from tenantry.runtime.cluster import OWNER, clean_environment
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import PostgresFailed
from tenantry.runtime.programs import Programs
from tenantry.runtime.roles import DATABASE

RESTORING = f"{DATABASE}_restoring"
REPLACED = f"{DATABASE}_replaced"


def write_dump(server: EmbeddedPostgres, target: Path) -> None:
    """Write the whole database to ``target``, readable by its owner alone; whole, or not at all.

    Raises PostgresFailed, and OSError when the file can't be written.
    """
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _run("pg_dump", ["--format=custom", "-d", server.owner_dsn()], stdout=file.fileno())
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def load_dump(server: EmbeddedPostgres, source: Path) -> None:
    """Bring the backup into :data:`RESTORING`, made anew. The database that is there stays as it is.

    Raises PostgresFailed when the file is no backup, or does not load.
    """
    _run("pg_restore", ["--list", str(source)])
    _sql(server, f'drop database if exists "{RESTORING}"', f'create database "{RESTORING}" owner {OWNER}')
    _run("pg_restore", ["--exit-on-error", "--single-transaction", "-d", server.owner_dsn(RESTORING), str(source)])


def swap_in(server: EmbeddedPostgres) -> None:
    """Put :data:`RESTORING` in the database's place. Until :func:`forget_replaced`, the old one is kept.

    Safe to repeat: killed between its two steps, it goes on with the second. Nobody else may be connected.
    """
    names = _databases(server)
    if DATABASE in names and RESTORING in names:
        _sql(server, f'drop database if exists "{REPLACED}"', f'alter database "{DATABASE}" rename to "{REPLACED}"')
    _sql(server, f'alter database "{RESTORING}" rename to "{DATABASE}"')


def forget_replaced(server: EmbeddedPostgres) -> None:
    """Remove the database that was replaced."""
    _sql(server, f'drop database if exists "{REPLACED}"')


def drop_restoring(server: EmbeddedPostgres) -> None:
    """Remove what was loaded and is not wanted."""
    _sql(server, f'drop database if exists "{RESTORING}"')


def applied_migrations(server: EmbeddedPostgres, database: str) -> set[tuple[str, str]]:
    """Return the migrations that the database says were applied to it, by area and name."""
    query = "select app || '/' || name from django_migrations"
    lines = _run("psql", ["-X", "-A", "-t", "-d", server.owner_dsn(database), "-c", query]).splitlines()
    return {(area, name) for area, _, name in (line.partition("/") for line in lines)}


def is_in_use(server: EmbeddedPostgres) -> bool:
    """Whether the database has tables: an installation, not only an empty place for one."""
    query = "select count(*) from pg_class where relname = 'django_migrations'"
    return _run("psql", ["-X", "-A", "-t", "-d", server.owner_dsn(), "-c", query]).strip() != "0"


def _databases(server: EmbeddedPostgres) -> set[str]:
    query = "select datname from pg_database"
    return set(_run("psql", ["-X", "-A", "-t", "-d", server.owner_dsn(OWNER), "-c", query]).split())


def _sql(server: EmbeddedPostgres, *statements: str) -> None:
    for statement in statements:
        _run("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.owner_dsn(OWNER), "-c", statement])


def _run(program: str, arguments: list[str], *, stdout: int = subprocess.PIPE) -> str:
    command = [str(Programs.bundled().path(program)), *arguments]
    done = subprocess.run(command, env=clean_environment(), stdout=stdout, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise PostgresFailed(f"{program} failed: {(said.splitlines() or ['no message'])[0]}", said)
    return (done.stdout or b"").decode(errors="replace")
