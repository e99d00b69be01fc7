"""``tenantry match``: two lists in, matches with evidence out. Needs no installation, server or database."""

import csv
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tenantry.cli.exits import Exit
from tenantry.cli.match_files import Listing, UnusableFile, read_companies, read_tenants
from tenantry.cli.terminal import err, fail, out, say
from tenantry.core.matching import Match, Subject
from tenantry.core.matching.index import CompanyIndex
from tenantry.core.matching.profiles import profile_of
from tenantry.core.matching.scoring import match_profiles
from tenantry.core.matching.words import certainty_word, sentence

_CHUNK = 250
_WORTH_PROCESSES = 4_000  # tenants; below, starting processes costs more than it saves
_COLUMNS = (
    "tenant_row", "tenant_id", "tenant_name", "rank", "company_id", "company_name", "certainty", "score", "for",
    "against",
)  # fmt: skip
_index: CompanyIndex | None = None  # what the processes of one run share, set before they start


class Shape(StrEnum):
    """How matches are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Language(StrEnum):
    """In which language reasons are printed."""

    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"


def match(
    tenants: Annotated[Path, typer.Argument(help="CSV of tenants: name, and what else is known (see the reference).")],
    companies: Annotated[Path, typer.Argument(help="CSV of companies: id, name, and what else is known.")],
    shape: Annotated[Shape, typer.Option("--format", help="How to print.")] = Shape.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: the same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=5, help="Matches for each tenant.")] = 5,
    language: Annotated[Language, typer.Option(help="Language of the reasons.")] = Language.EN,
    silent: Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")] = False,
    processes: Annotated[int, typer.Option(min=0, max=64, help="Processes; 0 lets the machine decide.")] = 0,
) -> None:
    """Match a list of tenants against a list of companies, and say why."""
    try:
        asked, known = read_tenants(tenants), read_companies(companies)
    except UnusableFile as unusable:
        fail(unusable.what, next_step=unusable.next_step)
    _tell_skipped(asked, known)
    names = {company.id: company.name for company in known.records}
    with _bar(shown=not silent) as progress:
        found = list(_matches(asked, known, progress, processes))
    rows = [
        _row(line, tenant, rank, proposal, names[proposal.candidate_id], language.value)
        for line, tenant, proposals in zip(asked.lines, asked.records, found, strict=True)
        for rank, proposal in enumerate(proposals[:most], start=1)
    ]
    _write(rows, Shape.JSON if as_json else shape, output)
    matched = sum(1 for proposals in found if proposals)
    say(f"{matched:,} of {len(found):,} tenants have a match among {len(known.records):,} companies.")
    if asked.skipped or known.skipped:
        raise typer.Exit(Exit.PARTLY_FAILED)


def _tell_skipped(*listings: Listing[Any]) -> None:
    for listing in listings:
        for reason in listing.skipped[:10]:
            say(f"{listing.path}: {reason}")
        if len(listing.skipped) > 10:  # noqa: PLR2004  # as many as were printed
            say(f"{listing.path}: {len(listing.skipped) - 10:,} more rows were left out.")
        if listing.unread:
            say(f"{listing.path}: not read: columns {', '.join(listing.unread)}.")


@contextmanager
def _bar(*, shown: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not shown or not err.is_terminal, transient=True) as progress:
        yield progress


def _matches(
    asked: Listing[Subject], known: Listing[Any], progress: Progress, processes: int
) -> Iterator[tuple[Match, ...]]:
    global _index  # noqa: PLW0603  # forked processes inherit it: a million companies are not sent to each
    reading = progress.add_task("Reading companies", total=len(known.records))
    _index = CompanyIndex()
    for company in known.records:
        _index.add(company)
        progress.advance(reading)
    matching = progress.add_task("Matching tenants", total=len(asked.records))
    chunks = [asked.records[start : start + _CHUNK] for start in range(0, len(asked.records), _CHUNK)]
    workers = processes or (min(4, os.cpu_count() or 1) if len(asked.records) >= _WORTH_PROCESSES else 1)
    if workers == 1 or "fork" not in multiprocessing.get_all_start_methods():
        for chunk in chunks:
            yield from _match_chunk(chunk)
            progress.advance(matching, len(chunk))
        return
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for found in pool.imap(_match_chunk, chunks):
            yield from found
            progress.advance(matching, len(found))


def _match_chunk(chunk: list[Subject]) -> list[tuple[Match, ...]]:
    assert _index is not None  # noqa: S101  # set by _matches before anything runs
    found = []
    for tenant in chunk:
        profile = profile_of(tenant)
        found.append(match_profiles(profile, _index.candidates(profile), _index.carriers))
    return found


def _row(line: int, tenant: Subject, rank: int, proposal: Match, company_name: str, language: str) -> dict[str, Any]:
    reasons = [(evidence.speaks_for, sentence(evidence, language)) for evidence in proposal.evidence]
    return {
        "tenant_row": line,
        "tenant_id": tenant.external_id,
        "tenant_name": tenant.name,
        "rank": rank,
        "company_id": proposal.candidate_id,
        "company_name": company_name,
        "certainty": certainty_word(proposal.certainty, language),
        "score": round(proposal.score, 4),
        "for": [text for speaks_for, text in reasons if speaks_for],
        "against": [text for speaks_for, text in reasons if not speaks_for],
        "evidence": [
            {"code": evidence.code, "points": evidence.points, **evidence.parameters} for evidence in proposal.evidence
        ],
    }


def _write(rows: list[dict[str, Any]], shape: Shape, output: Path | None) -> None:
    if output is None:
        _print(rows, shape, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            _print(rows, shape, stream)
    except OSError as fault:
        fail(f"{output} could not be written: {fault.strerror}.", next_step="Choose another place with --output.")


def _print(rows: list[dict[str, Any]], shape: Shape, stream: TextIO) -> None:
    if shape is Shape.JSON:
        stream.write(json.dumps({"matches": rows}, ensure_ascii=False, indent=2) + "\n")
    elif shape is Shape.CSV or stream is not sys.stdout:
        writer = csv.DictWriter(stream, _COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows([{key: _cell(row[key]) for key in _COLUMNS} for row in rows])
    else:
        out.print(_table(rows))


def _cell(value: Any) -> Any:
    """Return a cell that a spreadsheet takes as text: a formula is never carried on."""
    text = " ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("Tenant", "Company", "Match", "Score", "For", "Against")
    for row in rows:
        company = f"{row['company_name']} ({row['company_id']})"
        cells = [row["tenant_name"], company, row["certainty"], f"{row['score']:.2f}", *_cells(row)]
        table.add_row(*[cell.replace("[", "\\[") for cell in cells])
    return table


def _cells(row: dict[str, Any]) -> list[str]:
    return ["\n".join(row["for"][:3]), "\n".join(row["against"][:3])]
