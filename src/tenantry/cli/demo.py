"""``tenantry demo``: everything on this machine with invented customers, thrown away at the next start."""

import json
import os
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from tenantry.cli.emulator import READY_FILE
from tenantry.cli.installation import HomeOption, migrate, prepare_home, set_up_django, start_database
from tenantry.cli.serve import web_child, worker_child
from tenantry.cli.terminal import fail, print_json, say
from tenantry.runtime.children import Child
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import RuntimeProblem
from tenantry.runtime.home import Home
from tenantry.runtime.supervisor import Supervisor

PASSWORD = "watch-them-flow"  # noqa: S105  # printed at every start, good on this machine only
LINKED = 12
WAITING = 2_000
GOOGLE_CUSTOMERS = 24
EMULATOR_LIMIT = 3_000
_PREFERRED_PORT = 8080

_WELCOME = """
Tenantry's demo is at   http://127.0.0.1:{port}/

  Sign in as            marketplace manager   manager@northwind.example
                        manager, both stores  kim@northwind.example
                        operator              operator@tenantry.example
                        sales support         sue@northwind.example
                        customer support      carl@northwind.example
                        company administrator ada@harbour-bakery.example
  Password (all)        {password}

  Northwind Cloud reads {customers:,} customer tenants from an emulated Partner Center right now.
  Alpine Marketplace gets those of one country; its Company Sync is off until its manager turns it on.
  {google} customers come in from an emulated Google: one is linked, the others wait under Google tenants.
  To see customers come, change and leave:
                        {command} emulator advance --folder {emulator}
  then press Sync now. E-mails are caught, not delivered: http://127.0.0.1:{port}/mailbox/
  Everything is thrown away at the next start. Stop with Ctrl-C.
"""


_LOGIN = re.compile(r"^  (?:Sign in as)?\s+(\S.*?)\s+(\S+@\S+)$", re.MULTILINE)


def demo(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port (0: 8080, or any free one).")] = 0,
    customers: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many customers wait.")] = WAITING,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address and logins as JSON.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with what the last demo left.")] = False,
) -> None:
    """Start everything with an emulated Partner Center, and print the address and logins."""
    os.environ.pop("DATABASE_URL", None)  # a demo never touches a real database
    os.environ["TENANTRY_DEMO"] = "1"
    os.environ.setdefault("TENANTRY_LOG_LEVEL", "WARNING")
    port = port or _free_port()
    folder = Home.resolve(home or _throw_away_folder())
    try:
        if not keep:
            _erase(folder)
        prepare_home(folder.path)
        _catch_mail(folder, port)
        with folder.lock() as lock:
            database = start_database(folder, lock)
            try:
                migrate()
                code = _run(folder, database, port, customers, as_json=as_json)
            finally:
                if database is not None:
                    database.stop()
    except RuntimeProblem as problem:
        fail(str(problem))
    raise typer.Exit(code)


def _throw_away_folder() -> Path:
    """Return a folder of this user's in the temporary directory: the database's user must reach it."""
    return Path(tempfile.gettempdir()) / f"tenantry-demo-{os.geteuid()}"


def _erase(folder: Home) -> None:
    EmbeddedPostgres(folder).erase()
    for part in (folder.keys, folder.logs, folder.path / "emulator", folder.path / "mailbox"):
        if part.is_dir():
            shutil.rmtree(part)


def _own_command() -> str:
    """Return how this command was called, so that the hint works as it stands."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "tenantry" else f"{sys.executable} -m tenantry"


def _catch_mail(folder: Home, port: int) -> None:
    """Send every letter to a mail server of the demo's own, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("TENANTRY_SMTP_")]:
        del os.environ[name]
    os.environ["TENANTRY_SMTP_HOST"], os.environ["TENANTRY_SMTP_PORT"] = "127.0.0.1", str(_free_port(0))
    os.environ["TENANTRY_MAILBOX"] = str(folder.path / "mailbox")
    os.environ["TENANTRY_URL"] = f"http://127.0.0.1:{port}"


def _mail_child() -> Child:
    command = [sys.executable, "-m", "tenantry.emulator.mailbox"]
    command += ["--folder", os.environ["TENANTRY_MAILBOX"], "--port", os.environ["TENANTRY_SMTP_PORT"]]
    return Child("mailbox", command)


def _free_port(preferred: int = _PREFERRED_PORT) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(folder: Home, database: EmbeddedPostgres | None, port: int, customers: int, *, as_json: bool) -> int:
    emulator = folder.path / "emulator"
    total = customers + LINKED

    def begin() -> None:
        facts = json.loads((emulator / READY_FILE).read_text(encoding="utf-8"))
        _seed(facts)
        if as_json:
            print_json(_facts(port, emulator))
        numbers = {"customers": total, "google": GOOGLE_CUSTOMERS}
        say(_WELCOME.format(port=port, password=PASSWORD, emulator=emulator, command=_own_command(), **numbers))

    children = [web_child("127.0.0.1", port), worker_child(), _emulator_child(emulator, total), _mail_child()]
    return Supervisor(children, foundation=database, say=say, on_ready=begin).run()


def _facts(port: int, emulator: Path) -> dict[str, Any]:
    """Return what the welcome says, for a program; the addresses stand in it, so that there is one list of them."""
    logins = [{"role": role.strip(), "email": email} for role, email in _LOGIN.findall(_WELCOME)]
    return {"url": f"http://127.0.0.1:{port}/", "password": PASSWORD, "logins": logins, "emulator": str(emulator)}


def _emulator_child(folder: Path, customers: int) -> Child:
    ready_file = folder / READY_FILE
    ready_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tenantry", "emulator", "--folder", str(folder)]
    command += ["--customers", str(customers), "--limit", str(EMULATOR_LIMIT)]
    command += ["--google-customers", str(GOOGLE_CUSTOMERS)]
    return Child("emulator", command, ready=ready_file.is_file)


def _seed(facts: dict[str, Any]) -> None:
    set_up_django()
    from tenantry.cli.demo_world import seed_demo  # needs Django

    seed_demo(facts, password=PASSWORD, linked=LINKED)
