"""``tenantry sync users``: reads the people of linked companies here and now, and says what it did or would do."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import JsonOption, MarketplaceOption, PreviewOption, marketplaces_named
from tenantry.cli.terminal import err, fail, print_json, say


def users(
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    company: Annotated[str, typer.Option("--company", help="Only this company (its name or number).")] = "",
    preview: PreviewOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the people of linked companies in, and keep them current."""
    with installation(home):
        runs = _request(marketplace, company, preview=preview)
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
    connection_id: int


def _request(name: str, company: str, *, preview: bool) -> list[_Requested]:
    from django.utils import timezone

    from tenantry.sync.people.requests import request_people_sync
    from tenantry.sync.requests import SyncRefused

    requested, refusals = [], []
    for marketplace_id, marketplace_name in marketplaces_named(name):
        try:
            wish = _wish(marketplace_id, company, preview=preview)
            runs = request_people_sync(
                marketplace_id=marketplace_id, wish=wish, now=timezone.now(), enqueue=False, although_off=bool(name)
            )
        except SyncRefused as refused:
            refusals.append(f"{marketplace_name}: {refused}")
            continue
        requested += [_Requested(run.pk, marketplace_id, marketplace_name, run.connection_id or 0) for run in runs]
    if not requested:
        first = (refusals or ["There is no marketplace yet."])[0]
        fail(first, next_step="User Sync is switched on for a marketplace under Settings, Data Sync.")
    for refusal in refusals if name else ():
        say(refusal)
    return requested


def _wish(marketplace_id: int, company: str, *, preview: bool) -> Any:
    from tenantry.audit.events import Actor, ActorKind
    from tenantry.sync.models import Trigger
    from tenantry.sync.people.runs import Wish

    actor = Actor(ActorKind.COMMAND_LINE, "command line")
    company_id = _company(marketplace_id, company) if company else None
    return Wish(actor, Trigger.COMMAND_LINE, preview, company_id)


def _company(marketplace_id: int, wanted: str) -> int:
    """Return the company with this name or number. Raises ``SyncRefused`` when there is none, or several."""
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Company
    from tenantry.sync.requests import SyncRefused

    with marketplace_scope(marketplace_id):
        by_number = Company.objects.filter(pk=int(wanted)) if wanted.isdigit() else Company.objects.none()
        found = list((by_number if by_number.exists() else Company.objects.filter(name__iexact=wanted))[:2])
    if len(found) == 1:
        return found[0].pk
    what = "There are several companies" if found else "There is no company"
    raise SyncRefused(f"{what} named {wanted!r} here. Give its number, as its page's address has it.")


def _drive(requested: list[_Requested]) -> None:
    from tenantry.sync.people.inline import drive_people_to_end, tenants_done

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Reading people, company by company", total=None)

        def show() -> None:
            counts = [tenants_done(one.run_id, one.marketplace_id) for one in requested]
            progress.update(task, completed=sum(done for done, _ in counts), total=sum(total for _, total in counts))

        try:
            for connection_id in sorted({one.connection_id for one in requested}):
                drive_people_to_end(connection_id, on_step=show)
        except KeyboardInterrupt:
            fail(
                "Stopped. What was read and applied is kept.",
                next_step="A running `tenantry serve` goes on within a minute; otherwise the next sync does.",
            )


def _report(one: _Requested) -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.models import Change, Run, RunTenant, RunTenantState

    with marketplace_scope(one.marketplace_id):
        run = Run.objects.select_related("connection").get(pk=one.run_id)
        closed = RunTenant.objects.filter(run=run, state=RunTenantState.FAILED).select_related("company")
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
            "unreadable": [{"company": row.company.name, **(row.failure or {})} for row in closed],
            "changes": list(changes.values("subject", "subject_name", "kind", "before", "after", "reason", "state")),
        }


def _tell(report: dict[str, Any]) -> None:
    counters = report["counters"]
    typer.echo(f"{report['marketplace']} from {report['connection']}: {report['state']} (run {report['run']})")
    if report["failure"]:
        failure = report["failure"]
        typer.echo(f"  {failure['what']} The fault is {failure['fault']}. {failure['next']}")
    verb = "would be made" if report["preview"] else "planned"
    typer.echo(
        f"  {counters.get('people_seen', 0):,} people of {counters.get('tenants_read', 0):,} tenants seen, "
        f"{len(report['changes']):,} changes {verb}, {counters.get('changes_applied', 0):,} applied, "
        f"{counters.get('changes_held', 0):,} held, {counters.get('people_skipped', 0):,} people skipped."
    )
    for sentence in (report["note"], report["suspect"] and f"The counts do not add up: {report['suspect']}"):
        if sentence:
            typer.echo(f"  {sentence}")
    for closed in report["unreadable"]:
        typer.echo(f"  {closed['company']} could not be read, its people stay: {closed['what']} {closed['next']}")


def _exit_code(reports: list[dict[str, Any]]) -> Exit:
    """Return the worst of the runs' codes; an error first."""
    if any(report["failure"] or report["state"] in {"failed", "cancelled"} for report in reports):
        return Exit.ERROR
    if any(report["preview"] and report["changes"] for report in reports):
        return Exit.CHANGES_PLANNED
    if any(report["unreadable"] or report["counters"].get("changes_failed") for report in reports):
        return Exit.PARTLY_FAILED
    if any(report["counters"].get("changes_held") for report in reports):
        return Exit.HELD
    return Exit.DONE if all(report["complete"] for report in reports) else Exit.LISTING_INCOMPLETE
