"""The operator's pages of Google connections: a new one, its settings, its key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tenantry.connections.google_services import create_google_connection, edit_google_connection, replace_key
from tenantry.connections.models import Connection
from tenantry.connections.services import UnableToSaveConnection
from tenantry.web.access import OperatorVisit, needs_operator
from tenantry.web.addresses import posted
from tenantry.web.operator.google_forms import (
    GoogleConnectionForm,
    GoogleKeyForm,
    NewGoogleConnectionForm,
    google_groups,
)
from tenantry.web.operator.groups import grouped
from tenantry.web.operator.showing import back_to, show_form


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_google_add(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Make a Google connection; its page tests it."""
    form = NewGoogleConnectionForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.given({}, form.cleaned_data["key"])
            made = create_google_connection(given, actor=visit.actor, now=visit.now)
        except UnableToSaveConnection as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.name} is saved. Next: test it here.")
            return redirect("web:operator-connection", made.pk)
    context = {
        "title": "Add Google connection",
        "lede": "A service account that reads Google customers for an administrator of yours. The guide for operators "
        "shows where each value is found.",
        "submit": "Save connection",
        "back_url": reverse("web:operator-home"),
        "back": "Operator",
        "files": True,
    }
    return show_form(request, form, google_groups(form), context)


def edit_google(request: HttpRequest, visit: OperatorVisit, row: Connection) -> HttpResponse:
    """Change the settings of a Google connection; the key stays."""
    form = GoogleConnectionForm(posted(request), initial=GoogleConnectionForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        given = form.given(row.settings)
        if _saved(form, partial(edit_google_connection, connection_id=row.pk, given=given, **_by(visit))):
            messages.success(request, "Saved. Test it to see whether it still works.")
            return redirect("web:operator-connection", row.pk)
    context = {
        "title": f"Edit {row.name}",
        "lede": "Another mode or administrator shows other customers; what the old one brought stays.",
        "submit": "Save",
        **back_to(row),
    }
    return show_form(request, form, google_groups(form), context)


def replace_google_key(request: HttpRequest, visit: OperatorVisit, row: Connection) -> HttpResponse:
    """Put another key in place of the one that is there."""
    form = GoogleKeyForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        if _saved(form, partial(replace_key, connection_id=row.pk, key=key, **_by(visit))):
            messages.success(request, "The new key is sealed. Test it now.")
            return redirect("web:operator-connection", row.pk)
    context = {
        "title": f"Replace the key of {row.name}",
        "lede": "The one that is there is never shown. It is used until you save, and gone then.",
        "submit": "Replace key",
        "files": True,
        **back_to(row),
    }
    return show_form(request, form, grouped(form, [("", "", ("key",))]), context)


def _by(visit: OperatorVisit) -> dict[str, Any]:
    return {"actor": visit.actor, "now": visit.now}


def _saved(form: forms.Form, save: Callable[[], Connection]) -> bool:
    """Save; return False, with the sentence on the form, when that was refused."""
    try:
        save()
    except UnableToSaveConnection as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
