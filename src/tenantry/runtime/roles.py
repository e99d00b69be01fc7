"""The two database roles and the one database: who may do what is decided here, once, at each start.

The owner (a superuser) migrates. The application's role can neither bypass row-level security nor make
roles or databases; which tables it may touch is the migrations' matter.
"""

import subprocess
from pathlib import Path

from tenantry.runtime.cluster import APPLICATION, OWNER, clean_environment
from tenantry.runtime.errors import PostgresFailed
from tenantry.runtime.programs import Programs
from tenantry.runtime.sockets import PORT

DATABASE = "tenantry"
_TIMEOUT_SECONDS = 120

# \gexec runs each returned row as a statement: PostgreSQL has no "create ... if not exists" for these two.
_SCRIPT = rf"""
select 'create role {APPLICATION}'
 where not exists (select from pg_roles where rolname = '{APPLICATION}') \gexec
alter role {APPLICATION} with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
select 'create database {DATABASE} owner {OWNER}'
 where not exists (select from pg_database where datname = '{DATABASE}') \gexec
revoke all on database {DATABASE} from public;
grant connect, temporary on database {DATABASE} to {APPLICATION};
"""  # noqa: S608 - made of constants of this package only


def conninfo(sockets: Path, role: str, dbname: str) -> str:
    """Return a libpq connection string over the socket."""
    parts = {"host": str(sockets), "port": str(PORT), "user": role, "dbname": dbname}
    return " ".join(f"{key}={_quoted(value)}" for key, value in parts.items())


def ensure_roles(programs: Programs, sockets: Path) -> None:
    """Make the application's role and the database where missing; take back what the role must not have.

    Raises PostgresFailed with psql's words.
    """
    command = [str(programs.path("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    try:
        done = subprocess.run(
            [*command, "-d", conninfo(sockets, OWNER, OWNER)],
            input=_SCRIPT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise PostgresFailed(f"The database did not answer psql within {_TIMEOUT_SECONDS} s.") from late
    if done.returncode != 0:
        raise PostgresFailed(
            "The database's roles could not be made. This is a fault of Tenantry's: please report it.",
            done.stderr,
        )


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
