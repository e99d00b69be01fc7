"""The pages of pending companies."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import Action
from tenantry.sync.deciding.selecting import Selection
from tenantry.sync.pending.queries import list_pending
from tenantry.web.access import Visit, needs
from tenantry.web.exports import csv_answer
from tenantry.web.pending.bulk_forms import selection_in
from tenantry.web.pending.choosing import deciding_context
from tenantry.web.pending.deciding import pending_or_404
from tenantry.web.pending.detail import detail_context
from tenantry.web.pending.exporting import HEAD, rows_of
from tenantry.web.pending.listing import kept_query, list_context, wanted_by
from tenantry.web.pending.offers import offers_context


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.SEE_PENDING)
def pending_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List pending companies: a full page, or its table alone for HTMX."""
    wanted = wanted_by(request)
    listed = list_pending(wanted, now=visit.now, beside=("connection", "tenant"))
    context = list_context(request, visit, wanted, listed)
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "pending/list.html", context)
    response = render(request, "pending/_table.html", context)
    response["HX-Push-Url"] = request.path + kept_query(wanted, place=True)  # without what is not set
    return response


@require_safe
@needs(Action.SEE_PENDING)
def pending_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one pending company. Answers 404 for what another marketplace has as for what nobody has."""
    pending = pending_or_404(pk)
    offered = offers_context(pending, visit)
    context = detail_context(pending, wanted_by(request), now=visit.now)
    return render(request, "pending/detail.html", {**context, **offered, **deciding_context(request, visit, pending)})


@require_safe
@needs(Action.SEE_PENDING)
def pending_export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Download as CSV what the filter shows, or the ticked rows. Recorded: the file leaves the marketplace."""
    ticked = selection_in(request.GET)
    wanted = wanted_by(request)
    selection = ticked if ticked.ids else Selection(None, wanted.tab, wanted.filters)
    happening = Happening(
        "sync.pending.exported", Target("marketplace", str(visit.marketplace_id)),
        after={"tab": selection.tab, "ticked": len(ticked.ids or ())},
    )  # fmt: skip
    record_event(
        happening, actor=visit.actor, marketplace_id=visit.marketplace_id, now=visit.now, request_id=visit.request_id
    )
    rows = rows_of(selection, marketplace_id=visit.marketplace_id, now=visit.now)
    return cast("HttpResponse", csv_answer("pending-companies", HEAD, rows))  # views are typed by the common kind
