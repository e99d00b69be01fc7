"""Run as a process over an installation's database: furnishes it, and chains its audit as the worker does each minute.

Everything on at once: both syncs, automatic creation, invitations by rule, one webhook endpoint, a token of the API.
"""

from tenantry.cli.installation import set_up_django

set_up_django()  # as a command does it

import json  # noqa: E402  # Django must be set up first
import sys  # noqa: E402  # same
from dataclasses import replace  # noqa: E402  # same
from datetime import timedelta  # noqa: E402  # same
from typing import Any  # noqa: E402  # same

from django.utils import timezone  # noqa: E402  # same

from tenantry.accounts.services import create_account  # noqa: E402  # same
from tenantry.accounts.tokens import make_token  # noqa: E402  # same
from tenantry.audit.chain import chain_events  # noqa: E402  # same
from tenantry.audit.events import Actor, ActorKind  # noqa: E402  # same
from tenantry.audit.models import INSTALLATION  # noqa: E402  # same
from tenantry.cli.demo_world import connection_to  # noqa: E402  # same
from tenantry.connections.models import CallLine, Connection, Provider  # noqa: E402  # same
from tenantry.connections.services import save_microsoft_connection  # noqa: E402  # same
from tenantry.core.brakes import BOUNDS, Limits  # noqa: E402  # same
from tenantry.core.company_settings import CompanySettings  # noqa: E402  # same
from tenantry.core.permissions import Role  # noqa: E402  # same
from tenantry.core.token_scopes import TokenScope  # noqa: E402  # same
from tenantry.core.user_settings import Leavers, UserSettings  # noqa: E402  # same
from tenantry.isolation.scope import marketplace_scope  # noqa: E402  # same
from tenantry.marketplace.queries import every_marketplace_id  # noqa: E402  # same
from tenantry.marketplace.services import create_marketplace, give_role  # noqa: E402  # same
from tenantry.sync.company_settings import save_company_settings  # noqa: E402  # same
from tenantry.sync.entitlements import set_entitlement  # noqa: E402  # same
from tenantry.sync.feeds import add_feed  # noqa: E402  # same
from tenantry.sync.user_settings import save_user_settings  # noqa: E402  # same
from tenantry.webhooks.destinations import check_destination  # noqa: E402  # same
from tenantry.webhooks.services import EndpointDraft, create_endpoint  # noqa: E402  # same

_ACTOR = Actor(ActorKind.SYSTEM, "Crash harness")
_CALLS_PER_MINUTE = 60_000


def furnish(facts: dict[str, Any], webhook_url: str) -> dict[str, Any]:
    """Make one marketplace where everything is on; return the secrets that are shown once."""
    now = timezone.now()
    connection = _connect(facts)
    marketplace = create_marketplace(name="Northwind", actor=_ACTOR, now=now)
    manager = create_account(
        email="manager@northwind.example", name="Max Manager", password="correct horse battery", is_operator=False,
        now=now,
    )  # fmt: skip
    with marketplace_scope(marketplace.pk):
        give_role(account_id=manager.pk, account_name=manager.name, role=Role.MANAGER, actor=_ACTOR, now=now)
        add_feed(connection=connection, countries=[], actor=_ACTOR, now=now)
        set_entitlement(company_sync=True, link_company=True, user_sync_microsoft=True, actor=_ACTOR, now=now)
        wanted = CompanySettings(company_sync=True, create_automatically=True, invite_admins=True)
        save_company_settings(wanted=wanted, seen_version=0, limits=wide_limits(), actor=_ACTOR, now=now)
        people = UserSettings(user_sync=True, invite_automatically=True, leavers=Leavers.DEACTIVATE)
        save_user_settings(provider=Provider.MICROSOFT, wanted=people, seen_version=0, actor=_ACTOR, now=now)
        draft = EndpointDraft("Everything", check_destination(webhook_url), personal=True)
        endpoint = create_endpoint(draft=draft, actor=_ACTOR, now=now)
        _, token = make_token(
            account_id=manager.pk, marketplace_id=marketplace.pk, name="traffic", expires_at=now + timedelta(days=30),
            scopes=set(TokenScope) - {TokenScope.INSTALLATION}, actor=_ACTOR, now=now,
        )  # fmt: skip
    return {"marketplace": marketplace.pk, "token": token, "secret": endpoint.secret}


def _connect(facts: dict[str, Any]) -> Connection:
    given = connection_to(facts)
    settings = {**given.settings, "detail_calls_per_minute": _CALLS_PER_MINUTE}
    row = save_microsoft_connection(replace(given, settings=settings), actor=_ACTOR, now=timezone.now())
    partner = f"{row.provider}:{row.cloud}:{row.partner_tenant_id}"
    for key in (f"{partner}:people", f"{partner}:graph"):  # what is killed here is not the finding of a pace
        CallLine.objects.create(key=key, reserved_until=timezone.now(), per_second=900)
    return row


def wide_limits() -> Limits:
    """Return limits at which no brake stops anything: what waits for a person would not show what a kill did."""
    return replace(Limits(), **{name: most for name, (_, most) in BOUNDS.items() if name != "removals_approvers"})


def chain() -> dict[str, int]:
    """Chain all events that are not chained yet; return how many there were."""
    done = 0
    while more := chain_events(marketplace_id=INSTALLATION, now=timezone.now()):
        done += more
    for marketplace_id in every_marketplace_id():
        more = 1
        while more:
            with marketplace_scope(marketplace_id):
                more = chain_events(marketplace_id=marketplace_id, now=timezone.now())
            done += more
    return {"chained": done}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(furnish(given["facts"], given["webhook_url"]) if given else chain()))  # noqa: T201  # its answer
