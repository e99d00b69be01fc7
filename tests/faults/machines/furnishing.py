"""Run as a process over an installation's database: makes marketplaces, each fed by a connection, with tokens."""

from tenantry.cli.installation import set_up_django

set_up_django()  # as a command does it

import json  # noqa: E402  # Django must be set up first
import sys  # noqa: E402  # same
from dataclasses import replace  # noqa: E402  # same
from datetime import timedelta  # noqa: E402  # same
from typing import Any  # noqa: E402  # same

from django.utils import timezone  # noqa: E402  # same
from tests.faults.crashing.furnishing import wide_limits  # noqa: E402  # same

from tenantry.accounts.services import create_account  # noqa: E402  # same
from tenantry.accounts.tokens import make_token  # noqa: E402  # same
from tenantry.audit.events import Actor, ActorKind  # noqa: E402  # same
from tenantry.cli.demo_world import connection_to  # noqa: E402  # same
from tenantry.connections.models import Connection  # noqa: E402  # same
from tenantry.connections.services import save_microsoft_connection  # noqa: E402  # same
from tenantry.core.company_settings import CompanySettings  # noqa: E402  # same
from tenantry.core.feed_filters import FeedFilter  # noqa: E402  # same
from tenantry.core.permissions import Role  # noqa: E402  # same
from tenantry.core.token_scopes import TokenScope  # noqa: E402  # same
from tenantry.isolation.scope import marketplace_scope  # noqa: E402  # same
from tenantry.marketplace.services import create_marketplace, give_role  # noqa: E402  # same
from tenantry.sync.company_settings import save_company_settings  # noqa: E402  # same
from tenantry.sync.entitlements import set_entitlement  # noqa: E402  # same
from tenantry.sync.feeds import save_feed  # noqa: E402  # same

_ACTOR = Actor(ActorKind.SYSTEM, "Machines")
PASSWORD = "correct horse battery"


def furnish(wanted: dict[str, Any]) -> dict[str, Any]:
    """Make one marketplace; return its id, a token, and who manages it.

    ``partner``: the facts of the emulator that it is fed from, over the connection ``connection`` of this name, made if
    there is none, with ``rate`` reads of a customer a minute. ``tenants``: the ids that its feed names; empty for all.
    Company Sync is on if ``syncs``, and creates and invites by rule.
    """
    now, name = timezone.now(), wanted["name"]
    connection = _connection(wanted)
    marketplace = create_marketplace(name=name, actor=_ACTOR, now=now)
    email = f"manager@{name.lower().replace(' ', '-')}.example"
    manager = create_account(email=email, name=f"{name}'s manager", password=PASSWORD, is_operator=False, now=now)
    with marketplace_scope(marketplace.pk):
        give_role(account_id=manager.pk, account_name=manager.name, role=Role.MANAGER, actor=_ACTOR, now=now)
        narrowed = FeedFilter(tenant_ids=tuple(wanted.get("tenants", ())))
        save_feed(connection=connection, wanted=narrowed, actor=_ACTOR, now=now)
        set_entitlement(company_sync=True, link_company=True, actor=_ACTOR, now=now)
        rules = CompanySettings(company_sync=wanted["syncs"], create_automatically=True, invite_admins=True)
        save_company_settings(wanted=rules, seen_version=0, limits=wide_limits(), actor=_ACTOR, now=now)
        _, token = make_token(
            account_id=manager.pk, marketplace_id=marketplace.pk, name="machines", expires_at=now + timedelta(days=30),
            scopes=set(TokenScope) - {TokenScope.INSTALLATION}, actor=_ACTOR, now=now,
        )  # fmt: skip
    return {"id": marketplace.pk, "token": token, "email": email, "connection": connection.pk}


def _connection(wanted: dict[str, Any]) -> Connection:
    name = wanted["connection"]
    known = Connection.objects.filter(name=name).first()
    if known is not None:
        return known
    given = connection_to(wanted["partner"])
    settings = {**given.settings, "detail_calls_per_minute": wanted["rate"]}
    return save_microsoft_connection(replace(given, name=name, settings=settings), actor=_ACTOR, now=timezone.now())


if __name__ == "__main__":
    print(json.dumps([furnish(each) for each in json.load(sys.stdin)]))  # noqa: T201  # its answer
