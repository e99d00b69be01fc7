"""``make bench-import``: 200,000 companies with 50 bad lines from a CSV file, previewed, applied, and once more."""

import argparse
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/imports.py` must find its neighbours

from bench.stage import (  # noqa: E402  # the path comes first
    ROOT,
    django_environment,
    fresh_database,
    machine,
    peak_mb,
    postgres,
    scratch_folder,
    write_between,
)

NAME = "bench_import"
BAD = 50
_TIMES = 9


def file_of(companies: int) -> bytes:
    """Return a file with that many companies, of which :data:`BAD`, spread over it, can't be used."""
    from tenantry.emulator.world import World  # noqa: PLC0415  # only the leg needs it

    world, every = World(seed=11, customers=companies), companies // BAD
    lines = ["external_id,name,country,domains,tenant_ids,contact_name,contact_email"]
    for number in range(companies):
        row = world.row(number)
        name = '"' + row.name.replace('"', '""') + '"'
        country = "Nowhere" if number % every == every // 2 else "AT"
        contact = f"Contact {number},office@{row.domain}"
        lines.append(f"C{number},{name},{country},{row.domain},{row.tenant_id},{contact}")
    return "\n".join(lines).encode()


def leg(companies: int, file: Path) -> None:
    """Do it all in this process, and report seconds by step. The database comes from the environment."""
    import django  # noqa: PLC0415  # settings read the environment that the caller gave

    django.setup()
    from tenantry.audit.events import SYSTEM  # noqa: PLC0415  # after django.setup
    from tenantry.isolation.scope import marketplace_scope  # noqa: PLC0415  # same
    from tenantry.marketplace.imports.applying import apply_import_lines  # noqa: PLC0415  # same
    from tenantry.marketplace.imports.queries import bad_lines_of  # noqa: PLC0415  # same
    from tenantry.marketplace.imports.reading import read_import  # noqa: PLC0415  # same
    from tenantry.marketplace.imports.services import apply_import, start_import  # noqa: PLC0415  # same
    from tenantry.marketplace.models import Import  # noqa: PLC0415  # same
    from tenantry.marketplace.services import create_marketplace  # noqa: PLC0415  # same

    now = datetime.now(tz=UTC)
    place = create_marketplace(name="Northwind", actor=SYSTEM, now=now).pk

    def step(name: str, work: object) -> None:
        begun = time.perf_counter()
        work()  # type: ignore[operator]  # a function
        print(f"  {name}: {time.perf_counter() - begun:.1f} s", flush=True)

    def preview() -> None:
        with marketplace_scope(place):
            job = start_import(file_name=file.name, content=file.read_bytes(), actor=SYSTEM, now=now)
        read_import(job.pk, marketplace_id=place, clock=lambda: now, should_stop=lambda: False)

    def latest() -> Import:
        return Import.objects.defer("content").latest("pk")

    def apply() -> None:
        with marketplace_scope(place):
            job = apply_import(import_id=latest().pk, actor=SYSTEM, now=now)
        apply_import_lines(job.pk, marketplace_id=place, clock=lambda: now, should_stop=lambda: False)

    step("preview", preview)
    time_pages(place)
    step("apply", apply)
    with marketplace_scope(place):
        counters, bad = latest().counters, len(list(bad_lines_of(latest())))
    print(f"  {counters['applied']:,} applied, {bad} listed as bad")
    step("the same file again", preview)
    with marketplace_scope(place):
        again = latest()
        print(f"  again: {again.get_state_display()}, {again.counters['create'] + again.counters['update']} changes")
    print(f"  peak memory {peak_mb():.0f} MB")
    if (counters["applied"], bad, again.state) != (companies - BAD, BAD, "done"):
        raise SystemExit("That is not what the file says.")


def time_pages(marketplace_id: int) -> None:
    """Print how long the preview's pages take, without the web server around them; see ``bench/pages.py`` for that."""
    from django.test import Client  # noqa: PLC0415  # after django.setup
    from django.utils import timezone  # noqa: PLC0415  # same

    from tenantry.accounts.services import create_account  # noqa: PLC0415  # same
    from tenantry.audit.events import SYSTEM  # noqa: PLC0415  # same
    from tenantry.core.permissions import Role  # noqa: PLC0415  # same
    from tenantry.isolation.scope import marketplace_scope  # noqa: PLC0415  # same
    from tenantry.listing import Order, cursor_at  # noqa: PLC0415  # same
    from tenantry.marketplace.models import ImportLine  # noqa: PLC0415  # same
    from tenantry.marketplace.services import give_role  # noqa: PLC0415  # same

    now = timezone.now()
    account = create_account(email="m@bench.example", name="Max", password=uuid4().hex, is_operator=False, now=now)
    with marketplace_scope(marketplace_id):
        give_role(account_id=account.pk, account_name="Max", role=Role.MANAGER, actor=SYSTEM, now=now)
        last = ImportLine.objects.filter(kind="create").latest("pk")
    browser = Client(headers={"host": "localhost"})
    browser.force_login(account)
    address = f"/imports/{last.job_id}/"
    deep = f"{address}?tab=create&before={cursor_at(last, Order('line', 'number'))}"
    for label, path in {
        "imports": "/imports/", "preview": address, "bad lines": f"{address}?tab=bad", "deep page": deep,
        "progress": f"{address}progress/", "bad lines as a file": f"{address}problems.csv",
    }.items():  # fmt: skip
        print(f"  {label}: {median(_milliseconds(browser, path) for _ in range(_TIMES)):.0f} ms", flush=True)


def _milliseconds(browser: Any, path: str) -> float:
    begun = time.perf_counter()
    answer = browser.get(path)
    if answer.status_code != 200 or not answer.getvalue():
        raise SystemExit(f"{path} answered {answer.status_code}.")
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Make a database, run the leg in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=200_000)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--leg", type=Path, help="used by itself: the file")
    asked = parser.parse_args()
    if asked.leg:
        leg(asked.companies, asked.leg)
        return
    with scratch_folder() as folder, postgres(folder) as server:
        fresh_database(server, NAME)
        environment = {**os.environ, **django_environment(server, NAME)}
        heading = f"{asked.companies:,} companies. {machine()}."
        file = folder / "companies.csv"
        file.write_bytes(file_of(asked.companies))
        command = [sys.executable, __file__, "--leg", str(file), "--companies", str(asked.companies)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    print(heading, done.stdout, sep="\n")
    if asked.write:
        lines = [f"* {line.strip()}" for line in done.stdout.splitlines()]
        write_between(ROOT / asked.write, "import", "\n".join([heading, "", *lines]))


if __name__ == "__main__":
    main()
