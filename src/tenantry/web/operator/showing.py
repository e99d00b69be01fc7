"""How the operator's pages of connections are shown: one form on a page, with its way back."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tenantry.connections.models import Connection

_INVALID = 422


def show_form(
    request: HttpRequest, form: forms.Form, groups: list[dict[str, Any]], context: dict[str, Any]
) -> HttpResponse:
    """Show one form; what is wrong with it makes the answer 422. Nothing of it is kept by the browser."""
    status = _INVALID if form.errors else 200
    response = render(request, "operator/form.html", {"form": form, "groups": groups, **context}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def back_to(row: Connection) -> dict[str, str]:
    """Return the way back to the connection's page, for a form's context."""
    return {"back_url": reverse("web:operator-connection", args=[row.pk]), "back": row.name}
