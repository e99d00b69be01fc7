"""The operator's pages of connections: a new one, one with its health and its last test, its settings and secret."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenantry.connections.editing import create_connection, edit_connection, replace_credential
from tenantry.connections.models import ApplicationKind, Connection, Provider
from tenantry.connections.probing import probe_connection
from tenantry.connections.services import UnableToSaveConnection
from tenantry.providers.errors import ProviderError
from tenantry.sync.quarantine.services import switch_connection
from tenantry.web.access import OperatorVisit, needs_operator
from tenantry.web.addresses import posted
from tenantry.web.operator.connection_context import connection_context
from tenantry.web.operator.forms import ConnectionForm, CredentialForm, NewConnectionForm
from tenantry.web.operator.google_pages import edit_google, replace_google_key
from tenantry.web.operator.groups import connection_groups, credential_groups
from tenantry.web.operator.showing import back_to, show_form


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_connection_add(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Make a Microsoft connection; its page tests it and signs a person in."""
    form = NewConnectionForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.given({}, credential=form.credential)
        try:
            made = create_connection(given, expires_at=form.expires_at, actor=visit.actor, now=visit.now)
        except UnableToSaveConnection as refusal:
            form.add_error(None, str(refusal))
        else:
            native = made.application_kind == ApplicationKind.NATIVE
            messages.success(request, f"{made.name} is saved. Next: {'sign in' if native else 'test'} it here.")
            return redirect("web:operator-connection", made.pk)
    context = {
        "title": "Add Microsoft connection",
        "lede": "The credential of one Partner Center. The guide for operators shows where each value is found.",
        "submit": "Save connection",
        "back_url": reverse("web:operator-home"),
        "back": "Operator",
        "files": True,
    }
    return show_form(request, form, connection_groups(form), context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_connection_edit(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Change the settings. Secrets stay unless the change makes them worthless, which is said."""
    row = _connection(pk)
    if row.provider == Provider.GOOGLE:
        return edit_google(request, visit, row)
    form = ConnectionForm(posted(request), initial=ConnectionForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        try:
            given = form.given(row.settings)
            _, lost = edit_connection(connection_id=pk, given=given, actor=visit.actor, now=visit.now)
        except UnableToSaveConnection as refusal:
            form.add_error(None, str(refusal))
        else:
            if lost:
                messages.warning(
                    request, "Saved. What was signed in for another application was removed: sign in again."
                )
            else:
                messages.success(request, "Saved. Test it to see whether it still works.")
            return redirect("web:operator-connection", pk)
    context = {
        "title": f"Edit {row.name}",
        "lede": "Another tenant, application or cloud ends the sign-in of the one before.",
        "submit": "Save",
        **back_to(row),
    }
    return show_form(request, form, connection_groups(form), context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_connection_secret(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Put another secret or certificate in place of the one that is there."""
    row = _connection(pk)
    if row.provider == Provider.GOOGLE:
        return replace_google_key(request, visit, row)
    form = CredentialForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            replace_credential(
                connection_id=pk, credential=form.credential, expires_at=form.expires_at, actor=visit.actor,
                now=visit.now,
            )  # fmt: skip
        except UnableToSaveConnection as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The new secret is sealed. Test it now.")
            return redirect("web:operator-connection", pk)
    context = {
        "title": f"Replace the secret of {row.name}",
        "lede": "The one that is there is never shown. It is used until you save, and gone then.",
        "submit": "Replace secret",
        "files": True,
        **back_to(row),
    }
    return show_form(request, form, credential_groups(form), context)


@require_safe
@needs_operator
def operator_connection(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Show one connection."""
    return render(request, "operator/connection.html", connection_context(_connection(pk), visit))


@require_POST
@needs_operator
def operator_connection_test(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Ask the provider for each permission, and keep what it answers."""
    row = _connection(pk)
    try:
        tested = probe_connection(row, now=visit.now)
    except ProviderError as error:
        messages.error(request, f"{error.message} {error.next_step}")
    else:
        if tested.usable:
            sync = "User Sync" if row.provider == Provider.GOOGLE else "Company Sync"
            messages.success(request, f"Tested: {sync} can work with this connection.")
        else:
            messages.warning(request, "Tested: something is missing. The list below says what, and how to mend it.")
    return redirect("web:operator-connection", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_connection_switch(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Enable the connection, or ask and then disable it."""
    row = _connection(pk)
    if request.method == "POST":
        enabled = request.POST.get("enabled") == "yes"
        switch_connection(connection_id=pk, enabled=enabled, actor=visit.actor, now=visit.now)
        messages.success(request, f"{row.name} is {'enabled' if enabled else 'disabled'}.")
        return redirect("web:operator-connection", pk)
    context = {
        "title": f"Disable {row.name}?",
        "sentences": [
            "Nothing is read from it until somebody enables it again: no lists, no details.",
            "Its secret, its feeds and everything that it brought stay. Nothing is withdrawn because of it.",
        ],
        "submit": "Disable",
        "fields": {"enabled": "no"},
        "back_url": reverse("web:operator-connection", args=[pk]),
    }
    return render(request, "operator/confirm.html", context)


def _connection(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row
