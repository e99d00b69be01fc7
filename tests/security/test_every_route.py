"""Every address of the site against every role: who may do its action gets in, and nobody else.

The routes come from the URL configuration. A new one fails here until it has its line in ``ROUTES``: the action that it
is (or ``PUBLIC``, ``SIGNED_IN``), and which of Northwind's rows its address takes.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from tests.web.cast import OPERATOR, PASSWORD, Cast, stage_of
from tests.web.directories import Somebody, add_directory
from tests.web.people import add_company, add_people, let_in
from tests.web.stage import ACTOR, customers

from tenantry.accounts.services import create_account
from tenantry.accounts.tokens import make_token
from tenantry.audit.models import INSTALLATION
from tenantry.core.permissions import SUPPORT_ROLES, Action, Role, may
from tenantry.core.token_scopes import TokenScope
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.services import start_import
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import CompanyDomain, SharingGroup, StaffRole
from tenantry.marketplace.services import give_role
from tenantry.sync.deciding.services import ignore_pending
from tenantry.sync.models import (
    CompanySyncSettings,
    ConnectRequest,
    Entitlement,
    GoogleTenant,
    Hold,
    Run,
    RunKind,
    Tenant,
    Trigger,
    UserLink,
)
from tenantry.sync.notices import tell_managers, tell_operators
from tenantry.webhooks.again import send_test
from tenantry.webhooks.destinations import Destination
from tenantry.webhooks.services import EndpointDraft, create_endpoint

_INVITERS = (Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
PUBLIC, SIGNED_IN = "public", "signed in"


@dataclass(frozen=True)
class Asked:
    """What a route needs (any one of the actions), and the kind of row in its address. ``method`` as it is asked.

    ``own``: of these rows support staff see those that they made themselves. ``reaches_out``: it asks the provider, so
    only those who may not open it ask for it here.
    """

    needs: str | tuple[Action, ...]
    row: str = ""
    method: str = "get"
    own: bool = False
    reaches_out: bool = False


def _get(action: Action, row: str = "") -> Asked:
    return Asked((action,), row)


def _post(action: Action, row: str = "") -> Asked:
    return Asked((action,), row, "post")


_INVITING = (Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
ROUTES = {
    "live": Asked(PUBLIC),
    "ready": Asked(PUBLIC),
    "metrics": Asked(PUBLIC),
    "microsoft-hint": Asked(PUBLIC, "uid", "post"),
    "google-push": Asked(PUBLIC, "uid", "post"),
    "graph-push": Asked(PUBLIC, "push", "post"),
    "account_login": Asked(PUBLIC),
    "account_logout": Asked(PUBLIC),
    "account_inactive": Asked(PUBLIC),
    "account_reauthenticate": Asked(SIGNED_IN),
    "account_change_password": Asked(SIGNED_IN),
    "account_reset_password": Asked(PUBLIC),
    "account_reset_password_done": Asked(PUBLIC),
    "account_reset_password_from_key": Asked(PUBLIC, "reset"),
    "account_reset_password_from_key_done": Asked(PUBLIC),
    "first-password": Asked(PUBLIC, "reset"),
    "mfa_index": Asked(PUBLIC),
    "mfa_authenticate": Asked(PUBLIC),
    "mfa_reauthenticate": Asked(SIGNED_IN),
    "mfa_activate_totp": Asked(SIGNED_IN),
    "mfa_deactivate_totp": Asked(SIGNED_IN),
    "mfa_view_recovery_codes": Asked(SIGNED_IN),
    "mfa_generate_recovery_codes": Asked(SIGNED_IN),
    "openid_connect_login": Asked(PUBLIC, "provider", "post"),
    "openid_connect_callback": Asked(PUBLIC, "provider"),
    "web:home": Asked(SIGNED_IN),
    "web:theme": Asked(PUBLIC, method="post"),
    "web:switch-marketplace": Asked(SIGNED_IN, method="post"),
    "web:account": Asked(SIGNED_IN),
    "web:session-end": Asked(SIGNED_IN, method="post"),
    "web:identity-release": Asked(SIGNED_IN, "identity", "post"),
    "web:invitation-accept": Asked(PUBLIC, "token"),
    "web:invitation-list": Asked(_INVITING),
    "web:invitation-resend": Asked(_INVITING, "invitation", "post"),
    "web:invitation-revoke": Asked(_INVITING, "invitation", "post"),
    "web:invitation-bounced": Asked(_INVITING, "invitation", "post"),
    "web:membership-invite": Asked(_INVITING, "place", "post"),
    "web:mailbox": Asked(PUBLIC),  # exists in the demo only
    "web:mailbox-mail": Asked(PUBLIC, "mail"),
    "web:mailbox-html": Asked(PUBLIC, "mail"),
    "web:pending-list": _get(Action.SEE_PENDING),
    "web:pending-where": _get(Action.SEE_PENDING),
    "web:pending-why": _get(Action.SEE_PENDING),
    "web:operator-connection-where": _get(Action.RUN_INSTALLATION, "connection"),
    "web:pending-export": _get(Action.SEE_PENDING),
    "web:pending-detail": _get(Action.SEE_PENDING, "pending"),
    "web:pending-bulk": _get(Action.DECIDE_PENDING),
    "web:pending-bulk-start": _post(Action.DECIDE_PENDING),
    "web:pending-bulk-run": Asked((Action.DECIDE_PENDING,), "decisions", "get", own=True),
    "web:pending-bulk-progress": Asked((Action.DECIDE_PENDING,), "decisions", "get", own=True),
    "web:pending-bulk-cancel": Asked((Action.DECIDE_PENDING,), "decisions", "post", own=True),
    "web:pending-create": _get(Action.DECIDE_PENDING, "pending"),
    "web:pending-link": _post(Action.DECIDE_PENDING, "pending"),
    "web:pending-ignore": _get(Action.DECIDE_PENDING, "pending"),
    "web:pending-snooze": _get(Action.DECIDE_PENDING, "pending"),
    "web:pending-reject": _post(Action.DECIDE_PENDING, "pending"),
    "web:pending-reopen": _post(Action.DECIDE_PENDING, "pending"),
    "web:decision-undo": _get(Action.DECIDE_PENDING, "decision"),
    "web:import-list": _get(Action.IMPORT),
    "web:import-template": _get(Action.IMPORT, "import kind"),
    "web:import-detail": _get(Action.IMPORT, "import"),
    "web:import-progress": _get(Action.IMPORT, "import"),
    "web:import-problems": _get(Action.IMPORT, "import"),
    "web:import-apply": _post(Action.IMPORT, "import"),
    "web:import-cancel": _post(Action.IMPORT, "import"),
    "web:google-tenants": _get(Action.LINK_GOOGLE),
    "web:google-tenants-read": _post(Action.LINK_GOOGLE),
    "web:google-tenant": _get(Action.LINK_GOOGLE, "google tenant"),
    "web:google-tenant-link": _post(Action.LINK_GOOGLE, "google tenant"),
    "web:google-tenant-unlink": _post(Action.LINK_GOOGLE, "google tenant"),
    "web:google-tenant-ignore": _post(Action.LINK_GOOGLE, "google tenant"),
    "web:google-tenant-reopen": _post(Action.LINK_GOOGLE, "google tenant"),
    "web:google-tenant-reject": _post(Action.LINK_GOOGLE, "google tenant"),
    "web:company-list": _get(Action.SEE_COMPANIES),
    "web:company-export": _get(Action.SEE_COMPANIES),
    "web:company-new": _get(Action.EDIT_COMPANIES),
    "web:company-detail": _get(Action.SEE_COMPANIES, "company"),
    "web:company-edit": _get(Action.EDIT_COMPANIES, "company"),
    "web:company-standing": _post(Action.EDIT_COMPANIES, "company"),
    "web:company-add-domain": _post(Action.EDIT_COMPANIES, "company"),
    "web:company-sync-domains": _post(Action.EDIT_COMPANIES, "company"),
    "web:company-remove-domain": _post(Action.EDIT_COMPANIES, "domain"),
    "web:company-add-person": _get(Action.EDIT_COMPANIES, "company"),
    "web:membership-change": _post(Action.EDIT_COMPANIES, "membership"),
    "web:user-list": _get(Action.SEE_COMPANIES),
    "web:user-export": _get(Action.SEE_COMPANIES),
    "web:user-detail": _get(Action.SEE_COMPANIES, "user"),
    "web:user-edit": _get(Action.EDIT_COMPANIES, "user"),
    "web:user-data": _get(Action.HANDLE_PERSONAL_DATA, "user"),
    "web:user-erase": _get(Action.HANDLE_PERSONAL_DATA, "user"),
    "web:people-list": _get(Action.SEE_COMPANIES),
    "web:person": _get(Action.SEE_COMPANIES, "person"),
    "web:person-why": _get(Action.SEE_COMPANIES, "person"),
    "web:person-sync": Asked((Action.START_RUN,), "person", "post", reaches_out=True),
    "web:person-unlink": _post(Action.EDIT_COMPANIES, "person"),
    "web:company-force-user-sync": _post(Action.START_RUN, "company"),
    "web:pending-users": Asked(_INVITERS, "company"),
    "web:pending-users-invite": Asked(_INVITERS, "company", "post"),
    "web:pending-user-address": Asked(_INVITERS, "newcomer"),
    "web:pending-user-link": Asked(_INVITERS, "newcomer"),
    "web:company-user-sync": Asked(_INVITERS, "directories"),
    "web:own-companies": _get(Action.SEE_OWN_COMPANY),
    "web:own-company": _get(Action.SEE_OWN_COMPANY, "company"),
    "web:sync-now": _post(Action.START_RUN),
    "web:notice-list": _get(Action.SEE_NOTICES),
    "web:notices-read": _post(Action.SEE_NOTICES),
    "web:notice-open": _post(Action.SEE_NOTICES, "notice"),
    "web:operator-notices": _get(Action.RUN_INSTALLATION),
    "web:operator-notices-read": _post(Action.RUN_INSTALLATION),
    "web:operator-notice-open": _post(Action.RUN_INSTALLATION, "operator notice"),
    "web:run-list": _get(Action.SEE_RUNS),
    "web:run-detail": _get(Action.SEE_RUNS, "run"),
    "web:run-progress": _get(Action.SEE_RUNS, "run"),
    "web:run-list-export": _get(Action.SEE_RUNS, "form"),
    "web:run-export": _get(Action.SEE_RUNS, "run export"),
    "web:run-undo": _get(Action.UNDO_RUN, "run"),
    "web:run-cancel": _post(Action.START_RUN, "run"),
    "web:hold-list": _get(Action.RELEASE_HOLDS),
    "web:hold-detail": _get(Action.RELEASE_HOLDS, "hold"),
    "web:hold-release": _post(Action.RELEASE_HOLDS, "hold"),
    "web:hold-reject": _post(Action.RELEASE_HOLDS, "hold"),
    "web:sync-settings": _get(Action.CHANGE_SYNC_SETTINGS),
    "web:sync-settings-effect": _post(Action.CHANGE_SYNC_SETTINGS),
    "web:operator-home": _get(Action.RUN_INSTALLATION),
    "web:operator-connection-add": _get(Action.RUN_INSTALLATION),
    "web:operator-google-add": _get(Action.RUN_INSTALLATION),
    "web:operator-marketplace-add": _get(Action.RUN_INSTALLATION),
    "web:operator-marketplaces": _get(Action.RUN_INSTALLATION),
    "web:operator-sharing": _get(Action.RUN_INSTALLATION),
    "web:operator-signed-in": Asked((Action.RUN_INSTALLATION,), reaches_out=True),
    "web:operator-connection": _get(Action.RUN_INSTALLATION, "connection"),
    "web:operator-connection-edit": _get(Action.RUN_INSTALLATION, "connection"),
    "web:operator-connection-secret": _get(Action.RUN_INSTALLATION, "connection"),
    "web:operator-connection-switch": _get(Action.RUN_INSTALLATION, "connection"),
    "web:operator-sign-in": _get(Action.RUN_INSTALLATION, "connection"),
    "web:operator-connection-test": Asked((Action.RUN_INSTALLATION,), "connection", "post", reaches_out=True),
    "web:operator-connection-hints": Asked((Action.RUN_INSTALLATION,), "connection", "post", reaches_out=True),
    "web:operator-feed": _get(Action.RUN_INSTALLATION, "feed"),
    "web:operator-feed-remove": _get(Action.RUN_INSTALLATION, "feed"),
    "web:operator-marketplace": _get(Action.RUN_INSTALLATION, "marketplace"),
    "web:operator-marketplace-edit": _post(Action.RUN_INSTALLATION, "marketplace"),
    "web:operator-staff-add": _post(Action.RUN_INSTALLATION, "marketplace"),
    "web:operator-switches": _post(Action.RUN_INSTALLATION, "marketplace"),
    "web:operator-staff-remove": _get(Action.RUN_INSTALLATION, "staff"),
    "web:operator-staff-change": _post(Action.RUN_INSTALLATION, "staff"),
    "web:operator-staff-link": _post(Action.RUN_INSTALLATION, "staff"),
    "web:operator-sharing-group": _get(Action.RUN_INSTALLATION, "sharing"),
    "web:operator-sharing-remove": _get(Action.RUN_INSTALLATION, "sharing"),
    "web:connect-requests": _get(Action.CONNECT_TENANT),
    "web:connect-tenant": _get(Action.CONNECT_TENANT, "company"),
    "web:connect-cancel": _post(Action.CONNECT_TENANT, "connect"),
    "web:relationship-request": Asked((Action.CONNECT_TENANT,), reaches_out=True),
    "web:activity": _get(Action.SEE_ACTIVITY),
    "web:activity-export": _get(Action.SEE_ACTIVITY),
    "web:operator-activity": _get(Action.RUN_INSTALLATION),
    "web:operator-activity-export": _get(Action.RUN_INSTALLATION),
    "web:token-list": _get(Action.MAKE_TOKENS),
    "web:token-revoke": _post(Action.MAKE_TOKENS, "api token"),
    "web:operator-tokens": _get(Action.RUN_INSTALLATION),
    "web:operator-token-revoke": _post(Action.RUN_INSTALLATION, "installation token"),
    "web:company-fields": _get(Action.CHANGE_SYNC_SETTINGS),
    "web:person-fields": _get(Action.CHANGE_SYNC_SETTINGS),
    "web:webhook-list": _get(Action.MANAGE_WEBHOOKS),
    "web:webhook-new": _get(Action.MANAGE_WEBHOOKS),
    "web:webhook-detail": _get(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-edit": _get(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-secret": _get(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-switch": _post(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-remove": _get(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-test": _post(Action.MANAGE_WEBHOOKS, "endpoint"),
    "web:webhook-delivery": _get(Action.MANAGE_WEBHOOKS, "delivery"),
    "web:webhook-again": _post(Action.MANAGE_WEBHOOKS, "delivery"),
    "web:webhook-skip": _post(Action.MANAGE_WEBHOOKS, "delivery"),
}

Rows = dict[str, list[int | str]]


def _names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "api-v1":
            continue  # tests/api has every route of the API against every token
        if isinstance(entry, URLResolver):
            yield from _names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"


def test_every_route_of_the_site_has_its_line() -> None:
    assert sorted(_names(get_resolver())) == sorted(ROUTES)


@pytest.fixture
def rows(cast: Cast) -> Rows:
    """One row of each kind in Northwind, by what addresses call it."""
    now = timezone.now()
    stage = stage_of(cast)
    run = stage.sync(customers(2))
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    let_in(cast, company, "ada@alpine.example")
    let_in(cast, company, "uwe@alpine.example", role="user", name="Uwe User")
    eva, ida = add_people(company, "eva@alpine.example", "ida@alpine.example")
    [person] = add_directory(company, cast.connection, Somebody("Nils New", "nils@alpine.example"))
    with marketplace_scope(cast.northwind.pk):
        CompanySyncSettings.objects.update(sales_support=True, customer_support=False)
        domain = CompanyDomain.objects.get(company=company)
        job = start_import(file_name="a.csv", content=b"external_id,name\n", actor=ACTOR, now=now)
        newcomer = UserLink.objects.get(person=person).membership_id
        invitation = invite(membership_id=eva.membership_id, actor=ACTOR, now=now)
        hold = Hold.objects.create(
            marketplace=cast.northwind, run=run, brake="creations", reason="Many.", count=0, created_at=now
        )
        decisions = Run.objects.create(
            marketplace=cast.northwind, kind=RunKind.DECISIONS, trigger=Trigger.DECISIONS, created_at=now
        )
        staff = StaffRole.objects.get(account=cast.accounts["colleague"])
        connect = ConnectRequest.objects.create(
            marketplace=cast.northwind,
            company=company,
            domain="wanted.example",
            requested_by_name="Max",
            created_at=now,
        )
        told: dict[str, Any] = {
            "state": "open",
            "kind": "quarantine_over",
            "parameters": {"connection": "EU"},
            "now": now,
        }
        notice = tell_managers(subject="test", **told)
    to_operators = tell_operators(subject="test", **told)
    assert notice is not None
    assert to_operators is not None
    sharing = SharingGroup.objects.create(name="Group", created_at=now)
    pending, other = stage.pending(name="Customer 0000"), stage.pending(name="Customer 0001")
    with marketplace_scope(cast.northwind.pk):
        decision = ignore_pending(pending_id=other.pk, seen_version=None, reason_key="test", actor=OPERATOR, now=now)
    return {
        "google tenant": [_google_tenant(cast, now)],
        **_tokens(cast, now), **_webhooks(cast, now),
        "": [], "run": [run.pk], "form": ["csv"],
        "run export": [run.pk, "json"], "pending": [pending.pk], "company": [company.pk], "hold": [hold.pk],
        "decisions": [decisions.pk], "decision": [decision.decision_id], "domain": [company.pk, domain.pk],
        "membership": [company.pk, ida.membership_id], "place": [ida.membership_id], "user": [ida.user_id],
        "invitation": [invitation.pk], "import": [job.pk], "import kind": ["companies"], "token": ["no-token"],
        "connection": [cast.connection.pk], "feed": [cast.northwind.pk, cast.connection.pk],
        "marketplace": [cast.northwind.pk], "staff": [cast.northwind.pk, staff.pk], "sharing": [sharing.pk],
        "connect": [connect.pk], "mail": ["no-mail"], "identity": [1], "provider": ["microsoft"],
        "reset": ["1", "set-password"], "uid": [str(cast.connection.uid)],
        "push": [str(cast.connection.uid), str(uuid.uuid4())],
        "person": [person.pk], "newcomer": [company.pk, newcomer], "directories": [company.pk, "microsoft"],
        "notice": [notice.pk], "operator notice": [to_operators.pk],
    }  # fmt: skip


def _google_tenant(cast: Cast, now: datetime) -> int:
    """A Google tenant of Northwind, where an operator switched Google on."""
    tenant = Tenant.objects.create(
        provider="google", cloud="global", external_id="C0abc12de", name="Alpine", domain="alpine.example",
        content_hash=uuid.uuid4(), first_seen_at=now, changed_at=now,
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(user_sync_google=True)
        row = GoogleTenant.objects.create(
            marketplace=cast.northwind, tenant=tenant, sort_name="alpine", domain=tenant.domain,
            content_hash=tenant.content_hash, first_seen_at=now,
        )  # fmt: skip
        return row.pk


def _tokens(cast: Cast, now: datetime) -> Rows:
    """An API token of Northwind, and one of the installation."""
    given: Any = {"name": "Billing", "expires_at": now + timedelta(days=1), "actor": OPERATOR, "now": now}
    with marketplace_scope(cast.northwind.pk):
        own, _ = make_token(
            account_id=cast.accounts["owner"].pk, marketplace_id=cast.northwind.pk, scopes=[TokenScope.READ_RUNS],
            **given,
        )  # fmt: skip
    other, _ = make_token(
        account_id=cast.accounts["operator"].pk, marketplace_id=INSTALLATION, scopes=[TokenScope.INSTALLATION], **given
    )
    return {"api token": [own.pk], "installation token": [other.pk]}


def _webhooks(cast: Cast, now: datetime) -> Rows:
    """An endpoint of Northwind with a delivery that waits."""
    draft = EndpointDraft("Billing", Destination("https://billing.example/", "93.184.215.14"))
    with marketplace_scope(cast.northwind.pk):
        made = create_endpoint(draft=draft, actor=OPERATOR, now=now)
        delivery = send_test(endpoint_id=made.endpoint.pk, actor=OPERATOR, now=now)
    return {"endpoint": [made.endpoint.pk], "delivery": [delivery.pk]}


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: their role in Northwind, if any, and whether the setting of a support role is on."""

    who: str
    role: Role | None
    pending_open: bool = False
    here: bool = True


