"""``tenantry sync``: runs a sync here and now, and says what it did or would do."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import err, fail, print_json, say

app = typer.Typer(help="Sync companies and people with the providers.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, changes included.")]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Plan only: nothing is applied.")]
MarketplaceOption = Annotated[str, typer.Option("--marketplace", help="Only this marketplace (its name).")]


@app.callback(invoke_without_command=True)
def group(
    context: typer.Context,
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    preview: PreviewOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sync companies and people with the providers. Without a command behind it, companies."""
    if context.invoked_subcommand is None:
        companies(home, marketplace, preview=preview, as_json=as_json)
    elif home or marketplace or preview or as_json:
        name = context.invoked_subcommand
        fail("Nothing was done: these options would be lost.", next_step=f"Put them behind: tenantry sync {name} …")


@app.command("companies")
def companies(
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    preview: PreviewOption = False,
    refresh_details: Annotated[
        bool, typer.Option("--refresh-details", help="Read every tenant's details again, however fresh.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring customer tenants from the Partner Center into Pending companies."""
    with installation(home):
        runs = _request(marketplace, preview=preview, refresh=refresh_details)
        _drive(runs)
        reports = [_report(run) for run in runs]
    if as_json:
        print_json({"runs": reports})
    else:
        for report in reports:
            _tell(report)
    raise typer.Exit(_exit_code(reports))


@dataclass(frozen=True, slots=True)
class _Requested:
    run_id: int
    marketplace_id: int
    marketplace: str
    observation_id: int
    connection_id: int


def _request(name: str, *, preview: bool, refresh: bool) -> list[_Requested]:
    from django.utils import timezone

    from tenantry.audit.events import Actor, ActorKind
    from tenantry.sync.models import Trigger
    from tenantry.sync.requests import Asked, SyncRefused, request_sync

    asked = Asked(Actor(ActorKind.COMMAND_LINE, "command line"), Trigger.COMMAND_LINE, preview, although_off=bool(name))
    requested, refusals = [], []
    for marketplace_id, marketplace_name in marketplaces_named(name):
        try:
            runs = request_sync(marketplace_id=marketplace_id, asked=asked, now=timezone.now(), enqueue=False)
        except SyncRefused as refused:
            refusals.append(f"{marketplace_name}: {refused}")
            continue
        requested += [
            _Requested(run.pk, marketplace_id, marketplace_name, run.observation_id or 0, run.connection_id or 0)
            for run in runs
        ]
    if not requested:
        fail(*(refusals or ["There is no marketplace yet."])[:1], next_step="Run `tenantry setup` first.")
    for refusal in refusals if name else ():
        say(refusal)
    if refresh:
        _refresh({request.connection_id for request in requested})
    return requested


def marketplaces_named(name: str) -> list[tuple[int, str]]:
    """Return id and name of each marketplace, or of the one with this name; ends the command when there is none."""
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Marketplace
    from tenantry.marketplace.queries import every_marketplace_id

    found = []
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            found.append((marketplace_id, Marketplace.objects.get().name))
    if not name:
        return found
    chosen = [entry for entry in found if entry[1].casefold() == name.casefold()]
    if not chosen:
        known = ", ".join(entry[1] for entry in found) or "none yet"
        fail(f"There is no marketplace named {name!r}.", next_step=f"There are: {known}.")
    return chosen


def _refresh(connection_ids: set[int]) -> None:
    from django.utils import timezone

    from tenantry.connections.models import Connection
    from tenantry.sync.observe.details import make_all_due

    for connection in Connection.objects.filter(pk__in=connection_ids):
        say(f"{make_all_due(connection, now=timezone.now()):,} tenants of {connection.name} are read anew.")


def _drive(requested: list[_Requested]) -> None:
    from tenantry.sync.inline import drive_to_end
    from tenantry.sync.models import Observation

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        listing = progress.add_task("Reading the list", total=None)
        details = progress.add_task("Reading details", total=None, visible=False)
        for observation_id, connection_id in sorted({(one.observation_id, one.connection_id) for one in requested}):

            def show(observation_id: int = observation_id) -> None:
                row = Observation.objects.get(pk=observation_id)
                progress.update(listing, completed=row.records, total=row.expected or None)
                if row.details_total:
                    done = row.details_read + row.details_failed
                    progress.update(details, completed=done, total=row.details_total, visible=True)

            try:
                drive_to_end(observation_id, connection_id, on_step=show)
            except KeyboardInterrupt:
                fail(
                    "Stopped. What was read and applied is kept.",
                    next_step="A running `tenantry serve` goes on within a minute; otherwise the next sync does.",
                )


def _report(one: _Requested) -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.models import Change, Run

    with marketplace_scope(one.marketplace_id):
        run = Run.objects.select_related("connection").get(pk=one.run_id)
        changes = Change.objects.filter(run=run).order_by("id")
        return {
            "run": run.pk,
            "marketplace": one.marketplace,
            "connection": run.source,
            "preview": run.preview,
            "state": run.state,
            "complete": run.complete,
            "note": run.note,
            "suspect": run.suspect,
            "failure": run.failure,
            "counters": run.counters,
            "changes": list(changes.values("subject", "subject_name", "kind", "before", "after", "reason", "state")),
        }


def _tell(report: dict[str, Any]) -> None:
    counters = report["counters"]
    typer.echo(f"{report['marketplace']} from {report['connection']}: {report['state']} (run {report['run']})")
    if report["failure"]:
        failure = report["failure"]
        typer.echo(f"  {failure['what']} The fault is {failure['fault']}. {failure['next']}")
    seen, changed = counters.get("tenants_seen", 0), len(report["changes"])
    verb = "would be made" if report["preview"] else "made"
    typer.echo(
        f"  {seen:,} tenants seen, {changed:,} changes {verb}, {counters.get('details_read', 0):,} details read."
    )
    for sentence in (report["note"], report["suspect"] and f"The counts do not add up: {report['suspect']}"):
        if sentence:
            typer.echo(f"  {sentence}")
    if not report["complete"] and not report["failure"]:
        typer.echo("  The listing did not end cleanly, so nothing was judged to be gone.")


def _exit_code(reports: list[dict[str, Any]]) -> Exit:
    """Return the worst of the runs' codes; an error first."""
    if any(report["failure"] or report["state"] in {"failed", "cancelled"} for report in reports):
        return Exit.ERROR
    if any(not report["complete"] for report in reports):
        return Exit.LISTING_INCOMPLETE
    if any(report["preview"] and report["changes"] for report in reports):
        return Exit.CHANGES_PLANNED
    if any(report["counters"].get("changes_failed") or report["counters"].get("details_failed") for report in reports):
        return Exit.PARTLY_FAILED
    return Exit.HELD if any(report["counters"].get("changes_held") for report in reports) else Exit.DONE
