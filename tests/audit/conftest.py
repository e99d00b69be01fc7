"""A marketplace whose chain is empty: what making it recorded belongs to the play."""

from datetime import datetime

import pytest

from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_events
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace

MANAGER = Actor(ActorKind.ACCOUNT, "Mia Manager", 2)


def happening(number: int = 1, **personal: str) -> Happening:
    return Happening(
        "sync.tenant.linked",
        Target("tenant", f"t{number}", "Alpine Ltd"),
        before={"state": "pending"},
        after={"state": "linked", "number": number},
        personal=personal,
        person="contact:t1" if personal else "",
        reason="A person said so.",
    )


def record(marketplace_id: int, now: datetime, *happenings: Happening) -> None:
    with marketplace_scope(marketplace_id):
        record_events(happenings, actor=MANAGER, marketplace_id=marketplace_id, now=now, run_id=5, request_id="r1")


@pytest.fixture
def store(database: str, now: datetime) -> int:
    return create_marketplace(name="Northwind", actor=MANAGER, now=now).pk