VISITORS = {
    "operator": Visitor("operator", Role.OPERATOR),
    "manager": Visitor("owner", Role.MANAGER),
    "sales support, allowed": Visitor("colleague", Role.SALES_SUPPORT, pending_open=True),
    "customer support, not allowed": Visitor("carl", Role.CUSTOMER_SUPPORT),
    "company administrator": Visitor("ada@alpine.example", Role.COMPANY_ADMINISTRATOR),
    "user": Visitor("uwe@alpine.example", Role.USER),
    "manager of another marketplace": Visitor("stranger", Role.MANAGER, here=False),
    "somebody without a role": Visitor("nobody", None),
    "anonymous": Visitor("anonymous", None),
}


def _client(cast: Cast, visitor: Visitor) -> Client:
    if visitor.role is Role.OPERATOR:
        return cast.enter("operator", cast.northwind)
    if visitor.who == "carl":
        cast.accounts["carl"] = create_account(
            email="carl@people.example", name="Carl", password=PASSWORD, is_operator=False, now=timezone.now()
        )
        with marketplace_scope(cast.northwind.pk):
            give_role(
                account_id=cast.accounts["carl"].pk, account_name="Carl", role=Role.CUSTOMER_SUPPORT, actor=OPERATOR,
                now=timezone.now(),
            )  # fmt: skip
    return cast.client(visitor.who)


