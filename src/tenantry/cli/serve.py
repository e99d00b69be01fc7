"""``tenantry serve``, ``web`` and ``worker``: everything in one, or each part alone."""

import asyncio
import os
import sys
import urllib.request
from pathlib import Path
from typing import Annotated
from urllib.error import URLError

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, migrate, own_server_given, prepare_home, set_up_django, start_database
from tenantry.cli.terminal import fail, print_json, say
from tenantry.runtime.children import Child
from tenantry.runtime.errors import RuntimeProblem
from tenantry.runtime.supervisor import Supervisor

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not bound to
_WEB_THREADS = 4
_JOBS_AT_ONCE = 4
_HEARTBEAT_SECONDS = 4.0
_GRACEFUL_SECONDS = 8.0

PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="The port to serve pages on.")]
LogOption = Annotated[
    bool, typer.Option("--json", help="Write log lines as JSON, on a terminal as well; serve prints its address so.")
]
HostOption = Annotated[str, typer.Option(help="The address to serve pages on.")]


def serve(
    home: HomeOption = None, host: HostOption = "127.0.0.1", port: PortOption = 8080, as_json: LogOption = False
) -> None:
    """Run everything: the database, the pages and the worker, until stopped."""
    _log_as_json(as_json)
    folder = prepare_home(home)
    if not os.environ.get("TENANTRY_BEHIND_TLS"):  # letters link to where this serves; behind a proxy only it knows
        os.environ.setdefault("TENANTRY_URL", f"http://{'localhost' if host in _EVERYWHERE else host}:{port}")
    try:
        with folder.lock() as lock:
            database = start_database(folder, lock)
            try:
                migrate()
                code = Supervisor(
                    [web_child(host, port), worker_child()],
                    foundation=database,
                    say=say,
                    on_ready=lambda: _tell_ready(host, port, as_json=as_json),
                ).run()
            finally:
                if database is not None:
                    database.stop()
    except RuntimeProblem as problem:
        fail(str(problem))
    raise typer.Exit(code)


def _tell_ready(host: str, port: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"url": f"http://{host}:{port}/"})
    say(f"Tenantry is at http://{host}:{port}/ (stop with Ctrl-C).")


def _log_as_json(wanted: bool) -> None:
    """Let this process and its children write log lines as JSON, on a terminal as well."""
    if wanted:
        os.environ["TENANTRY_LOG_JSON"] = "1"


def web_argv(host: str, port: int) -> list[str]:
    """Return the command that serves pages."""
    options = f"--interface wsgi --workers 1 --blocking-threads {_WEB_THREADS} --workers-kill-timeout 10".split()
    extra = "--respawn-failed-workers --no-ws --no-access-log --log-level warning".split()
    where = ["--host", host, "--port", str(port)]
    return [sys.executable, "-m", "granian", *options, *extra, *where, "tenantry.config.wsgi:application"]


def web_child(host: str, port: int) -> Child:
    """Return the pages as a supervised process."""
    return Child("web", web_argv(host, port), stop_timeout=15.0, ready=lambda: answers(host, port))


def worker_child() -> Child:
    """Return the worker as a supervised process."""
    return Child("worker", [sys.executable, "-m", "tenantry", "worker"], stop_timeout=_GRACEFUL_SECONDS + 15.0)


def answers(host: str, port: int) -> bool:
    """Whether the pages answer."""
    request = urllib.request.Request(f"http://{host}:{port}/livez", headers={"Host": "localhost"})  # our own
    try:
        with urllib.request.urlopen(request, timeout=1) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)  # noqa: PLR2004  # the status says what it is
    except (URLError, OSError):
        return False


def web(
    home: HomeOption = None, host: HostOption = "127.0.0.1", port: PortOption = 8080, as_json: LogOption = False
) -> None:
    """Serve the pages alone. Needs DATABASE_URL, or a running `tenantry serve` on the same folder."""
    _log_as_json(as_json)
    _use_database_of(home)
    set_up_django()  # refuses a database role that the policies do not bind
    command = web_argv(host, port)
    os.execv(command[0], command)  # noqa: S606  # granian takes over this process, signals included


def worker(
    home: HomeOption = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many jobs to run at once.")] = _JOBS_AT_ONCE,
    as_json: LogOption = False,
) -> None:
    """Run jobs. Needs DATABASE_URL, or a running `tenantry serve` on the same folder."""
    _log_as_json(as_json)
    _use_database_of(home)
    set_up_django()
    asyncio.run(_work(jobs))


def migrate_command(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring a database server of your own up to this version. `tenantry serve` does it by itself."""
    folder = prepare_home(home)
    if own_server_given():
        migrate()
    else:
        try:
            with folder.lock() as lock:
                database = start_database(folder, lock)
                try:
                    migrate()
                finally:
                    if database is not None:
                        database.stop()
        except RuntimeProblem as problem:
            fail(str(problem))
    if as_json:
        print_json({"migrated": True})
    say("The database is up to date.")


def _use_database_of(home: Path | None) -> None:
    if own_server_given():  # a child of serve has it, too
        prepare_home(home)
        return
    from tenantry.runtime.embedded import EmbeddedPostgres  # only here

    folder = prepare_home(home)
    server = EmbeddedPostgres(folder)
    if not server.is_running():
        fail(
            "There is no database to work on.",
            next_step="Start `tenantry serve` on this folder, or set DATABASE_URL to a server of your own.",
            code=Exit.ERROR,
        )
    os.environ["DATABASE_URL"] = server.url()


async def _work(jobs: int) -> None:
    """Run the queue's worker until a signal stops it. Returns the jobs of dead workers first."""
    from django.conf import settings
    from procrastinate.contrib.django import app

    from tenantry.jobs import return_jobs_of_dead_workers, worker_connector
    from tenantry.sync.tasks import logged_job

    silent_for = settings.STALLED_AFTER_SECONDS
    with app.replace_connector(worker_connector()):
        async with app.open_async():
            await return_jobs_of_dead_workers(silent_for)
            await app.run_worker_async(
                concurrency=jobs,
                fetch_job_polling_interval=2.0,
                abort_job_polling_interval=1.0,
                shutdown_graceful_timeout=_GRACEFUL_SECONDS,
                update_heartbeat_interval=min(_HEARTBEAT_SECONDS, silent_for / 3),
                stalled_worker_timeout=silent_for,
                delete_jobs="successful",
                worker_middleware=[logged_job],
            )
