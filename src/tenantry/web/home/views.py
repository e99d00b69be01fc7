"""Home, and what the frame of every page posts: the theme and the marketplace to work in."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.web.access import Visit, enter_marketplace, needs, needs_account, presence_in
from tenantry.web.addresses import back_to
from tenantry.web.context import THEMES
from tenantry.web.home.dashboard import dashboard_context
from tenantry.web.middleware import Presence

_YEAR = 31_536_000


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs a decision; to people of companies, their own company.

    Somebody without a marketplace is told where to get one.
    """
    presence = presence_in(request)
    if presence and presence.current is None and not presence.account.is_operator:
        return render(request, "dashboard.html")
    if presence and presence.current is not None and not presence.is_staff:
        return redirect("web:own-companies")
    return _dashboard(request)


@needs(Action.SEE_HOME)
def _dashboard(request: HttpRequest, visit: Visit) -> HttpResponse:
    return render(request, "dashboard.html", dashboard_context(visit))


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back. Works before sign-in too: it says nothing about anybody."""
    response = redirect(back_to(request, "web:home"))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=_YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
        )
    return response


@require_POST
@needs_account
def switch_marketplace(request: HttpRequest, presence: Presence) -> HttpResponse:
    """Go to work in another marketplace. One that this person may not enter does not exist."""
    wanted = request.POST.get("marketplace", "")
    place = next((place for place in presence.workplaces if str(place.marketplace_id) == wanted), None)
    if place is None:
        raise Http404
    enter_marketplace(request, presence, place.marketplace_id)
    return redirect("web:home")
