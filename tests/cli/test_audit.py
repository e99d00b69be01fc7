"""``tenantry audit``: whole chains, broken ones, and what the earlier output is good for."""

import json
from pathlib import Path

import psycopg
from django.utils import timezone
from tests.installed import tenantry

from tenantry.audit.chain import chain_events
from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace

ACTOR = Actor(ActorKind.OPERATOR, "Olga Operator")


def _filled() -> int:
    now = timezone.now()
    place = create_marketplace(name="Northwind", actor=ACTOR, now=now).pk
    with marketplace_scope(place):
        for number in range(5):
            happening = Happening("sync.tenant.linked", Target("tenant", f"t{number}"))
            record_event(happening, actor=ACTOR, marketplace_id=place, now=now)
        chain_events(marketplace_id=place, now=now)
    return place


def test_verify_ends_with_one_and_names_what_was_changed_or_cut_off(
    database: str, owner_url: str, tmp_path: Path
) -> None:
    _filled()
    whole = tenantry("audit", "verify", "--json")
    assert (whole.code, [chain["held"] for chain in whole.json["chains"]]) == (0, [0, 6])
    earlier = tmp_path / "earlier.json"
    earlier.write_text(whole.out)
    with psycopg.connect(owner_url) as owner:
        [(event_id,)] = owner.execute("select id from audit_event where target_id = 't3'").fetchall()
        owner.execute("update audit_event set reason = 'x' where target_id = 't3'")
    broken = tenantry("audit", "verify", "--compare", str(earlier))
    assert (broken.code, f"Event {event_id} at link 5 was changed" in broken.err) == (1, True)
    looked = tenantry("doctor", "--json")
    assert {entry["name"]: entry["ok"] for entry in looked.json}["audit"] is False
    assert tenantry("audit", "accept", "--reason", "Corrected by hand after an accident.").code == 0
    assert tenantry("audit", "verify").code == 0


def test_verify_compares_with_what_it_printed_earlier(database: str, tmp_path: Path) -> None:
    place = _filled()
    other = tmp_path / "earlier.json"
    other.write_text(json.dumps({"chains": [{"id": place, "last_link": 4, "digest": "00"}]}))
    replaced = tenantry("audit", "verify", "--compare", str(other))
    assert (replaced.code, "not the one of the earlier check" in replaced.err) == (1, True)
    other.write_text("nonsense")
    assert "is not what" in tenantry("audit", "verify", "--compare", str(other)).err
