"""``tenantry backup`` and ``tenantry restore``: the embedded database as one file. Keys are kept apart from it."""

from pathlib import Path
from typing import Annotated

import typer

from tenantry.cli.asking import JsonOption
from tenantry.cli.installation import (
    HomeOption,
    close_connections,
    installation,
    migrate,
    own_server_given,
    prepare_home,
    set_up_django,
    start_database,
)
from tenantry.cli.terminal import fail, print_json, say
from tenantry.runtime import dumps
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import RuntimeProblem
from tenantry.runtime.home import Home

_OWN_SERVER = "Back up and restore a PostgreSQL server of your own with its own tools: docs/howto/backup.md."


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup. It must not exist yet.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole embedded database to a file, while Tenantry runs or not. Keys are not in it."""
    if own_server_given():
        fail("DATABASE_URL names a server of your own.", next_step=_OWN_SERVER)
    if file.exists():
        fail(f"{file} exists already, and is left as it is.", next_step="Name another file.")
    with installation(home) as folder:
        try:
            dumps.write_dump(EmbeddedPostgres(folder), file.absolute())
        except (RuntimeProblem, OSError) as problem:
            fail(
                f"The backup could not be written: {problem}", next_step="Nothing was left behind. Mend it, and repeat."
            )
    say(f"Wrote {file} ({file.stat().st_size:,} bytes). Keep the keys folder, {folder.keys}, in another place.")
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, "keys": str(folder.keys)})


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tenantry backup` wrote.", exists=True, dir_okay=False)],
    home: HomeOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what the database holds now.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back. Tenantry must not be running. What is there is replaced with --replace only."""
    if own_server_given():
        fail("DATABASE_URL names a server of your own.", next_step=_OWN_SERVER)
    folder = prepare_home(home)
    try:
        with folder.lock() as lock:
            server = start_database(folder, lock)
            assert server is not None  # noqa: S101  # a server of one's own was refused above
            try:
                _restore(server, file, replace=replace)
                migrate()
                dumps.forget_replaced(server)
                _say_what_opens(folder)
            finally:
                close_connections()
                server.stop()
    except RuntimeProblem as problem:
        fail(f"Nothing was restored: {problem}", next_step="Stop Tenantry if it runs, and look at the file.")
    if as_json:
        print_json({"restored": str(file)})


def _restore(server: EmbeddedPostgres, file: Path, *, replace: bool) -> None:
    if dumps.is_in_use(server) and not replace:
        fail("There is an installation in this folder already.", next_step="Add --replace, or choose another --home.")
    dumps.load_dump(server, file)
    unknown = sorted(dumps.applied_migrations(server, dumps.RESTORING) - _known_migrations())
    if unknown:
        dumps.drop_restoring(server)
        fail(
            f"The backup is of a newer version of Tenantry ({'/'.join(unknown[0])}).",
            next_step="Install that version, or a later one. Nothing was changed.",
        )
    dumps.swap_in(server)


def _known_migrations() -> set[tuple[str, str]]:
    """Return every migration that this version has."""
    set_up_django(check_role=False)
    from django.db.migrations.loader import MigrationLoader

    return set(MigrationLoader(None).disk_migrations)


def _say_what_opens(folder: Home) -> None:
    from django.conf import settings

    from tenantry.cli.sealed import places_that_do_not_open

    closed = places_that_do_not_open()
    say("The backup is restored.")
    if closed:
        fail(
            f"The keys in {settings.KEYS_FOLDER} are not those of the backup: {closed} sealed values don't open.",
            next_step=f"Put the keys folder that belongs to the backup at {folder.keys}, and run `tenantry doctor`.",
        )
    say("Its sealed values open with the keys that are here. Run `tenantry doctor`.")
