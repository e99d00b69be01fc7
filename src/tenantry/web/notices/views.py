"""The pages of notices: a marketplace's for its managers, the installation's for operators."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.sync.models import Notice, OperatorNotice
from tenantry.sync.notices import mark_all_read, mark_read
from tenantry.sync.notices.queries import (
    count_unread,
    find_notice,
    find_operator_notice,
    list_notices,
    list_operator_notices,
)
from tenantry.web.access import OperatorVisit, Visit, needs, needs_operator
from tenantry.web.amounts import counted
from tenantry.web.notices.listing import notices_context

_LIST, _OPERATORS = "web:notice-list", "web:operator-notices"


@require_safe
@needs(Action.SEE_NOTICES)
def notice_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List what the marketplace's managers were told, newest first."""
    account_id = visit.presence.account.pk
    found = list_notices(account_id, **_place(request))
    context = notices_context(request, found, count_unread(account_id), of_operators=False)
    return render(request, "notices/list.html", context)


@require_POST
@needs(Action.SEE_NOTICES)
def notice_open(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:  # noqa: ARG001  # every view gets it
    """Note that the notice was read, and go where it leads."""
    return _open(find_notice(pk), visit, _LIST)


@require_POST
@needs(Action.SEE_NOTICES)
def notices_read(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Note that everything was read."""
    _tell(request, mark_all_read(account_id=visit.presence.account.pk, now=visit.now))
    return redirect(_LIST)


@require_safe
@needs_operator
def operator_notices(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """List what operators were told, newest first."""
    account_id = visit.presence.account.pk
    found = list_operator_notices(account_id, **_place(request))
    context = notices_context(request, found, count_unread(account_id, of_operators=True), of_operators=True)
    return render(request, "notices/list.html", context)


@require_POST
@needs_operator
def operator_notice_open(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:  # noqa: ARG001  # same
    """Note that the notice was read, and go where it leads."""
    return _open(find_operator_notice(pk), visit, _OPERATORS)


@require_POST
@needs_operator
def operator_notices_read(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Note that everything was read."""
    _tell(request, mark_all_read(account_id=visit.presence.account.pk, now=visit.now, of_operators=True))
    return redirect(_OPERATORS)


def _place(request: HttpRequest) -> dict[str, Any]:
    return {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}


def _open(notice: Notice | OperatorNotice | None, visit: Visit | OperatorVisit, otherwise: str) -> HttpResponse:
    if notice is None:
        raise Http404
    mark_read(notice=notice, account_id=visit.presence.account.pk, now=visit.now)
    return redirect(notice.link or otherwise)


def _tell(request: HttpRequest, count: int) -> None:
    told = f"{counted(count, 'notice is', 'notices are')} read now." if count else "Everything was read already."
    messages.success(request, told)
