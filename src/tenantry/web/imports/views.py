"""The pages of imports: upload, preview, apply, cancel, and the lines that can't be used as a file."""

import io

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.imports.reading import COLUMNS, FileKind
from tenantry.core.permissions import Action
from tenantry.marketplace.imports.queries import bad_lines_of, find_import, latest_imports
from tenantry.marketplace.imports.services import LARGEST_FILE, ImportRefused, apply_import, cancel_import, start_import
from tenantry.marketplace.models import Import
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import pager
from tenantry.web.csv_files import csv_file
from tenantry.web.imports.showing import detail_context, live_context, row_of


class UploadForm(forms.Form):
    """One CSV file."""

    file = forms.FileField(
        label="CSV file",
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=f"Text in UTF-8 with the columns' names in the first line; at most {LARGEST_FILE // 1024**2} MB.",
    )


@needs(Action.IMPORT)
def import_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List imports, newest first, above the form that starts one."""
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            uploaded = form.cleaned_data["file"]
            try:
                job = _start(uploaded, visit)
            except ImportRefused as refused:
                form.add_error("file", str(refused))
            else:
                return redirect("web:import-detail", job.pk)
    page = latest_imports(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "form": form,
        "rows": [row_of(job) for job in page.rows],
        "pager": pager(request, page),
        "columns": [(kind.value, COLUMNS[kind]) for kind in FileKind],
    }
    return render(request, "imports/list.html", context, status=422 if form.errors else 200)


def _start(uploaded: io.BufferedIOBase, visit: Visit) -> Import:
    if (getattr(uploaded, "size", 0) or 0) > LARGEST_FILE:
        raise ImportRefused(f"The file is larger than {LARGEST_FILE // 1024**2} MB. Split it, and import the parts.")
    name = str(getattr(uploaded, "name", "") or "import.csv")
    return start_import(
        file_name=name, content=uploaded.read(), actor=visit.actor, now=visit.now, request_id=visit.request_id
    )


@require_safe
@needs(Action.IMPORT)
def import_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show what an import would do, does or did."""
    return render(request, "imports/detail.html", detail_context(request, _import(pk), now=visit.now))


@require_safe
@needs(Action.IMPORT)
def import_progress(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show the live part; when it has come to rest, have the whole page loaded anew."""
    context = live_context(_import(pk), now=visit.now)
    response = render(request, "imports/_progress.html", context)
    if not context["is_live"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs(Action.IMPORT)
def import_apply(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Apply a previewed import."""
    _import(pk)
    try:
        apply_import(import_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("web:import-detail", pk)


@require_POST
@needs(Action.IMPORT)
def import_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Stop an import."""
    _import(pk)
    try:
        cancel_import(import_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The import was cancelled. What was applied stays.")
    return redirect("web:import-detail", pk)


@require_safe
@needs(Action.IMPORT)
def import_problems(_request: HttpRequest, _visit: Visit, pk: int) -> HttpResponse:
    """Give the lines that can't be used, or were not applied, as a CSV file."""
    job = _import(pk)
    return csv_file(f"import-{job.pk}-problems.csv", ["line", "about", "problem"], bad_lines_of(job))


@require_safe
@needs(Action.IMPORT)
def import_template(_request: HttpRequest, _visit: Visit, kind: str) -> HttpResponse:
    """Give an empty file with the columns' names, to be filled in."""
    if kind not in {one.value for one in FileKind}:
        raise Http404
    answer = HttpResponse(",".join(COLUMNS[FileKind(kind)]) + "\n", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return answer


def _import(pk: int) -> Import:
    try:
        return find_import(pk)
    except Import.DoesNotExist:
        raise Http404 from None
