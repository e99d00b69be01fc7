"""``tenantry rebuild-match-keys``: writes the keys of matching anew and matches all that waits."""

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import MarketplaceOption, marketplaces_named
from tenantry.cli.terminal import err, fail, print_json, say


def rebuild_match_keys(
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write all keys of matching anew, and match all pending companies. Needed only to repair; may be stopped."""
    with installation(home):
        done = [_rebuild(*place) for place in marketplaces_named(marketplace)]
    if as_json:
        print_json({"marketplaces": done})


def _rebuild(marketplace_id: int, name: str) -> dict[str, Any]:
    from django.utils import timezone

    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Company
    from tenantry.sync.matching.rebuilding import is_rebuilding, start_rebuild
    from tenantry.sync.matching.refreshing import match_all, match_next
    from tenantry.sync.models import PendingCompany

    with marketplace_scope(marketplace_id):
        if not is_rebuilding():
            start_rebuild()
        companies, pending = Company.objects.count(), PendingCompany.objects.count()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(f"Matching {name}", total=companies + 2 * pending)
        try:
            while done := match_next(marketplace_id=marketplace_id, now=timezone.now()):
                progress.advance(task, done)
            match_all(marketplace_id=marketplace_id, clock=timezone.now, should_stop=lambda: False)  # others at work
        except KeyboardInterrupt:
            fail(
                "Stopped. What was written is kept.",
                next_step="A running `tenantry serve` goes on within a minute; otherwise the next call does.",
            )
    say(f"{name}: all keys are written, and all that waits is matched. Companies: {companies:,}. Tenants: {pending:,}.")
    return {"name": name, "companies": companies, "tenants": pending}
