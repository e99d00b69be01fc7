"""``tenantry runs``: what syncs did, newest first."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import MarketplaceOption, marketplaces_named
from tenantry.cli.terminal import out, print_json

_NUMBERS = (("seen", "tenants_seen"), ("changed", "changes_applied"), ("skipped", "tenants_skipped"))


def runs(
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many of each marketplace.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the latest runs of every marketplace, or of one."""
    with installation(home):
        found = [row for place in marketplaces_named(marketplace) for row in _runs(*place, limit=limit)]
    if as_json:
        print_json({"runs": found})
        return
    table = Table("Run", "Marketplace", "Started", "By", "State", "Seen", "Changed", "Skipped", "Failure")
    for row in found:
        counters = row["counters"]
        numbers = [f"{counters.get(key, 0):,}" for _, key in _NUMBERS]
        failure = (row["failure"] or {}).get("what", row["suspect"])
        started = f"{row['created_at']:%Y-%m-%d %H:%M}"
        table.add_row(str(row["id"]), row["marketplace"], started, row["requested_by"], row["state"], *numbers, failure)
    out.print(table)


def _runs(marketplace_id: int, name: str, *, limit: int) -> list[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.models import Run

    columns = (
        "id", "connection__name", "trigger", "requested_by", "preview", "state", "complete", "counters", "suspect",
        "failure", "note", "created_at", "ended_at",
    )  # fmt: skip
    with marketplace_scope(marketplace_id):
        return [{"marketplace": name, **row} for row in Run.objects.order_by("-id").values(*columns)[:limit]]
