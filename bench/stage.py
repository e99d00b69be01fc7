"""What every benchmark stands on: an emulator and a PostgreSQL of its own, measuring, and the machine in words."""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from bench.filling import count_tables

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.sealing import create_key_ring

ROOT = Path(__file__).resolve().parent.parent
OWNER = "postgres"
TEMPLATE = "bench_template"
_READY_SECONDS = 60.0
T = TypeVar("T")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that the database's own user can reach, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tenantry-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def emulator(
    folder: Path, *, customers: int, limit: int, more: Mapping[str, int] | None = None, name: str = "emulator"
) -> Iterator[dict[str, Any]]:
    """Serve the emulated providers from a process of their own; give the facts of the ready file ``name``.

    ``more`` are further options of the emulator, by their names.
    """
    ready = folder / f"{name}.json"
    command = [sys.executable, "-m", "tenantry.emulator", "--home", str(folder / "emulator")]
    command += ["--customers", str(customers), "--limit", str(limit), "--ready-file", str(ready)]
    for option, value in (more or {}).items():
        command += [f"--{option}", str(value)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _READY_SECONDS
        while not ready.is_file():
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit("The emulator did not start; its message is above.")
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        server.terminate()
        server.wait(timeout=30)


def control(facts: dict[str, Any], path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the emulator's control API: a POST when there is a body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(facts["control_url"] + path, data=data)  # noqa: S310  # our own emulator
    with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310  # same
        return json.loads(answer.read())


@contextmanager
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Run the embedded PostgreSQL with its production settings, durable; with a migrated template database."""
    home = Home(folder / "home").prepare()
    create_key_ring(home.keys)
    with EmbeddedPostgres(home) as server:
        _as_owner(server, f"create database {TEMPLATE}")
        environment = {**os.environ, **django_environment(server, TEMPLATE, role=OWNER)}
        subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], env=environment, check=True)
        yield server


def fresh_database(server: EmbeddedPostgres, name: str) -> None:
    """Make an empty, migrated database."""
    _as_owner(server, f"create database {name} template {TEMPLATE}")


def copy_database(server: EmbeddedPostgres, name: str, original: str) -> None:
    """Make a database like another one, which nobody uses just now."""
    _as_owner(server, f"create database {name} template {original} strategy file_copy")


def drop_database(server: EmbeddedPostgres, name: str) -> None:
    """Remove a database and settle what the disk still owes, so that the next measurement pays for itself only."""
    _as_owner(server, f"drop database {name} with (force)", "checkpoint")


def settle(server: EmbeddedPostgres, name: str) -> None:
    """Do what autovacuum does within a minute of quiet, and write everything to disk."""
    count_tables(server.owner_dsn(name))


def _as_owner(server: EmbeddedPostgres, *statements: str) -> None:
    with psycopg.connect(server.owner_dsn(OWNER), autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def django_environment(server: EmbeddedPostgres, name: str, *, role: str = "tenantry_app") -> dict[str, str]:
    """Return the environment of a process that works on this database."""
    return {
        "DATABASE_URL": server.url(role, name),
        "TENANTRY_HOME": str(server.home.path),
        "DJANGO_SETTINGS_MODULE": "tenantry.config.settings",
        "TENANTRY_LOG_LEVEL": "WARNING",
    }


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: seconds by the clock, CPU seconds of this process and of the emulator, peak memory in MB."""

    seconds: float
    cpu: float
    emulator_cpu: float
    peak_mb: float
    rows: int


def measured(facts: dict[str, Any], work: Callable[[], int]) -> Measured:
    """Do the work, which returns how many rows it handled, and measure it."""
    emulator_before = control(facts, "/state")["cpu_seconds"]
    cpu, clock = time.process_time(), time.perf_counter()
    rows = work()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    emulator_cpu = control(facts, "/state")["cpu_seconds"] - emulator_before
    return Measured(clock, cpu, emulator_cpu, peak_mb(), rows)


def report(result: Measured) -> None:
    """Hand the measurement to the process that asked for it."""
    print(json.dumps(asdict(result)))


def run_leg(
    *arguments: str, environment: Mapping[str, str] | None = None, module: str = "bench.legs"
) -> Measured:  # fmt: skip
    """Run a leg in a process of its own and return what it measured. Ends the benchmark when it fails."""
    return Measured(**told_by(*arguments, environment=environment, module=module))


def told_by(*arguments: str, environment: Mapping[str, str] | None, module: str) -> dict[str, Any]:
    """Run a leg in a process of its own and return what it prints as JSON. Ends the benchmark when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **(environment or {})}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"The leg {arguments[0]} failed; its message is above.")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def peak_mb(process: str = "self") -> float:
    """Return a process's largest resident size; Linux keeps one that a parent's size does not spoil.

    ``process``: its id, where there is ``/proc``; by itself this one.
    """
    status = Path(f"/proc/{process}/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def machine() -> str:
    """Return when and on what this runs, in a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, load average before the run "
        f"{os.getloadavg()[0]:.1f}, {_additions():.0f} million additions a second"
    )


def _additions() -> float:
    """Return how many millions of numbers Python adds up in a second, at best: rented machines differ by the hour."""
    best = 0.0
    for _ in range(5):
        begun, total = time.perf_counter(), 0
        for number in range(1_000_000):
            total += number
        best = max(best, 1.0 / (time.perf_counter() - begun))
    return best


def write_between(path: Path, name: str, text: str) -> None:
    """Replace what stands between the markers ``name`` of a Markdown file with ``text``."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    content = path.read_text(encoding="utf-8")
    head, found_begin, rest = content.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not (found_begin and found_end):
        raise SystemExit(f"{path} has no place for this: it needs the lines {begin} and {end}.")
    path.write_text(f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}", encoding="utf-8")
