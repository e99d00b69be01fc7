"""*Connect tenant*: a company's requests, and the list of all that wait."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.listing import Order, bounded_count, page_of
from tenantry.marketplace.models import Company
from tenantry.sync.completing import complete_requests
from tenantry.sync.connecting import ConnectRefused, cancel_connect, refusal_to_connect, request_connect
from tenantry.sync.models import ConnectRequest, ConnectState
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import back_to, pager, posted

_TONES = {ConnectState.PENDING: "busy", ConnectState.COMPLETE: "good", ConnectState.CANCELLED: "off"}
_NEWEST = Order("requested", "created_at", descending=True)
_MOST_OF_COMPANY = 20


class ConnectForm(forms.Form):
    """The tenant that a company waits for."""

    tenant = forms.CharField(
        max_length=255, label="Domain or tenant ID",
        help_text="contoso.com, contoso.onmicrosoft.com, or the ID from the customer's Entra overview page.",
    )  # fmt: skip


@require_safe
@needs(Action.CONNECT_TENANT)
def connect_requests(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # every view gets it
    """List the requests of the marketplace, by state."""
    state = request.GET.get("state", ConnectState.PENDING.value)
    state = state if state in ConnectState.values else ConnectState.PENDING.value
    rows = ConnectRequest.objects.filter(state=state).select_related("company", "tenant")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of([rows], _NEWEST, after=after, before=before)
    context = {
        "requests": [row_of(row) for row in page.rows],
        "pager": pager(request, page),
        "tabs": [_tab(each, state) for each in ConnectState],
        "refusal": refusal_to_connect(read_company_sync()),
        "state": state,
    }
    return render(request, "connecting/list.html", context)


def _tab(state: ConnectState, current: str) -> dict[str, Any]:
    counted = bounded_count(ConnectRequest.objects.filter(state=state))
    url = f"{reverse('web:connect-requests')}?state={state.value}"
    return {"label": str(state.label).capitalize(), "url": url, "active": state.value == current,
            "count": counted.count, "over": counted.over}  # fmt: skip


def row_of(row: ConnectRequest) -> dict[str, Any]:
    """Return a request as lists show it."""
    return {
        "pk": row.pk,
        "company": row.company.name,
        "company_url": reverse("web:connect-tenant", args=[row.company_id]),
        "wanted": row.domain or row.external_id,
        "word": str(ConnectState(row.state).label),
        "tone": _TONES[ConnectState(row.state)],
        "waits": row.state == ConnectState.PENDING,
        "problem": row.problem,
        "by": row.requested_by_name,
        "at": row.created_at,
        "ended_at": row.ended_at,
        "tenant": row.tenant.name if row.tenant else "",
        "cancel_url": reverse("web:connect-cancel", args=[row.pk]),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CONNECT_TENANT)
def connect_tenant(request: HttpRequest, visit: Visit, company_id: int) -> HttpResponse:
    """Show what a company waits for; on POST let it wait for one more tenant. One that is here is linked at once."""
    company = Company.objects.filter(pk=company_id).first() if company_id < 2**63 else None
    if company is None:
        raise Http404
    form = ConnectForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = request_connect(
                company_id=company_id, given=form.cleaned_data["tenant"], actor=visit.actor, now=visit.now,
                request_id=visit.request_id,
            )  # fmt: skip
        except ConnectRefused as refusal:
            form.add_error("tenant", str(refusal))
        else:
            complete_requests(now=visit.now, request=made.pk)
            _tell(request, made)
            return redirect("web:connect-tenant", company_id)
    rows = ConnectRequest.objects.filter(company=company).select_related("company", "tenant").order_by("-created_at")
    context = {
        "company": {"pk": company.pk, "name": company.name},
        "form": form,
        "refusal": refusal_to_connect(read_company_sync()),
        "requests": [row_of(row) for row in rows[:_MOST_OF_COMPANY]],
    }
    return render(request, "connecting/tenant.html", context, status=422 if form.errors else 200)


def _tell(request: HttpRequest, made: ConnectRequest) -> None:
    made.refresh_from_db()
    if made.state == ConnectState.COMPLETE:
        messages.success(request, "The tenant is here already: it is linked now.")
    elif made.problem:
        messages.warning(request, made.problem)
    else:
        messages.success(request, "It waits. When the tenant shows up in a sync, it is linked without asking again.")


@require_POST
@needs(Action.CONNECT_TENANT)
def connect_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Wait for a tenant no longer."""
    try:
        if pk >= 2**63:
            raise Http404
        cancel_connect(pk=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
    except ConnectRequest.DoesNotExist as missing:
        raise Http404 from missing
    except ConnectRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Cancelled. The tenant, when it shows up, waits in Pending companies like any other.")
    return redirect(back_to(request, "web:connect-requests"))
