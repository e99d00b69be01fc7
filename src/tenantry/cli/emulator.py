"""``tenantry emulator``: Microsoft's and Google's services on this machine, to try things with."""

import json
import urllib.request
from pathlib import Path
from typing import Annotated, Any
from urllib.error import URLError

import typer

from tenantry.cli.terminal import fail, print_json, say
from tenantry.emulator.server import EmulatorOptions
from tenantry.emulator.server import serve as serve_emulator

app = typer.Typer(help="Microsoft's and Google's services on this machine, with invented customers.")

READY_FILE = "emulator.json"


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--folder", help="Where it keeps its keys and certificates.")] = Path(
        "emulator"
    ),
    customers: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many reseller customers.")] = 2_000,
    seed: Annotated[str, typer.Option(help="The same seed gives the same customers.")] = "1",
    limit: Annotated[int, typer.Option(min=0, help="Single reads a minute (0: any number). Published: 500.")] = 500,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The API's port (0: any).")] = 0,
    login_port: Annotated[int, typer.Option(min=0, max=65_535, help="The sign-in's port (0: any).")] = 0,
    google_port: Annotated[int, typer.Option(min=0, max=65_535, help="The port of Google's services (0: any).")] = 0,
    google_customers: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many customers at Google.")] = 200,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print where it serves, and its credentials, as JSON.")
    ] = False,
    people: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many people each has, at each provider.")] = 20,
) -> None:
    """Serve Microsoft's and Google's sign-in and services until stopped."""
    if context.invoked_subcommand is not None:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    serve_emulator(
        EmulatorOptions(
            home=folder, api_port=port, login_port=login_port, customers=customers, seed=seed, limit=limit,
            google_port=google_port, google_customers=google_customers, people=people,
            ready_file=folder / READY_FILE, told_as_json=as_json,
        )
    )  # fmt: skip


@app.command("advance")
def advance(
    folder: Annotated[Path, typer.Option("--folder", help="The folder of the running emulator.")] = Path("emulator"),
    steps: Annotated[int, typer.Option(min=1, max=1_000, help="How many steps.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print how far the world is as JSON.")] = False,
) -> None:
    """Move a running emulator's world forward: customers come, change, leave and return."""
    moved = control(folder, "advance", {"steps": steps})
    say("The world moved. The next sync will see it.")
    if as_json:
        print_json(moved)


def control(folder: Path, verb: str, body: dict[str, Any]) -> Any:
    """Call the control interface of the emulator that serves from ``folder``; end the command when none does."""
    try:
        facts = json.loads((folder / READY_FILE).read_text(encoding="utf-8"))
        request = urllib.request.Request(  # noqa: S310  # loopback, from our own file
            f"{facts['control_url']}/{verb}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except FileNotFoundError:
        fail(f"No emulator serves from {folder}.", next_step="Name its folder with --folder.")
    except (URLError, OSError) as problem:
        fail(f"The emulator of {folder} does not answer: {problem}")
