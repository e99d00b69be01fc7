"""What the furniture of every page needs: navigation, badge, theme, version."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action, Role
from tenantry.isolation.scope import marketplace_scope, may_open_scope
from tenantry.listing import BoundedCount
from tenantry.sync.google.queries import google_allowed
from tenantry.sync.holds.queries import count_held
from tenantry.sync.notices.queries import count_unread
from tenantry.sync.pending.queries import count_waiting
from tenantry.web.mailbox.views import exists_for
from tenantry.web.middleware import Presence

THEMES = ("system", "light", "dark")
_SECTIONS = {
    "home": "home",
    "pending-list": "pending",
    "pending-detail": "pending",
    "pending-where": "pending",
    "pending-why": "pending",
    "import-list": "imports",
    "import-detail": "imports",
    "pending-bulk": "pending",
    "pending-bulk-start": "pending",
    "pending-bulk-run": "pending",
    "pending-create": "pending",
    "pending-ignore": "pending",
    "pending-snooze": "pending",
    "decision-undo": "pending",
    "run-list": "runs",
    "run-detail": "runs",
    "run-undo": "runs",
    "hold-list": "held",
    "hold-detail": "held",
    "hold-release": "held",
    "hold-reject": "held",
    "notice-list": "notices",
    "sync-settings": "sync-settings",
    "invitation-list": "invitations",
    "mailbox": "mailbox",
    "mailbox-mail": "mailbox",
    "sync-settings-effect": "sync-settings",
    "company-list": "companies",
    "company-detail": "companies",
    "company-new": "companies",
    "company-edit": "companies",
    "company-add-person": "companies",
    "user-list": "users",
    "user-detail": "users",
    "user-edit": "users",
    "user-data": "users",
    "user-erase": "users",
    "people-list": "people",
    "person": "people",
    "person-sync": "people",
    "person-why": "people",
    "pending-users": "own-company",
    "pending-user-address": "own-company",
    "pending-user-link": "own-company",
    "company-user-sync": "own-company",
    "own-companies": "own-company",
    "own-company": "own-company",
    "company-fields": "company-fields",
    "person-fields": "person-fields",
    "token-list": "tokens",
    "activity": "activity",
    "relationship-request": "connecting",
    "google-tenants": "google-tenants",
    "google-tenant": "google-tenants",
    "connect-requests": "connecting",
    "connect-tenant": "connecting",
}


def furniture(request: HttpRequest) -> dict[str, Any]:
    """Return the context that ``base.html`` documents."""
    presence: Presence | None = getattr(request, "presence", None)
    theme = request.COOKIES.get("theme", "system")
    return {
        "nav": _navigation(request, presence) if presence else None,
        "theme": theme if theme in THEMES else "system",
        "tenantry_version": settings.VERSION,
        "demo_mode": settings.DEMO,
        "has_mailbox": settings.DEMO and exists_for(request),
    }


def _navigation(request: HttpRequest, presence: Presence) -> dict[str, Any]:
    current = presence.current
    sees_pending = current is not None and presence.may(Action.SEE_PENDING)
    sees_google = False
    waiting = held = BoundedCount(0, over=False)
    # An operator who works in one marketplace and sets another one up is in the scope of that: no counts then.
    if sees_pending and current is not None and may_open_scope(current.marketplace_id):
        with marketplace_scope(current.marketplace_id):
            waiting = count_waiting()
            sees_google = presence.may(Action.LINK_GOOGLE) and google_allowed()
            held = count_held() if presence.may(Action.RELEASE_HOLDS) else held
    notices = _unread_notices(presence)
    return {
        "marketplace": {"id": current.marketplace_id, "name": current.name} if current else None,
        "marketplaces": [{"id": place.marketplace_id, "name": place.name} for place in presence.workplaces],
        "pending_count": waiting.count,
        "pending_over": waiting.over,
        "held_count": held.count,
        "held_over": held.over,
        "notice_count": notices.count if notices else 0,
        "notice_over": notices is not None and notices.over,
        "notices_url": _notices_url(presence) if notices else "",
        "sees_pending": sees_pending,
        "sees_companies": presence.may(Action.SEE_COMPANIES),
        "is_staff": presence.is_staff,
        "sees_own_company": presence.may(Action.SEE_OWN_COMPANY),
        "is_operator": presence.role is Role.OPERATOR,
        "can_manage": presence.may(Action.CHANGE_SYNC_SETTINGS),
        "can_invite": presence.may(Action.INVITE) or presence.may(Action.INVITE_IN_OWN_COMPANY),
        "sees_activity": presence.may(Action.SEE_ACTIVITY),
        "can_manage_webhooks": presence.may(Action.MANAGE_WEBHOOKS),
        "can_make_tokens": presence.may(Action.MAKE_TOKENS),
        "can_connect": presence.may(Action.CONNECT_TENANT),
        "sees_google": sees_google,
        "section": _section(request.resolver_match.url_name or "") if request.resolver_match else "",
    }


def _unread_notices(presence: Presence) -> BoundedCount | None:
    """Count what is unread of the marketplace's notices, or of the operators' outside any; ``None``: sees none."""
    if presence.current is not None and not may_open_scope(presence.current.marketplace_id):
        return None
    if presence.current is not None and presence.may(Action.SEE_NOTICES):
        with marketplace_scope(presence.current.marketplace_id):
            return count_unread(presence.account.pk)
    if presence.current is None and presence.role is Role.OPERATOR:
        return count_unread(presence.account.pk, of_operators=True)
    return None


def _notices_url(presence: Presence) -> str:
    return reverse("web:notice-list" if presence.current is not None else "web:operator-notices")


def _section(route: str) -> str:
    """Return the entry of the navigation that a route belongs to."""
    own = ("operator", "webhook")
    return next((area for area in own if route.startswith(f"{area}-")), _SECTIONS.get(route, ""))
