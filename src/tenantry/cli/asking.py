"""What commands that work in one marketplace share: which one, in whose name, and what bad input gets."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import marketplaces_named
from tenantry.cli.terminal import err, fail

if TYPE_CHECKING:
    from tenantry.audit.events import Actor
    from tenantry.listing.narrowing import ListFilter

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
PlaceOption = Annotated[
    str, typer.Option("--marketplace", help="The marketplace (its name); needed when there are several.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many rows at most.")]


@contextlib.contextmanager
def in_marketplace(home: HomeOption, name: str) -> Iterator[int]:
    """Give a command the installation and the id of the marketplace with this name, or of the only one."""
    with installation(home):
        found = marketplaces_named(name)
        if not found:
            fail("There is no marketplace yet.", next_step="Run `tenantry setup` first.")
        if len(found) > 1:
            known = ", ".join(entry[1] for entry in found)
            fail("There are several marketplaces.", next_step=f"Name one with --marketplace: {known}.")
        yield found[0][0]


def command_line() -> "Actor":
    """Return in whose name commands act."""
    from tenantry.audit.events import Actor, ActorKind

    return Actor(ActorKind.COMMAND_LINE, "command line")


def refuse_bad_filters(applied: "ListFilter") -> None:
    """End the command when a filter has a value that can't be one: pages leave it out, a script wants to know."""
    applied.form.is_valid()
    for name, errors in applied.form.errors.items():
        fail(f"--{name} can't be used: {' '.join(errors)}", next_step="`--help` lists what it takes.")


def given(**filters: str) -> dict[str, str]:
    """Return the filters that were given."""
    return {name: value for name, value in filters.items() if value}


@contextlib.contextmanager
def progress_bar(what: str, *, total: int | None = None) -> Iterator[Any]:
    """Show a bar on standard error while somebody watches; gives ``advance(done, total)``."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=total)

        def show(done: int, of: int | None = None) -> None:
            progress.update(task, completed=done, total=of if of is not None else total)

        yield show


def clock() -> datetime:
    """Return now: commands are an edge, where the clock is read."""
    from django.utils import timezone

    return timezone.now()
