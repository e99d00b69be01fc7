"""*Force user sync* of one company: reads its directories now, whatever the schedule says."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenantry.core.permissions import Action
from tenantry.marketplace.models import Company
from tenantry.sync.models import Trigger
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.requests import SyncRefused
from tenantry.web.access import Visit, needs


@require_POST
@needs(Action.START_RUN)
def force_user_sync(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Start, or join, a sync of the company's people; lead to its run."""
    if not Company.objects.filter(pk=pk).exists():
        raise Http404
    wish = Wish(visit.actor, Trigger.BUTTON, company_id=pk)
    try:
        runs = request_people_sync(marketplace_id=visit.marketplace_id, wish=wish, now=visit.now)
    except SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("web:company-detail", pk=pk)
    messages.success(request, "The people of this company are being read. You may leave this page.")
    return redirect("web:run-detail", pk=runs[0].pk)
