"""The pages of pending companies."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.sync.models import PendingCompany
from tenantry.sync.pending.queries import list_pending
from tenantry.web.access import Visit, needs
from tenantry.web.pending.detail import detail_context
from tenantry.web.pending.listing import kept_query, list_context, wanted_by


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.SEE_PENDING)
def pending_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List pending companies: a full page, or its table alone for HTMX."""
    wanted = wanted_by(request)
    context = list_context(request, visit, wanted, list_pending(wanted, now=visit.now))
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
    pending = PendingCompany.objects.select_related("tenant", "connection").filter(pk=pk).first()
    if pending is None:
        raise Http404
    return render(request, "pending/detail.html", detail_context(pending, wanted_by(request), now=visit.now))
