"""The installation that a command works on: its folder, its database, and Django set up over them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tenantry.cli.terminal import fail, say
from tenantry.runtime.collecting import settle_collector
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import RuntimeProblem
from tenantry.runtime.home import Home
from tenantry.runtime.lock import HomeLock
from tenantry.sealing import create_key_ring

SETTINGS = "tenantry.config.settings"
OWNER = "postgres"

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The installation's folder (TENANTRY_HOME).", show_default=False),
]


def own_server_given() -> bool:
    """Whether the operator gave a PostgreSQL server of their own."""
    return bool(os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"))


def prepare_home(path: Path | None) -> Home:
    """Return the installation's folder, made and with its keys; ends the command when it can't be used."""
    try:
        home = Home.resolve(path).prepare()
    except RuntimeProblem as problem:
        fail(str(problem))
    create_key_ring(home.keys)
    os.environ["TENANTRY_HOME"] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    return home


def start_database(home: Home, lock: HomeLock) -> EmbeddedPostgres | None:
    """Start the embedded server under ``lock``, or do nothing when the operator has a server of their own."""
    if own_server_given():
        return None
    server = EmbeddedPostgres(home, say=say, lock=lock)
    server.start()
    _point_at(server)
    return server


def migrate() -> None:
    """Bring the database's tables up to this version, as their owner. Ends the command when that fails."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    if not owner:
        fail(
            "DATABASE_OWNER_URL is not set.",
            next_step="Let it name the role that owns the tables; DATABASE_URL names tenantry_app, "
            "which may not make tables. docs/howto/own-postgresql.md shows both.",
        )
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--no-input", "-v", "0"],
        env={**os.environ, "DATABASE_URL": owner},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        fail(f"The database could not be brought up to this version: {lines[-1]}")


def set_up_django(*, check_role: bool = True) -> None:
    """Set Django up over the database in the environment; refuse a role that policies do not bind."""
    import django  # the environment must be complete first
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    try:
        django.setup()
        from tenantry.isolation.roles import refuse_unsafe_role

        if check_role:
            refuse_unsafe_role()
    except ImproperlyConfigured as problem:
        fail(str(problem))
    except OperationalError as problem:
        first = str(problem).strip().splitlines()[0]
        fail(f"The database does not answer: {first}", next_step="Start it, or look at DATABASE_URL.")
    # The program's own objects live as long as the process. Left to the garbage collector, it goes through all of
    # them again and again while pages come and go: a fifth of the time of a listing.
    settle_collector()


@contextmanager
def installation(path: Path | None) -> Iterator[Home]:
    """Give a command the installation with a running, migrated database and Django set up.

    Uses the database that ``tenantry serve`` runs, if it does; otherwise starts it for this command alone.
    """
    os.environ.setdefault("TENANTRY_LOG_LEVEL", "WARNING")  # results and sentences are for people, not each call
    home = prepare_home(path)
    if own_server_given() or _uses_served(home):
        set_up_django()
        with _tables_of_this_version():
            yield home
        return
    try:
        with home.lock() as lock:
            own = start_database(home, lock)
            try:
                migrate()
                set_up_django()
                yield home
            finally:
                if own is not None:
                    close_connections()
                    own.stop()
    except RuntimeProblem as problem:
        fail(str(problem))


def _uses_served(home: Home) -> bool:
    """Point at the database that ``tenantry serve`` runs in the folder; return whether it does."""
    if home.in_use_by() is None:
        return False
    _point_at(EmbeddedPostgres(home))
    return True


def _point_at(server: EmbeddedPostgres) -> None:
    os.environ["DATABASE_URL"] = server.url()
    os.environ["DATABASE_OWNER_URL"] = server.url(OWNER)


@contextmanager
def _tables_of_this_version() -> Iterator[None]:
    """Say so when a statement fails because the database is not brought up to this version yet."""
    from django.core.management import call_command  # Django must be set up first
    from django.db import ProgrammingError

    try:
        yield
    except ProgrammingError:
        try:
            call_command("migrate", check_unapplied=True, verbosity=0)
        except SystemExit:  # how it says that some are unapplied
            fail(
                "The database's tables are not those of this version.",
                next_step="If `tenantry serve` has just begun, it is bringing them up: wait a minute and repeat the "
                "command. With a PostgreSQL server of your own, run `tenantry migrate` first.",
            )
        raise


def close_connections() -> None:
    """Give Django's connections back, so that the database can be stopped."""
    from django.db import connections

    connections.close_all()
