"""``tenantry pending``: the tenants that wait for a decision, and the answers to them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tenantry.cli.asking import (
    JsonOption,
    LimitOption,
    PlaceOption,
    clock,
    command_line,
    given,
    in_marketplace,
    progress_bar,
    refuse_bad_filters,
)
from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption
from tenantry.cli.terminal import fail, out, print_json, say

if TYPE_CHECKING:
    from tenantry.sync.deciding.answering import Decided
    from tenantry.sync.models import PendingCompany

app = typer.Typer(no_args_is_help=True, help="Tenants that wait for a decision: list them, and decide.")
Ids = Annotated[list[str], typer.Argument(help="Numbers or tenant ids, as the list shows them.")]
_TABS = "pending, held, ignored, snoozed or done"


@app.callback()
def group() -> None:
    """Tenants that wait for a decision: list them, and decide."""


@app.command("list")
def list_command(
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    tab: Annotated[str, typer.Option(help=f"{_TABS.capitalize()}.")] = "pending",
    q: Annotated[str, typer.Option("-q", "--q", help="Words of the name, a domain or a tenant id.")] = "",
    match: Annotated[str, typer.Option(help="certain, strong, likely, possible, any or none.")] = "",
    country: Annotated[str, typer.Option(help="A country's code; - for unknown.")] = "",
    problem: Annotated[str, typer.Option(help="A problem's code, any or none.")] = "",
    age: Annotated[str, typer.Option(help="First seen within a day, week or month, or older.")] = "",
    sort: Annotated[str, typer.Option(help="name, country, domain, match, problems or first_seen; - turns it.")] = "",
    limit: LimitOption = 50,
    after: Annotated[str, typer.Option(help="What `after` said: the rows behind it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List pending companies as the page does, with its filters."""
    filters = given(q=q, match=match, country=country, problem=problem, age=age)
    with in_marketplace(home, marketplace) as marketplace_id:
        rows, after = _rows(marketplace_id, tab, filters, sort, limit, after)
    if as_json:
        print_json({"pending": rows, "after": after})
        return
    table = Table("Number", "Name", "Country", "Domain", "Contact", "Matches", "State", "Problems", "Tenant id")
    for row in rows:
        matches = f"{row['matches']} {row['certainty']}".strip() if row["matches"] else ""
        table.add_row(
            str(row["id"]), row["name"], row["country"], row["domain"], row["contact_email"], matches, row["state"],
            ", ".join(row["problems"]), row["tenant"],
        )  # fmt: skip
    out.print(table)
    if after:
        say(f"There are more: --after {after}")


def _rows(
    marketplace_id: int, tab: str, filters: dict[str, str], sort: str, limit: int, after: str
) -> tuple[list[dict[str, Any]], str]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.pending.queries import COLUMNS, TABS, Wanted, list_pending, order_of

    if tab not in TABS:
        fail(f"There is no list {tab!r}.", next_step=f"There are {_TABS}.")
    if sort and sort.removeprefix("-") not in COLUMNS:
        fail(f"Nothing is sorted by {sort!r}.", next_step=f"There are {', '.join(COLUMNS)}.")
    rows: list[dict[str, Any]] = []
    while len(rows) < limit:
        with marketplace_scope(marketplace_id):
            listed = list_pending(Wanted(tab, filters, order_of(sort), after=after), now=clock(), beside=("tenant",))
            refuse_bad_filters(listed.applied)
            rows += [_shown(row) for row in listed.page.rows]
        after = listed.page.after
        if not after:
            break
    return rows, after


def _shown(row: "PendingCompany") -> dict[str, Any]:
    from tenantry.sync.matching.words import certainty_word

    return {
        "id": row.pk, "tenant": row.tenant.external_id, "name": row.name, "country": row.country,
        "domain": row.domain, "contact_name": row.contact_name, "contact_email": row.contact_email,
        "state": row.state, "matches": row.match_count, "certainty": certainty_word(row.certainty),
        "problems": list(row.problems), "first_seen_at": row.first_seen_at, "company": row.company_id,
    }  # fmt: skip


