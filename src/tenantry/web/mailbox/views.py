"""The mailbox's pages. Outside the demo, or for another machine, they do not exist."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenantry.web.mailbox.reading import newest, one

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _demo_only(view: Callable[Concatenate[HttpRequest, Path, P], HttpResponse]) -> View[P]:
    """Hand the view the folder of the mailbox; 404 where there is none."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if settings.MAILBOX is None or not exists_for(request):
            raise Http404
        return view(request, settings.MAILBOX, *args, **kwargs)

    return cast("View[P]", guarded)


def exists_for(request: HttpRequest) -> bool:
    """Whether the mailbox exists for this request: in the demo, asked from this machine by a name of this machine."""
    if not settings.DEMO or settings.MAILBOX is None or "X-Forwarded-For" in request.headers:
        return False
    try:
        local = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return local and split_domain_port(request.get_host())[0] in _HOSTS


@never_cache
@require_safe
@_demo_only
def mailbox(request: HttpRequest, folder: Path) -> HttpResponse:
    """List what was caught."""
    return render(request, "mailbox/list.html", {"mails": newest(folder)})


@never_cache
@require_safe
@_demo_only
def mailbox_mail(request: HttpRequest, folder: Path, key: str) -> HttpResponse:
    """Show one message: its headers and its text."""
    mail = one(folder, key)
    if mail is None:
        raise Http404
    return render(request, "mailbox/mail.html", {"mail": mail})


@never_cache
@require_safe
@_demo_only
def mailbox_html(request: HttpRequest, folder: Path, key: str) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Show the message's HTML as a mail program would, under a policy that runs nothing."""
    mail = one(folder, key)
    if mail is None:
        raise Http404
    return HttpResponse(mail.html, headers={"Content-Security-Policy": _POLICY})