def _answer(client: Client, name: str, rows: Rows) -> str:
    """Ask, and say what came of it: ``sign in``, ``forbidden``, ``not there``, ``home`` or ``in``.

    Home is where somebody without a marketplace is sent, and where some forms lead back to.
    """
    route = ROUTES[name]
    answer = getattr(client, route.method)(reverse(name, args=rows[route.row]))
    answer.close()
    location = answer.headers.get("Location", "").partition("?")[0]
    if location == reverse("account_login"):
        return "sign in"
    if location == reverse("web:home"):
        return "home"
    return {403: "forbidden", 404: "not there"}.get(answer.status_code, "in")


def _expected(name: str, visitor: Visitor) -> set[str]:
    route = ROUTES[name]
    if visitor.who == "anonymous":
        return {"in", "not there", "home", "sign in"} if route.needs == PUBLIC else {"sign in"}
    if isinstance(route.needs, str):
        return {"in", "not there", "home"} | ({"sign in"} if route.needs == PUBLIC else set())
    if visitor.role is None:
        return {"forbidden"} if Action.RUN_INSTALLATION in route.needs else {"home"}
    allowed = any(may(visitor.role, action, pending_open=visitor.pending_open) for action in route.needs)
    if not allowed:
        return {"forbidden"}
    foreign = not visitor.here and route.row not in {"", "form", "import kind"}
    others = route.own and visitor.role in SUPPORT_ROLES
    if foreign or others:
        return {"not there"}
    return {"in", "home"} if route.method == "post" else {"in"}


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_visitor_gets_into_exactly_what_the_table_of_permissions_opens(
    visitor: str, cast: Cast, rows: Rows
) -> None:
    somebody = VISITORS[visitor]
    client = _client(cast, somebody)
    wrong = {}
    for name in sorted(ROUTES, key=_last):
        if ROUTES[name].reaches_out and "in" in _expected(name, somebody):
            continue
        got = _answer(client, name, rows)
        if got not in _expected(name, somebody):
            wrong[name] = (got, _expected(name, somebody))
    assert wrong == {}


def _last(name: str) -> tuple[int, str]:
    """Put those routes last that take something away: a row, or the session itself."""
    takes = ("switches", "remove", "cancel", "revoke", "membership-change", "account_", "mfa_", "session-end")
    return next((rank + 1 for rank, part in enumerate(takes) if part in name), 0), name
