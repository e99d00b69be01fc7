"""The pages about a person's data: all that is known, as a page and as a file, and erasing it."""

import json
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Membership, User
from tenantry.marketplace.people.erasing import ErasureRefused, companies_kept_by, erase_person
from tenantry.marketplace.people.exporting import account_history, record_of_person
from tenantry.web.access import Visit, needs_outside
from tenantry.web.activity.words import spoken, title_of
from tenantry.web.texts import legible
from tenantry.web.users.views import person_or_404

_CONFLICT = 409


@require_safe
@needs_outside(Action.HANDLE_PERSONAL_DATA)
def user_data(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show all that is known of a person, or download it as JSON (``?as=json``). Both are recorded."""
    with marketplace_scope(visit.marketplace_id):
        user = person_or_404(pk)
        record = record_of_person(user)
        happening = Happening("marketplace.user.exported", Target("user", str(pk)))
        record_event(
            happening, actor=visit.actor, marketplace_id=visit.marketplace_id, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    record["login's history"] = account_history(user.account_id)
    if request.GET.get("as") == "json":
        return _file(record, pk, visit.now)
    context = {
        "person": {"pk": pk, "name": legible(str(user)), "erased": user.erased_at},
        "sections": [{"title": title.capitalize(), "rows": _rows(rows)} for title, rows in record.items()],
    }
    return render(request, "users/data.html", context)


def _file(record: dict[str, Any], pk: int, now: datetime) -> HttpResponse:
    content = json.dumps(record, ensure_ascii=False, indent=2, default=_written)
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="person-{pk}-{now:%Y-%m-%d}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _rows(rows: list[dict[str, Any]]) -> list[list[dict[str, str]]]:
    """Return each object as what has a value in it."""
    told = [row | {"action": title_of(row["action"])} if "action" in row else row for row in rows]
    return [
        [{"name": name.replace("_", " "), "value": _words(value)} for name, value in row.items() if _words(value)]
        for row in told
    ]


def _words(value: object) -> str:
    if isinstance(value, dict):
        parts = [(str(name).replace("_", " "), _words(each)) for name, each in value.items()]
        return "; ".join(f"{name}: {text}" for name, text in parts if text)
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return "" if value is None else spoken(str(value))


@require_http_methods(["GET", "HEAD", "POST"])
@needs_outside(Action.HANDLE_PERSONAL_DATA)
def user_erase(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say what erasing a person does, have it confirmed by typing who it is, and do it."""
    with marketplace_scope(visit.marketplace_id):
        user = person_or_404(pk)
        context = _question(user)
    if user.erased_at is not None:
        return redirect("web:user-detail", pk=pk)
    if request.method != "POST" or context["kept_by"]:
        return render(request, "users/erase.html", context)
    if request.POST.get("typed", "").strip().casefold() != context["wanted"].casefold():
        wrong = f"This is not what was asked for. Type {context['wanted']} to erase this person."
        return render(request, "users/erase.html", context | {"wrong": wrong}, status=_CONFLICT)
    try:
        erase_person(
            marketplace_id=visit.marketplace_id, user_id=pk, actor=visit.actor, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    except ErasureRefused as refusal:
        return render(request, "users/erase.html", context | {"wrong": str(refusal)}, status=_CONFLICT)
    messages.success(request, "The person's data was erased.")
    return redirect("web:user-detail", pk=pk)


def _question(user: User) -> dict[str, Any]:
    return {
        "person": {"pk": user.pk, "name": legible(str(user))},
        "wanted": user.email or user.name or f"person {user.pk}",
        "places": Membership.objects.filter(user=user).exclude(state="inactive").count(),
        "signs_in": user.account_id is not None,
        "kept_by": [
            {"name": legible(company.name), "url": reverse("web:company-detail", args=[company.pk])}
            for company in companies_kept_by(user)
        ],
        "wrong": "",
    }
