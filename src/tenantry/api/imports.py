"""Imports of companies and people: upload, preview, apply, cancel, and the lines that can't be used."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404
from ninja import File, Query, Schema
from ninja.files import UploadedFile

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.shapes import Done, Id, PageQuery, PageShape, one_of, page_reply, refuse_strange, refuse_wrong_place
from tenantry.core.imports.reading import COLUMNS, FileKind
from tenantry.core.permissions import Action
from tenantry.marketplace.imports.queries import IN_ORDER, NEWEST, TABS, find_import, latest_imports, lines_of
from tenantry.marketplace.imports.services import LARGEST_FILE, ImportRefused, apply_import, cancel_import, start_import
from tenantry.marketplace.models import Import, ImportLine

area = Area("Imports")


class ImportTold(Schema):
    """An import. ``counters`` has its lines by what they do: create, update, same, bad, and what became of them."""

    id: int
    kind: str
    file_name: str
    state: str
    counters: Mapping[str, Any]
    problem: str
    requested_by: str
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, job: Import) -> "ImportTold":
        """Return an import as an answer says it."""
        return cls(
            id=job.pk, kind=job.kind, file_name=job.file_name, state=job.state, counters=job.counters,
            problem=job.problem, requested_by=job.requested_by_name, created_at=job.created_at, ended_at=job.ended_at,
        )  # fmt: skip


class ImportPage(PageShape):
    """A page of imports, newest first."""

    items: list[ImportTold]


class LineTold(Schema):
    """A line of the file: what it would do, from what to what, and what became of it."""

    number: int
    kind: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str
    state: str

    @classmethod
    def of(cls, line: ImportLine) -> "LineTold":
        """Return a line as an answer says it."""
        return cls(**{name: getattr(line, name) for name in cls.model_fields})


class LinePage(PageShape):
    """A page of lines, and how many every tab has."""

    items: list[LineTold]
    counts: Mapping[str, int]


class LineQuery(PageQuery):
    """Which lines a list shows."""

    tab: str = one_of(TABS, "create", "What they do; open: not applied.")


class Columns(Schema):
    """The columns that a file may have, by what its lines are about."""

    columns: Mapping[str, list[str]]


@area.get("/imports", Action.IMPORT, ImportPage)
def list_imports(call: Call, query: Query[PageQuery]) -> Reply:
    """List imports, newest first."""
    refuse_wrong_place(query, NEWEST, Import)
    page = latest_imports(after=query.after, before=query.before, size=query.limit)
    return page_reply(call, ImportPage, page, items=[ImportTold.of(job) for job in page.rows])


@area.get("/imports/columns", Action.IMPORT, Columns)
def list_columns(call: Call) -> Columns:
    """Say which columns a file may have."""
    return Columns(columns={kind.value: list(COLUMNS[kind]) for kind in FileKind})


@area.post("/imports", Action.IMPORT, ImportTold, status=202, refuses=True)
def upload_import(call: Call, file: File[UploadedFile]) -> Reply:
    """Upload a CSV file and have its plan made. Nothing is written to companies or people until it is applied."""
    if (file.size or 0) > LARGEST_FILE:
        raise ImportRefused(f"The file is larger than {LARGEST_FILE // 1024**2} MB. Split it, and import the parts.")
    job = start_import(file_name=str(file.name or "import.csv"), content=file.read(), **call.told)
    return Reply(ImportTold.of(job), location=f"/api/v1/imports/{job.pk}")


def _import(pk: int) -> Import:
    try:
        return find_import(pk)
    except Import.DoesNotExist:
        raise Http404 from None


@area.get("/imports/{int:pk}", Action.IMPORT, ImportTold)
def show_import(call: Call, pk: Id) -> ImportTold:
    """Show how far an import is."""
    return ImportTold.of(_import(pk))


@area.get("/imports/{int:pk}/lines", Action.IMPORT, LinePage)
def list_import_lines(call: Call, pk: Id, query: Query[LineQuery]) -> Reply:
    """List the lines of an import: its preview before it is applied, what became of them after."""
    refuse_strange("tab", query.tab, TABS)
    refuse_wrong_place(query, IN_ORDER, ImportLine)
    listed = lines_of(_import(pk), query.tab, after=query.after, before=query.before, size=query.limit)
    items = [LineTold.of(line) for line in listed.page.rows]
    return page_reply(call, LinePage, listed.page, items=items, counts=listed.counts)


@area.post("/imports/{int:pk}/apply", Action.IMPORT, ImportTold, status=202, refuses=True)
def apply(call: Call, pk: Id) -> ImportTold:
    """Apply a previewed import."""
    return ImportTold.of(apply_import(import_id=_import(pk).pk, **call.told))


@area.post("/imports/{int:pk}/cancel", Action.IMPORT, Done, refuses=True)
def cancel(call: Call, pk: Id) -> Done:
    """Stop an import. What was applied stays."""
    cancel_import(import_id=_import(pk).pk, **call.told)
    return Done(changed=True, sentence="The import was cancelled. What was applied stays.")
