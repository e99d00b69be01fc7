"""``tenantry connect google``: saves a service account that reads Google customers, and tests it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tenantry.cli.connect import tell_tested
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import fail, say

_INTRODUCTION = """
Connecting Google. You need:
  1. the JSON key file of a service account, from the Google Cloud console;
  2. domain-wide delegation for it, granted by a super administrator in the Admin console;
  3. the address of an administrator whom it speaks for.
docs/howto/connect-google.md shows every step.
"""
_DISCOVERIES = {"reseller": "reseller", "channel": "channel", "direct": "own"}


def google(
    home: HomeOption = None,
    name: Annotated[str, typer.Option(help="What to call the connection.")] = "Google",
    mode: Annotated[
        str, typer.Option("--mode", help="reseller (Reseller API), channel (Cloud Channel) or direct (one customer).")
    ] = "",
    subject: Annotated[str, typer.Option("--subject", help="The administrator's address.")] = "",
    account: Annotated[str, typer.Option("--account", help="The reseller's own customer ID, C….")] = "",
    key_file: Annotated[Path | None, typer.Option("--key-file", help="The service account's key, JSON.")] = None,
    address: Annotated[str, typer.Option("--address", help="Another address of Google's services.")] = "",
    ca_file: Annotated[Path | None, typer.Option("--ca-file", help="A certificate authority to trust, PEM.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the test's results as JSON.")] = False,
) -> None:
    """Save a Google connection, test it, and name each permission that is missing."""
    if not (mode and subject and key_file):
        say(_INTRODUCTION)
    chosen = (mode or _ask("Mode (reseller, channel or direct)", default="reseller")).lower()
    if chosen not in _DISCOVERIES:
        fail(f"{chosen!r} is no mode.", next_step="Say reseller, channel or direct.")
    given: dict[str, Any] = {
        "name": name,
        "discovery": _DISCOVERIES[chosen],
        "subject": subject or _ask("Administrator's address"),
        "account_id": account or (_ask("Reseller's own customer ID") if chosen == "channel" else ""),
        "key": _key(key_file or Path(_ask("Key file of the service account"))),
        "settings": ({"google": address} if address else {}) | ({"ca_file": str(ca_file.resolve())} if ca_file else {}),
    }
    with installation(home):
        _connect(given, as_json=as_json)


def _ask(what: str, default: str | None = None) -> str:
    value: str = typer.prompt(what, default=default, err=True)
    return value.strip()


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        fail(f"The key file can't be read: {problem}", next_step="Nothing was saved.")


def _connect(given: dict[str, Any], *, as_json: bool) -> None:
    from django.utils import timezone

    from tenantry.audit.events import Actor, ActorKind
    from tenantry.connections.google_services import GoogleConnection, save_google_connection
    from tenantry.connections.probing import probe_connection
    from tenantry.connections.services import UnableToSaveConnection
    from tenantry.providers.errors import ProviderError

    actor = Actor(ActorKind.COMMAND_LINE, "command line")
    try:
        connection = save_google_connection(GoogleConnection(**given), actor=actor, now=timezone.now())
        tested = probe_connection(connection, now=timezone.now())
    except UnableToSaveConnection as refused:
        fail(str(refused), next_step="Nothing was saved.")
    except ProviderError as error:
        fail(f"{error.message} The fault is {error.fault.value}.", next_step=error.next_step)
    tell_tested(connection.name, tested, as_json=as_json)
