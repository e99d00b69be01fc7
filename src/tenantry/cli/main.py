"""The ``tenantry`` command and its groups."""

import typer

from tenantry import __version__
from tenantry.cli import audit, connect, emulator, exports, holds, keys, pending, sync, token
from tenantry.cli.backup import backup, restore
from tenantry.cli.connect_google import google
from tenantry.cli.demo import demo
from tenantry.cli.doctor import doctor
from tenantry.cli.exits import Exit
from tenantry.cli.imports import import_command
from tenantry.cli.match import match
from tenantry.cli.match_keys import rebuild_match_keys
from tenantry.cli.runs import runs
from tenantry.cli.serve import migrate_command, serve, web, worker
from tenantry.cli.setup import setup
from tenantry.cli.sync_users import users
from tenantry.cli.why import why

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Tenantry: your providers' customers, kept true."
)
app.command()(demo)
app.command()(serve)
app.command()(web)
app.command()(worker)
app.command()(setup)
app.command("migrate")(migrate_command)
app.command()(runs)
app.command()(why)
app.command("import")(import_command)
app.command()(match)
app.command()(rebuild_match_keys)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
connect.app.command("google")(google)
app.add_typer(connect.app, name="connect")
sync.app.command("users")(users)
app.add_typer(sync.app, name="sync")
app.add_typer(pending.app, name="pending")
app.add_typer(holds.app, name="holds")
app.add_typer(exports.app, name="export")
app.add_typer(emulator.app, name="emulator")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(token.app, name="token")


def _version(asked: bool) -> None:  # Typer calls it so
    if asked:
        typer.echo(f"tenantry {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Tenantry: your providers' customers, kept true."""


def main() -> None:
    """Run the command line. A misspelt option is an error like any other: 2 means *changes planned*."""
    usage_error = typer.BadParameter.__mro__[1]  # Typer keeps the class of all such errors to itself
    usage_error.exit_code = int(Exit.ERROR)  # type: ignore[attr-defined]  # a class attribute of it
    app()
