"""``tenantry export``: companies and people as files that ``tenantry import`` takes back."""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from tenantry.cli.asking import JsonOption, PlaceOption, given, in_marketplace, progress_bar, refuse_bad_filters
from tenantry.cli.installation import HomeOption
from tenantry.cli.terminal import fail, print_json

app = typer.Typer(no_args_is_help=True, help="Write companies or users as CSV, in the columns that an import takes.")
OutputOption = Annotated[Path | None, typer.Option("--output", help="Write to this file, not to standard output.")]
WordsOption = Annotated[str, typer.Option("-q", "--q", help="Words of the name, a domain or an id.")]


@app.callback()
def group() -> None:
    """Write companies or users as CSV, in the columns that an import takes."""


@app.command()
def companies(
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    q: WordsOption = "",
    country: Annotated[str, typer.Option(help="A country's code; - for unknown.")] = "",
    origin: Annotated[str, typer.Option(help="Where it came from: sync, import or by_hand.")] = "",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write companies: their number and status, then the columns of an import."""
    from tenantry.core.imports.reading import COLUMNS, FileKind

    heads = ("number", "status", *COLUMNS[FileKind.COMPANIES])
    with in_marketplace(home, marketplace) as place, progress_bar("Companies") as show:
        rows = _companies(place, given(q=q, country=country, origin=origin), show)
        _write("companies", heads, rows, output, as_json=as_json)


@app.command()
def users(
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    q: WordsOption = "",
    role: Annotated[str, typer.Option(help="administrator or user.")] = "",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write people, one line for each of their places in companies."""
    from tenantry.core.imports.reading import COLUMNS, FileKind

    heads = ("number", "state", *COLUMNS[FileKind.PEOPLE])
    with in_marketplace(home, marketplace) as place, progress_bar("People") as show:
        _write("users", heads, _people(place, given(q=q, role=role), show), output, as_json=as_json)


def _companies(place: int, filters: dict[str, str], show: Any) -> Iterator[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.companies.filters import CompanyFilter
    from tenantry.marketplace.companies.services import drafts_of
    from tenantry.marketplace.models import Company

    after, count = 0, 0
    while True:
        with marketplace_scope(place):
            applied = CompanyFilter(filters, Company.objects.all())
            refuse_bad_filters(applied)
            batch = list(applied.qs.filter(pk__gt=after).order_by("pk")[:_BATCH])
            drafts = drafts_of(batch)
        for company in batch:
            draft = drafts[company.pk]
            address = {f"address_{name}" if name.startswith("line") else name: text
                       for name, text in (draft.address or {}).items()}  # fmt: skip
            plain = {name: getattr(draft, name) for name in _COMPANY_TEXTS}
            yield {
                "number": company.pk, "status": company.status, **plain, **address,
                "domains": " ".join(domain.domain for domain in draft.domains),
                "tenant_ids": " ".join(draft.tenant_ids),
            }  # fmt: skip
        count += len(batch)
        show(count)
        if len(batch) < _BATCH:
            return
        after = batch[-1].pk


_BATCH = 1_000
_COMPANY_TEXTS = (
    "external_id", "name", "country", "registration_number", "phone", "website", "contact_name", "contact_email",
    "contact_phone",
)  # fmt: skip


def _people(place: int, filters: dict[str, str], show: Any) -> Iterator[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Membership, User
    from tenantry.marketplace.people.filters import UserFilter

    after, count = 0, 0
    while True:
        with marketplace_scope(place):
            applied = UserFilter(filters, User.objects.all())
            refuse_bad_filters(applied)
            batch = list(applied.qs.filter(pk__gt=after).order_by("pk")[:_BATCH])
            places = list(
                Membership.objects.select_related("company", "user").filter(user__in=batch).order_by("user_id", "pk")
            )
        for each in places:
            yield {
                "number": each.user_id, "state": each.state, "company_external_id": each.company.external_id,
                "email": each.user.email, "first_name": each.profile_first_name, "last_name": each.profile_last_name,
                "role": each.role, "phone": each.user.phone, "language": each.user.language,
            }  # fmt: skip
        count += len(batch)
        show(count)
        if len(batch) < _BATCH:
            return
        after = batch[-1].pk


def _write(
    name: str, heads: tuple[str, ...], rows: Iterable[dict[str, Any]], output: Path | None, *, as_json: bool
) -> None:
    if as_json and output is None:
        print_json({name: [{head: row.get(head, "") for head in heads} for row in rows]})
        return
    if as_json:
        fail("--json goes to standard output; --output is for CSV.")
    try:
        if output is None:
            _csv(heads, rows, sys.stdout)
            return
        with output.open("w", encoding="utf-8", newline="") as stream:
            _csv(heads, rows, stream)
    except OSError as error:
        fail(f"{output} can't be written: {error.strerror}.")


def _csv(heads: tuple[str, ...], rows: Iterable[dict[str, Any]], stream: TextIO) -> None:
    writer = csv.writer(stream)
    writer.writerow(heads)
    writer.writerows([_harmless(row.get(head, "")) for head in heads] for row in rows)


def _harmless(value: object) -> str:
    """Return text that no spreadsheet takes for a formula; an import takes the apostrophe away again."""
    text = str(value or "")
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
