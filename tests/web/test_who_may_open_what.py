"""What the cast gets from the pages, cell by cell (``tests/security/test_every_route.py`` has every route and role)."""

from dataclasses import dataclass, field

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.people import add_company, add_people
from tests.web.stage import ACTOR, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.services import start_import
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import CompanyDomain, SharingGroup, StaffRole
from tenantry.sync.deciding.services import ignore_pending
from tenantry.sync.models import ConnectRequest, Run, RunKind, Trigger

OPEN, GONE, FORBIDDEN, MOVED, BAD, SIGN_IN, CHOOSE = 200, 404, 403, 302, 400, "sign-in", "choose"
WHO = ("anonymous", "owner", "colleague", "stranger", "operator", "nobody")


@dataclass(frozen=True)
class Route:
    """How a route is asked, and what each of ``WHO`` gets. ``own``: the row belongs to Northwind."""

    expected: tuple[int | str, ...]
    post: dict[str, str] | None = None
    own: str = ""
    query: dict[str, str] = field(default_factory=dict)


def _operators(result: int, *, own: str = "", post: dict[str, str] | None = None) -> Route:
    """A page of the operator's area: nobody else gets in, and nobody learns what there is."""
    return Route((SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, result, FORBIDDEN), own=own, post=post)


# Who:                      anonymous owner   colleague  stranger   operator  nobody
_EVERYBODY = Route((OPEN, OPEN, OPEN, OPEN, OPEN, OPEN))
_CHANGED = (SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE)  # what managers do to a company
_READ = Route((SIGN_IN, OPEN, OPEN, OPEN, CHOOSE, CHOOSE))  # what all staff may read
_PROBE = Route((OPEN, OPEN, OPEN, OPEN, OPEN, OPEN))
MATRIX: dict[str, Route] = {
    "web:home": Route((SIGN_IN, OPEN, OPEN, OPEN, CHOOSE, OPEN)),
    "web:theme": Route((MOVED, MOVED, MOVED, MOVED, MOVED, MOVED), post={"theme": "dark"}),
    "web:switch-marketplace": Route((SIGN_IN, MOVED, MOVED, GONE, MOVED, GONE), post={"marketplace": "northwind"}),
    "web:pending-list": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:pending-detail": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending"),
    "web:company-list": _READ,
    "web:company-export": _READ,
    "web:company-new": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:company-detail": Route((SIGN_IN, OPEN, OPEN, GONE, CHOOSE, CHOOSE), own="company"),
    "web:company-edit": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="company"),
    "web:company-standing": Route(_CHANGED, own="company", post={"do": "enable"}),
    "web:company-add-domain": Route(_CHANGED, own="company", post={"domain": "a.example"}),
    "web:company-remove-domain": Route(_CHANGED, own="domain", post={}),
    "web:company-add-person": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="company"),
    "web:membership-change": Route(_CHANGED, own="membership", post={"do": "deactivate"}),
    "web:user-list": _READ,
    "web:user-export": _READ,
    "web:user-detail": Route((SIGN_IN, OPEN, OPEN, GONE, CHOOSE, CHOOSE), own="user"),
    "web:user-edit": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="user"),
    "web:own-companies": Route((SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, CHOOSE, CHOOSE)),
    "web:own-company": Route((SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, CHOOSE, CHOOSE), own="company"),
    "web:pending-export": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:pending-bulk": Route((SIGN_IN, MOVED, FORBIDDEN, MOVED, CHOOSE, CHOOSE), query={"action": "ignore"}),
    "web:pending-bulk-start": Route((SIGN_IN, BAD, FORBIDDEN, BAD, CHOOSE, CHOOSE), post={}),
    "web:pending-bulk-run": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="decisions"),
    "web:pending-bulk-progress": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="decisions"),
    "web:pending-bulk-cancel": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="decisions", post={}),
    "web:decision-undo": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="decision"),
    "web:pending-create": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending"),
    "web:pending-ignore": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending"),
    "web:pending-snooze": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending"),
    "web:pending-link": Route((SIGN_IN, BAD, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending", post={}),
    "web:pending-reject": Route((SIGN_IN, BAD, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending", post={}),
    "web:pending-reopen": Route((SIGN_IN, BAD, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="pending", post={}),
    "web:run-list": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:run-detail": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="run"),
    "web:run-progress": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="run"),
    "web:run-cancel": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="run", post={}),
    "web:sync-now": Route((SIGN_IN, MOVED, FORBIDDEN, MOVED, CHOOSE, CHOOSE), post={}),
    "web:sync-settings": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:sync-settings-effect": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE), post={"version_of": "0"}),
    "web:hold-list": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:import-list": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:import-template": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE), own="import kind"),
    "web:import-detail": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="import"),
    "web:import-progress": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="import"),
    "web:import-problems": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="import"),
    "web:import-apply": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="import", post={}),
    "web:import-cancel": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="import", post={}),
    "web:invitation-list": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:invitation-resend": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="invitation", post={}),
    "web:invitation-revoke": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="invitation", post={}),
    "web:invitation-bounced": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="invitation", post={}),
    "web:membership-invite": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="place", post={}),
    "web:invitation-accept": Route((GONE, GONE, GONE, GONE, GONE, GONE), own="no token"),
    "web:account": Route((SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN)),
    "web:session-end": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED), post={"session": "others"}),
    "web:identity-release": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED), own="nothing", post={}),
    "web:mailbox": Route((GONE, GONE, GONE, GONE, GONE, GONE)),  # no demo
    "web:mailbox-mail": Route((GONE, GONE, GONE, GONE, GONE, GONE), own="no token"),
    "web:mailbox-html": Route((GONE, GONE, GONE, GONE, GONE, GONE), own="no token"),
    "web:operator-home": _operators(OPEN),
    "web:operator-marketplaces": _operators(OPEN),
    "web:operator-marketplace-add": _operators(OPEN),
    "web:operator-marketplace": _operators(OPEN, own="store"),
    "web:operator-marketplace-edit": _operators(MOVED, own="store", post={"name": "Northwind", "language": "en"}),
    "web:operator-switches": _operators(MOVED, own="store", post={"company_sync": "on"}),
    "web:operator-staff-add": _operators(
        MOVED, own="store", post={"email": "nobody@people.example", "role": "sales support", "send": "show"}
    ),
    "web:operator-staff-change": _operators(MOVED, own="staff", post={"role": "customer support"}),
    "web:operator-staff-remove": _operators(OPEN, own="staff"),
    "web:operator-staff-link": _operators(MOVED, own="staff", post={}),
    "web:operator-feed": _operators(OPEN, own="feed"),
    "web:operator-feed-remove": _operators(OPEN, own="feed"),
    "web:operator-connection-add": _operators(OPEN),
    "web:operator-connection": _operators(OPEN, own="connection"),
    "web:operator-connection-edit": _operators(OPEN, own="connection"),
    "web:operator-connection-secret": _operators(OPEN, own="connection"),
    "web:operator-connection-test": _operators(MOVED, own="connection", post={}),
    "web:operator-connection-switch": _operators(OPEN, own="connection"),
    "web:operator-sign-in": _operators(OPEN, own="connection"),
    "web:operator-signed-in": _operators(GONE),
    "web:operator-sharing": _operators(OPEN),
    "web:operator-sharing-group": _operators(OPEN, own="group"),
    "web:operator-sharing-remove": _operators(OPEN, own="group"),
    "web:company-fields": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:relationship-request": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:connect-requests": Route((SIGN_IN, OPEN, FORBIDDEN, OPEN, CHOOSE, CHOOSE)),
    "web:connect-tenant": Route((SIGN_IN, OPEN, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="waiting"),
    "web:connect-cancel": Route((SIGN_IN, MOVED, FORBIDDEN, GONE, CHOOSE, CHOOSE), own="connect", post={}),
    "first-password": Route((OPEN, OPEN, OPEN, OPEN, OPEN, OPEN), own="link"),
    "account_login": Route((OPEN, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "account_logout": Route((MOVED, OPEN, OPEN, OPEN, OPEN, OPEN)),
    "account_inactive": _EVERYBODY,
    "account_reauthenticate": Route((SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN)),
    "account_change_password": Route((SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN)),
    "account_reset_password": _EVERYBODY,
    "account_reset_password_done": _EVERYBODY,
    "account_reset_password_from_key": Route((OPEN, OPEN, OPEN, OPEN, OPEN, OPEN), own="no key"),
    "account_reset_password_from_key_done": _EVERYBODY,
    "mfa_index": Route((MOVED, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "mfa_authenticate": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "mfa_reauthenticate": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "mfa_activate_totp": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "mfa_deactivate_totp": Route((SIGN_IN, GONE, GONE, GONE, GONE, GONE)),
    "mfa_view_recovery_codes": Route((SIGN_IN, GONE, GONE, GONE, GONE, GONE)),
    "mfa_generate_recovery_codes": Route((SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED)),
    "openid_connect_login": Route((GONE, GONE, GONE, GONE, GONE, GONE), own="no token", post={}),
    "openid_connect_callback": Route((GONE, GONE, GONE, GONE, GONE, GONE), own="no token"),
    "live": _PROBE,
    "ready": _PROBE,
}


def _rows(cast: Cast, stage: Stage) -> dict[str, list[int | str]]:
    """Put one row of each kind on Northwind's stage; return what the addresses of them take."""
    run = stage.sync(customers(1))
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    [person, invited] = add_people(company, "eva@alpine.example", "ida@alpine.example")
    with marketplace_scope(cast.northwind.pk):
        domain = CompanyDomain.objects.get(company=company)
        job = start_import(file_name="a.csv", content=b"external_id,name\n", actor=ACTOR, now=timezone.now())
        invitation = invite(membership_id=invited.membership_id, actor=ACTOR, now=timezone.now())
    pending = stage.pending()
    with marketplace_scope(stage.marketplace.pk):
        decisions = Run.objects.create(
            marketplace=stage.marketplace, kind=RunKind.DECISIONS, trigger=Trigger.DECISIONS, created_at=timezone.now()
        )
        decision = ignore_pending(
            pending_id=pending.pk, seen_version=None, reason_key="test", actor=OPERATOR, now=timezone.now()
        )
    return {
        "": [], "run": [run.pk], "pending": [pending.pk], "company": [company.pk],
        "decisions": [decisions.pk], "decision": [decision.decision_id],
        "domain": [company.pk, domain.pk], "membership": [company.pk, person.membership_id], "user": [person.user_id],
        "place": [person.membership_id], "invitation": [invitation.pk], "nothing": [999_999], "no token": ["x"],
        "no key": ["1", "x-x"], "import": [job.pk], "import kind": ["companies"],
        "waiting": [company.pk], **_set_up(cast, company.pk),
    }  # fmt: skip


def _set_up(cast: Cast, company_id: int) -> dict[str, list[int | str]]:
    """Return what the addresses of the operator's area and of connecting tenants take."""
    now, store = timezone.now(), cast.northwind.pk
    with marketplace_scope(store):
        request = ConnectRequest.objects.create(
            marketplace_id=store, company_id=company_id, domain="waiting.example", created_at=now
        )
        staff = StaffRole.objects.get(account=cast.accounts["colleague"])
    group = SharingGroup.objects.create(name="Sisters", created_at=now)
    return {
        "store": [store], "staff": [store, staff.pk], "connection": [cast.connection.pk],
        "feed": [store, cast.connection.pk], "group": [group.pk], "connect": [request.pk], "link": ["MQ", "no-token"],
    }  # fmt: skip


def _ask(client: Client, address: str, route: Route, cast: Cast) -> tuple[int, str]:
    if route.post is None:
        response = client.get(address, route.query)
    else:
        response = client.post(address, {**route.post, "marketplace": cast.northwind.pk})
    response.close()  # a download that nobody reads
    return response.status_code, response.headers.get("Location", "")


def _means(expected: int | str, who: str) -> tuple[int, str | None]:
    if expected == SIGN_IN:
        return 302, reverse("account_login")
    if expected == CHOOSE:
        return 302, reverse("web:operator-home" if who == "operator" else "web:home")
    return int(expected), None


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_each_of_the_cast_gets_what_the_table_says(name: str, cast: Cast, stage: Stage) -> None:
    route = MATRIX[name]
    rows = _rows(cast, stage)
    address = reverse(name, args=rows[route.own])
    for who, expected in zip(WHO, route.expected, strict=True):
        status, location = _ask(cast.client(who), address, route, cast)
        wanted, place = _means(expected, who)
        assert (who, status) == (who, wanted)
        if place is not None:
            assert location.partition("?")[0] == place


@pytest.mark.parametrize("name", sorted(name for name, route in MATRIX.items() if route.expected[4] == CHOOSE))
def test_an_operator_who_entered_a_marketplace_may_open_all_of_it(name: str, cast: Cast, stage: Stage) -> None:
    route = MATRIX[name]
    rows = _rows(cast, stage)
    client = cast.enter("operator", cast.northwind)
    status, _ = _ask(client, reverse(name, args=rows[route.own]), route, cast)
    assert status == route.expected[1]


@pytest.mark.parametrize("name", ["web:pending-detail", "web:run-detail", "web:run-progress", "web:run-cancel"])
def test_what_belongs_to_another_marketplace_looks_like_what_does_not_exist(
    name: str, cast: Cast, stage: Stage
) -> None:
    run = stage.sync(customers(1))
    row = {"web:pending-detail": stage.pending().pk}.get(name, run.pk)
    client = cast.client("stranger")
    method = client.post if name == "web:run-cancel" else client.get
    answers = [method(reverse(name, args=[pk])) for pk in (row, row + 1_000_000, 2**70)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_secrets(answer.content) for answer in answers}) == 1


def _without_secrets(content: bytes) -> bytes:
    return b"\n".join(line for line in content.splitlines() if b"csrf" not in line.lower())


def test_the_page_for_those_who_may_not_says_who_may_and_whom_to_ask(cast: Cast) -> None:
    answer = cast.client("colleague").get(reverse("web:pending-list"))
    assert "you need to be marketplace manager" in answer.content.decode()


def test_somebody_without_a_marketplace_is_told_what_to_do(cast: Cast) -> None:
    answer = cast.client("nobody").get("/")
    assert "nobody has given it a role" in answer.content.decode()


def test_after_signing_in_one_comes_back_to_what_one_asked_for(cast: Cast) -> None:
    answer = cast.client("anonymous").get("/companies/pending/?q=alpine")
    assert answer.headers["Location"] == "/account/sign-in/?next=/companies/pending/%3Fq%3Dalpine"


def test_a_fragment_for_somebody_signed_out_moves_the_whole_page_to_the_sign_in(cast: Cast) -> None:
    answer = cast.client("anonymous").get("/companies/pending/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/account/sign-in/"


def test_a_role_that_is_taken_away_counts_from_the_next_click(cast: Cast, owner_url: str) -> None:
    client = cast.client("owner")
    assert client.get("/companies/pending/").status_code == 200
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("delete from marketplace_staffrole where account_id = %s", [cast.accounts["owner"].pk])
    assert client.get("/companies/pending/").headers["Location"] == "/"


def test_the_support_s_home_shows_neither_queue_nor_runs(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(3))
    page = cast.client("colleague").get("/").content.decode()
    assert "Work the queue" not in page
    assert "Recent runs" not in page
    assert "/companies/pending/" not in page
    assert "/sync/history/" not in page