@app.command()
def create(
    ids: Ids,
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    invite: Annotated[
        bool | None,
        typer.Option("--invite/--no-invite", help="Invite the first person (default: as the settings say)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make companies of tenants, each with its primary contact as administrator."""

    def act(row: "PendingCompany") -> "Decided":
        from tenantry.sync.deciding.services import create_from_pending

        return create_from_pending(
            pending_id=row.pk, seen_version=row.version, draft=None, invite=invite, actor=command_line(), now=clock()
        )

    _decide(home, marketplace, ids, act, as_json=as_json)


@app.command()
def link(
    tenant: Annotated[str, typer.Argument(help="Number or tenant id, as the list shows it.")],
    company: Annotated[int, typer.Argument(min=1, help="The company's number, as `tenantry export companies` has it.")],
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    fill_blanks: Annotated[bool, typer.Option("--fill-blanks", help="Give the company what it lacks.")] = False,
    add_contact: Annotated[bool, typer.Option("--add-contact", help="Add the contact as administrator.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Link a tenant to the company that it already is."""

    def act(row: "PendingCompany") -> "Decided":
        from tenantry.sync.deciding.services import link_pending

        return link_pending(
            pending_id=row.pk, company_id=company, seen_version=row.version, fill_blanks=fill_blanks,
            add_contact=add_contact, actor=command_line(), now=clock(),
        )  # fmt: skip

    _decide(home, marketplace, [tenant], act, as_json=as_json)


@app.command()
def ignore(
    ids: Ids,
    reason: Annotated[str, typer.Option(help="not_ours, duplicate, test, own, gone or other.")],
    text: Annotated[str, typer.Option(help="More about it; needed for other.")] = "",
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put tenants aside for good."""

    def act(row: "PendingCompany") -> "Decided":
        from tenantry.sync.deciding.services import ignore_pending

        return ignore_pending(
            pending_id=row.pk, seen_version=row.version, reason_key=reason, reason=text, actor=command_line(),
            now=clock(),
        )  # fmt: skip

    _decide(home, marketplace, ids, act, as_json=as_json)


@app.command()
def snooze(
    ids: Ids,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which they come back.")],
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put tenants off until a day."""

    def act(row: "PendingCompany") -> "Decided":
        from tenantry.sync.deciding.services import snooze_pending

        return snooze_pending(
            pending_id=row.pk, seen_version=row.version, until=until.replace(tzinfo=UTC), actor=command_line(),
            now=clock(),
        )  # fmt: skip

    _decide(home, marketplace, ids, act, as_json=as_json)


@app.command()
def undo(ids: Ids, home: HomeOption = None, marketplace: PlaceOption = "", as_json: JsonOption = False) -> None:
    """Take the last decision on each of these tenants back."""

    def act(row: "PendingCompany") -> "Decided":
        from tenantry.sync.deciding.refusals import DecisionRefused
        from tenantry.sync.deciding.undoing import undo_decision
        from tenantry.sync.models import DecisionKind

        last = row.decisions.filter(undone_by=None).exclude(kind=DecisionKind.UNDO).order_by("-id").first()
        if last is None:
            raise DecisionRefused("Nobody has decided anything about this tenant that could be taken back.")
        return undo_decision(decision_id=last.pk, actor=command_line(), may_undo_any=True, now=clock())

    _decide(home, marketplace, ids, act, as_json=as_json)


def _decide(
    home: HomeOption, marketplace: str, ids: Sequence[str], act: "Callable[[PendingCompany], Decided]", *, as_json: bool
) -> None:
    """Decide on each row by itself, tell what came of it, and end with how many were refused."""
    done: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with in_marketplace(home, marketplace) as marketplace_id, progress_bar("Deciding", total=len(ids)) as show:
        for number, text in enumerate(ids, start=1):
            row = _one(marketplace_id, text, act)
            (refused if "why" in row else done).append(row)
            show(number)
    if as_json:
        print_json({"done": done, "refused": refused})
    else:
        for row in done:
            say(f"{row['tenant']}: {row['decision']}{' ' + row['company_name'] if row['company_name'] else ''}.")
        for row in refused:
            say(f"{row['tenant']}: {row['why']}")
    raise typer.Exit(Exit.DONE if not refused else Exit.PARTLY_FAILED if done else Exit.ERROR)


def _one(marketplace_id: int, text: str, act: "Callable[[PendingCompany], Decided]") -> dict[str, Any]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Company
    from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused

    try:
        with marketplace_scope(marketplace_id):
            row = _found(text)
            if row is None:
                return {"tenant": text, "why": "There is no such pending company in this marketplace."}
            decided = act(row)
    except (DecisionRefused, AlreadyDecided) as refusal:
        return {"tenant": text, "why": str(refusal)}
    except Company.DoesNotExist:
        return {"tenant": text, "why": "There is no such company in this marketplace."}
    return {
        "tenant": text, "pending": decided.pending_id, "decision": decided.kind.value, "number": decided.decision_id,
        "company": decided.company_id, "company_name": decided.company_name, "invited": decided.invited,
    }  # fmt: skip


def _found(text: str) -> "PendingCompany | None":
    from tenantry.sync.models import PendingCompany

    rows = PendingCompany.objects.select_related("tenant")
    if text.isdecimal() and int(text) < 2**63:
        return rows.filter(pk=int(text)).first()
    return rows.filter(tenant__external_id=text.strip()).first()
