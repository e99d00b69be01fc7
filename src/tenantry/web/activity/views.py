"""The pages that tell who did what, and why: a marketplace's for its managers, the installation's for operators."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.models import INSTALLATION
from tenantry.audit.services import record_event
from tenantry.core.permissions import Action
from tenantry.web.access import OperatorVisit, Visit, needs, needs_operator
from tenantry.web.activity.listing import EXPORT_HEADS, Reader, export_lines, export_rows, list_context, wanted_by
from tenantry.web.csv_files import csv_file, lines_file


@require_safe
@needs(Action.SEE_ACTIVITY)
def activity(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List what happened in the marketplace, newest first."""
    return render(request, "activity/list.html", list_context(request, _reader(visit)))


@require_safe
@needs(Action.SEE_ACTIVITY)
def activity_export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Download the events that fit the filters, as CSV or as lines of JSON. That is recorded, too."""
    return _export(request, _reader(visit), visit)


@require_safe
@needs_operator
def operator_activity(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:  # noqa: ARG001  # pages get it
    """List what happened in the installation itself, newest first."""
    return render(request, "activity/list.html", list_context(request, Reader(INSTALLATION, opens=True)))


@require_safe
@needs_operator
def operator_activity_export(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Download the installation's own events that fit the filters. That is recorded, too."""
    return _export(request, Reader(INSTALLATION, opens=True), visit)


def _reader(visit: Visit) -> Reader:
    return Reader(visit.marketplace_id, opens=visit.presence.may(Action.HANDLE_PERSONAL_DATA))


def _export(request: HttpRequest, reader: Reader, visit: Visit | OperatorVisit) -> HttpResponse:
    wanted, name = wanted_by(request), f"activity-{visit.now:%Y-%m-%d}"
    lines = request.GET.get("as") == "jsonl"
    answer = (
        lines_file(f"{name}.jsonl", export_lines(wanted, reader), content_type="application/x-ndjson")
        if lines
        else csv_file(f"{name}.csv", EXPORT_HEADS, export_rows(wanted, reader))
    )
    with transaction.atomic():
        _record(reader, visit.actor, wanted, visit)
    return answer


def _record(reader: Reader, actor: Actor, wanted: dict[str, str], visit: Visit | OperatorVisit) -> None:
    used = sorted(name for name, value in wanted.items() if value)
    happening = Happening(
        "audit.event.exported", Target("marketplace", str(reader.marketplace_id)), after={"filters": used}
    )
    record_event(
        happening, actor=actor, marketplace_id=reader.marketplace_id, now=visit.now, request_id=visit.request_id
    )
