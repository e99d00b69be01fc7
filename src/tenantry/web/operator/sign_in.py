"""The operator's pages that sign the service user of a connection in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from tenantry.connections.models import ApplicationKind, Connection
from tenantry.connections.signing_in import finish_sign_in, poll_sign_in, start_sign_in, waiting_sign_in
from tenantry.providers.errors import ProviderError
from tenantry.web.access import OperatorVisit, needs_operator

_SESSION_KEY = "signing_in_connection"


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_sign_in(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Show how to sign in and, while it is under way, the code to type. POST ``do``: ``start``, or ``check``."""
    row = _connection(pk)
    if request.method == "POST":
        try:
            return _start(request, row, visit) if request.POST.get("do") == "start" else _check(request, row, visit)
        except ProviderError as error:
            messages.error(request, f"{error.message} {error.next_step}")
            return redirect("web:operator-sign-in", pk)
    context = {
        "connection": row.name,
        "native": row.application_kind == ApplicationKind.NATIVE,
        "waiting": waiting_sign_in(row, now=visit.now),
        "redirect_uri": _redirect_uri(request),
        "back_url": reverse("web:operator-connection", args=[pk]),
    }
    response = render(request, "operator/sign_in.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _start(request: HttpRequest, row: Connection, visit: OperatorVisit) -> HttpResponse:
    waiting = start_sign_in(row, redirect_uri=_redirect_uri(request), now=visit.now)
    if waiting.code:
        return redirect("web:operator-sign-in", row.pk)
    request.session[_SESSION_KEY] = row.pk
    return HttpResponseRedirect(waiting.address)


def _check(request: HttpRequest, row: Connection, visit: OperatorVisit) -> HttpResponse:
    who = poll_sign_in(row, actor=visit.actor, now=visit.now)
    if who is None:
        messages.info(request, "Nobody has typed the code yet.")
        return redirect("web:operator-sign-in", row.pk)
    messages.success(request, f"Signed in as {who or 'the service user'}. Test the connection now.")
    return redirect("web:operator-connection", row.pk)


@require_safe
@needs_operator
def operator_signed_in(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Take over what the provider's sign-in page sends the browser back with. It fits one sign-in only."""
    row = _connection(int(request.session.pop(_SESSION_KEY, 0)))
    try:
        who = finish_sign_in(row, request.GET.dict(), actor=visit.actor, now=visit.now)
    except ProviderError as error:
        messages.error(request, f"{error.message} {error.next_step}")
        return redirect("web:operator-sign-in", row.pk)
    messages.success(request, f"Signed in as {who or 'the service user'}. Test the connection now.")
    return redirect("web:operator-connection", row.pk)


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("web:operator-signed-in"))


def _connection(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk, provider="microsoft").first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row
