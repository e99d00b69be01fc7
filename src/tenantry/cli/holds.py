"""``tenantry holds``: what brakes stopped, and the answers to it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tenantry.cli.asking import JsonOption, PlaceOption, clock, command_line, in_marketplace
from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption
from tenantry.cli.terminal import fail, out, print_json, say

if TYPE_CHECKING:
    from tenantry.sync.holds.kinds import HeldRow
    from tenantry.sync.holds.services import Selection
    from tenantry.sync.models import Hold

app = typer.Typer(no_args_is_help=True, help="Changes that a brake stopped: list, approve, reject.")
HoldArgument = Annotated[int, typer.Argument(min=1, help="The hold's number, as the list shows it.")]
RowsOption = Annotated[
    list[int] | None, typer.Option("--row", help="Only this row (its number); may be repeated. Else all of them.")
]
SeenOption = Annotated[
    str, typer.Option("--content", help="What `list --hold --json` printed as content: refused if it is not that now.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.callback()
def group() -> None:
    """Changes that a brake stopped: list, approve, reject."""


@app.command("list")
def list_command(
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    hold: Annotated[int, typer.Option(min=0, help="The rows of this hold, with their contents.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the holds that wait for a person, or the rows of one. Ends with 3 while anything is held."""
    with in_marketplace(home, marketplace) as marketplace_id:
        held = _rows_of(marketplace_id, hold) if hold else _holds(marketplace_id)
    if as_json:
        print_json(held)
    elif hold:
        _table(held["rows"], ("Row", "id"), ("Name", "name"), ("Invites", "invites"), ("Note", "note"))
    else:
        _table(held["holds"], ("Hold", "id"), ("Brake", "brake"), ("Held", "held"), ("Why", "reason"))
    raise typer.Exit(Exit.HELD if held["rows" if hold else "holds"] else Exit.DONE)


def _table(rows: list[dict[str, Any]], *columns: tuple[str, str]) -> None:
    table = Table(*(head for head, _ in columns))
    for row in rows:
        table.add_row(*(str(row[name]) for _, name in columns))
    out.print(table)


@app.command()
def approve(
    hold: HoldArgument,
    row: RowsOption = None,
    content: SeenOption = "",
    typed: Annotated[int | None, typer.Option(help="How many people this invites, where that is asked for.")] = None,
    yes: YesOption = False,
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Release exactly these rows; a worker then applies them."""

    def act(selection: "Selection") -> dict[str, Any]:
        from tenantry.sync.holds.services import release_rows

        done = release_rows(hold_id=hold, selection=selection, actor=command_line(), now=clock(), typed=typed)
        return {"released": done.released, "waiting_for_second_person": done.waiting}

    _answer(home, marketplace, (hold, row or [], content), act, verb="Release", yes=yes, as_json=as_json)


@app.command()
def reject(
    hold: HoldArgument,
    row: RowsOption = None,
    content: SeenOption = "",
    yes: YesOption = False,
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Reject these rows: nothing of them is applied, and no rule plans the same again."""

    def act(selection: "Selection") -> dict[str, Any]:
        from tenantry.sync.holds.services import reject_rows

        return {"rejected": reject_rows(hold_id=hold, selection=selection, actor=command_line(), now=clock())}

    _answer(home, marketplace, (hold, row or [], content), act, verb="Reject", yes=yes, as_json=as_json)


def _answer(
    home: HomeOption, marketplace: str, wanted: tuple[int, list[int], str],
    act: "Callable[[Selection], dict[str, Any]]", *, verb: str, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    from tenantry.isolation.scope import marketplace_scope

    with in_marketplace(home, marketplace) as marketplace_id:
        from tenantry.sync.holds.services import HoldRefused

        with marketplace_scope(marketplace_id):
            rows, selection = _selected(*wanted)
        if not yes:  # what was read before this question is what is approved, or nothing is
            typer.confirm(f"{verb} {len(rows):,} rows of hold {wanted[0]}?", abort=True, err=True)
        try:
            with marketplace_scope(marketplace_id):
                done = act(selection)
        except HoldRefused as refused:
            fail(str(refused))
    if as_json:
        print_json({"hold": wanted[0], **done})
    else:
        say(", ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in done.items()) + ".")


def _selected(hold_id: int, wanted: list[int], content: str) -> "tuple[list[HeldRow], Selection]":
    """Return what is to be answered, as it is now; refuse what is not as the content says. In the scope."""
    from tenantry.sync.holds.queries import digest_of, held_rows
    from tenantry.sync.holds.services import Selection

    rows = held_rows(_hold(hold_id), only=wanted or None)
    missing = set(wanted) - {row.change.pk for row in rows}
    if missing or not rows:
        what = f"Row {min(missing)} is not held by it." if missing else "Nothing is held by it any more."
        fail(what, next_step=f"`tenantry holds list --hold {hold_id}` shows what is.")
    if content and str(digest_of(rows)) != content:
        fail("What is held is not what you were shown. Nothing was done.", next_step="Look at the list again.")
    if wanted:
        return rows, Selection({row.change.pk: row.content for row in rows})
    return rows, Selection({}, everything=digest_of(rows))


def _hold(hold_id: int) -> "Hold":
    from tenantry.sync.holds.queries import find_hold

    found = find_hold(hold_id) if hold_id < 2**63 else None
    if found is None:
        fail(f"There is no hold {hold_id} in this marketplace.", next_step="`tenantry holds list` shows them.")
    return found


def _holds(marketplace_id: int) -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.holds.queries import open_holds, tallies_of_holds

    with marketplace_scope(marketplace_id):
        found = open_holds()
        tallies = tallies_of_holds(found)
    holds = [
        {
            "id": hold.pk, "brake": hold.brake, "reason": hold.reason, "held": tallies[hold.pk].held,
            "limit": hold.limit, "run": hold.run_id, "created_at": hold.created_at,
        }
        for hold in found
    ]  # fmt: skip
    return {"holds": holds}


def _rows_of(marketplace_id: int, hold_id: int) -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.holds.queries import digest_of, held_rows

    with marketplace_scope(marketplace_id):
        rows = held_rows(_hold(hold_id))
    shown = [
        {"id": row.change.pk, "name": row.name, "invites": row.invited, "note": row.note, "content": row.content}
        for row in rows
    ]
    return {"hold": hold_id, "content": digest_of(rows) if rows else None, "rows": shown}
