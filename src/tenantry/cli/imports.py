"""``tenantry import``: companies, or people with their memberships, from a CSV file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenantry.cli.asking import JsonOption, PlaceOption, clock, command_line, in_marketplace, progress_bar
from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption
from tenantry.cli.terminal import fail, print_json, say

if TYPE_CHECKING:
    from tenantry.marketplace.models import Import

_LOOK_AGAIN = 0.5
_MOST_TOLD = 20


def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/guide/imports.md lists its columns.")],
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    preview: Annotated[bool, typer.Option("--preview", help="Plan only: nothing is applied.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Import companies or people: plan every line, apply what can be, and name every line that can't."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file} can't be read: {error.strerror}.")
    with in_marketplace(home, marketplace) as marketplace_id:
        report = _import(marketplace_id, file.name, content, preview=preview)
    if as_json:
        print_json(report)
    else:
        _tell(report)
    raise typer.Exit(_exit_code(report))


def _import(marketplace_id: int, name: str, content: bytes, *, preview: bool) -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.imports.services import ImportRefused, apply_import, start_import
    from tenantry.marketplace.models import ImportState

    now, actor = clock(), command_line()
    try:
        with marketplace_scope(marketplace_id):
            job = start_import(file_name=name, content=content, actor=actor, now=now, enqueue=False)
        _drive(marketplace_id, job, ImportState.READING, ours=job.created_at == now)
        with marketplace_scope(marketplace_id):
            state = _fresh(job.pk).state
        if not preview and state != ImportState.DONE:  # done already: no line changes anything
            with marketplace_scope(marketplace_id):
                apply_import(import_id=job.pk, actor=actor, now=clock(), enqueue=False)
            _drive(marketplace_id, job, ImportState.APPLYING, ours=state == ImportState.PLANNED)
    except ImportRefused as refused:
        fail(str(refused))
    with marketplace_scope(marketplace_id):
        return _report(_fresh(job.pk), preview=preview)


def _fresh(import_id: int) -> "Import":
    from tenantry.marketplace.imports.queries import find_import

    return find_import(import_id)


def _drive(marketplace_id: int, job: "Import", state: str, *, ours: bool) -> None:
    """Do the step in this process, or wait for the worker that does it; show how far it is."""
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.imports.applying import apply_import_lines
    from tenantry.marketplace.imports.reading import read_import
    from tenantry.marketplace.imports.services import enqueue_import
    from tenantry.marketplace.models import ImportState

    work = read_import if state == ImportState.READING else apply_import_lines
    with progress_bar("Reading the file" if state == ImportState.READING else "Applying") as show:

        def look() -> bool:
            with marketplace_scope(marketplace_id):
                row = _fresh(job.pk)
            counters = row.counters
            done = row.cursor if state == ImportState.READING else counters.get("applied", 0)
            show(done, None if state == ImportState.READING else counters.get("create", 0) + counters.get("update", 0))
            return row.state != state

        def step() -> bool:
            look()
            return False

        try:
            if ours:
                work(job.pk, marketplace_id=marketplace_id, clock=clock, should_stop=step)
            elif not look():
                say("It is under way already: waiting for the worker.")
                with marketplace_scope(marketplace_id):
                    enqueue_import(_fresh(job.pk))
            while not look():
                time.sleep(_LOOK_AGAIN)
        except KeyboardInterrupt:
            with marketplace_scope(marketplace_id):
                enqueue_import(_fresh(job.pk))
            fail(
                "Stopped. What was applied stays.",
                next_step="A worker goes on with it; the page Imports shows how far.",
            )


def _report(job: "Import", *, preview: bool) -> dict[str, Any]:
    from tenantry.marketplace.imports.queries import bad_lines_of

    lines = [{"line": number, "subject": subject, "why": why} for number, subject, why in bad_lines_of(job)]
    return {
        "import": job.pk, "kind": job.kind, "state": job.state, "preview": preview, "counters": job.counters,
        "problem": job.problem, "lines": lines,
    }  # fmt: skip


def _tell(report: dict[str, Any]) -> None:
    counts = report["counters"]
    words = (
        ("create", "new"),
        ("update", "changed"),
        ("same", "the same"),
        ("bad", "not usable"),
        ("applied", "applied"),
    )
    say(f"Import {report['import']} of {report['kind']} is {report['state']}: "
        + ", ".join(f"{counts[name]:,} {word}" for name, word in words if name in counts) + ".")  # fmt: skip
    if report["problem"]:
        say(report["problem"])
    for line in report["lines"][:_MOST_TOLD]:
        say(f"  line {line['line']:,}, {line['subject'] or '?'}: {line['why']}")
    if len(report["lines"]) > _MOST_TOLD:
        say(f"  and {len(report['lines']) - _MOST_TOLD:,} more lines; --json lists all.")


def _exit_code(report: dict[str, Any]) -> Exit:
    counts = report["counters"]
    if report["state"] in {"failed", "cancelled"}:
        return Exit.ERROR
    if report["preview"] and (counts.get("create") or counts.get("update")):
        return Exit.CHANGES_PLANNED
    return Exit.PARTLY_FAILED if report["lines"] else Exit.DONE
