"""Addresses that keep what a person looks at: the same page with other parameters, and safe ways back."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, QueryDict
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tenantry.listing import Page

_GAP = 2**62  # a number that no address has by itself


def with_parameters(request: HttpRequest, **changes: str | None) -> str:
    """Return the current path and query with these parameters set, or left out for ``None`` and ``""``."""
    query = QueryDict(request.GET.urlencode(), mutable=True)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


@lru_cache(maxsize=100)
def _address_with_gap(name: str) -> str:
    return reverse(name, args=[_GAP]).replace(str(_GAP), "{}")


def address_of(name: str, pk: int) -> str:
    """Return the address of one row's page: ``reverse`` for a list, which asks for the same few hundreds of times."""
    return _address_with_gap(name).format(pk)


def query_of(parameters: Mapping[str, str | None]) -> str:
    """Return ``?a=b`` of what is set, or nothing."""
    query = QueryDict(mutable=True)
    for name, value in parameters.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else ""


def pager(request: HttpRequest, page: Page[Any], *, text: str = "") -> dict[str, str]:
    """Return the context of ``components/pager.html``."""
    return {
        "previous_url": with_parameters(request, before=page.before, after=None) if page.before else "",
        "next_url": with_parameters(request, after=page.after, before=None) if page.after else "",
        "first_url": with_parameters(request, after=None, before=None),
        "text": text,
    }


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form sent, or ``None`` for a page that is only looked at: what a bound form is made of."""
    return request.POST if request.method == "POST" else None


def back_to(request: HttpRequest, default: str) -> str:
    """Return where a posted form came from: its ``next``, or the page that held it, if that is ours."""
    for place in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if place and url_has_allowed_host_and_scheme(
            place, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return place
    return resolve_url(default)
