"""Writes events, in the transaction that does what they tell."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.dispatch import Signal
from psycopg.types.json import Jsonb

from tenantry.audit.events import Actor, Happening
from tenantry.audit.models import INSTALLATION, Event, PersonKey
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.bulk import insert_returning, insert_rows
from tenantry.sealing import KeyRing, load_key_ring, new_key, seal_with

# Sent inside the recording transaction with ``event_ids``, ``marketplace_id`` and their ``actions``; outgoing webhooks
# listen here.
event_recorded = Signal()

_COLUMNS = (
    "uid marketplace_id at actor_kind actor_id actor_name action target_kind target_id target_name "
    "before after sealed person_id reason request_id run_id"
).split()


def record_event(
    happening: Happening, *, actor: Actor, marketplace_id: int = INSTALLATION, now: datetime,
    request_id: str = "", run_id: int | None = None,
) -> None:  # fmt: skip
    """Record one event. See :func:`record_events`."""
    record_events(
        [happening], actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id, run_id=run_id
    )


def record_events(
    happenings: Sequence[Happening], *, actor: Actor, marketplace_id: int = INSTALLATION, now: datetime,
    request_id: str = "", run_id: int | None = None,
) -> None:  # fmt: skip
    """Record what happened, inside the caller's transaction; personal values are sealed per person.

    Must run in the scope of ``marketplace_id``, or outside any scope for the installation's own events.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction that does what it tells.")
    keys = _person_keys({h.person for h in happenings if h.personal}, marketplace_id=marketplace_id, now=now)
    rows = []
    for happening in happenings:
        uid = uuid4()
        key_id, sealed = _sealed(happening, keys, uid)
        rows.append((
            uid, marketplace_id, now, actor.kind.value, actor.id, actor.recorded_name, happening.action,
            happening.target.kind, happening.target.id, happening.target.name[:300], _json(happening.before),
            _json(happening.after), sealed, key_id, happening.reason, request_id, run_id,
        ))  # fmt: skip
    ids = insert_rows(Event, _COLUMNS, rows)
    actions = {happening.action for happening in happenings}
    event_recorded.send(sender=Event, event_ids=ids, marketplace_id=marketplace_id, actions=actions)


def _json(value: object) -> Jsonb | None:
    return None if value is None else Jsonb(value)


def _sealed(
    happening: Happening, keys: dict[str, tuple[int, bytes | None]], uid: UUID
) -> tuple[int | None, bytes | None]:
    """Return the key's id and the sealed personal values; nothing of an erased person is kept at all."""
    if not happening.personal:
        return None, None
    key_id, key = keys[happening.person]
    if key is None:
        return key_id, None
    plain = json.dumps(happening.personal, ensure_ascii=False, sort_keys=True).encode()
    return key_id, seal_with(key, plain, place=event_place(uid))


def event_place(uid: UUID) -> str:
    """Return the place that an event's personal values are bound to."""
    return f"audit_event.sealed:{uid}"


def key_ring() -> KeyRing:
    """Return the installation's key ring. Raises ``KeyRingMissing``."""
    return load_key_ring(settings.KEYS_FOLDER)


def _person_keys(subjects: Iterable[str], *, marketplace_id: int, now: datetime) -> dict[str, tuple[int, bytes | None]]:
    """Return id and plain key of each subject, making the keys that are missing. An erased person has no key."""
    wanted = sorted(subjects)
    if not wanted:
        return {}
    ring = key_ring()
    found = _kept_keys(wanted, ring, marketplace_id)
    fresh = {subject: new_key() for subject in wanted if subject not in found}
    if fresh:
        rows = [
            (marketplace_id, subject, ring.seal(key, place=key_place(marketplace_id, subject)), now)
            for subject, key in fresh.items()
        ]
        columns = ["marketplace_id", "subject", "sealed_key", "created_at"]
        made = insert_returning(PersonKey, columns, rows, ["id", "subject"], on_conflict="on conflict do nothing")
        found |= {subject: (pk, fresh[subject]) for pk, subject in made}
    if len(found) < len(wanted):  # somebody was quicker
        found |= _kept_keys([subject for subject in wanted if subject not in found], ring, marketplace_id)
    return found


def _kept_keys(
    subjects: Sequence[str], ring: KeyRing, marketplace_id: int
) -> dict[str, tuple[int, bytes | None]]:  # fmt: skip
    rows = PersonKey.objects.filter(is_one_of("subject", subjects), marketplace_id=marketplace_id)
    return {
        subject: (pk, _opened(marketplace_id, subject, sealed, ring))
        for pk, subject, sealed in rows.values_list("pk", "subject", "sealed_key")
    }


def plain_key(row: PersonKey, ring: KeyRing) -> bytes | None:
    """Return a person's key, or ``None`` when it was destroyed. Raises ``CannotUnseal``."""
    return _opened(row.marketplace_id, row.subject, row.sealed_key, ring)


def _opened(marketplace_id: int, subject: str, sealed: bytes | memoryview | None, ring: KeyRing) -> bytes | None:
    return None if sealed is None else ring.unseal(bytes(sealed), place=key_place(marketplace_id, subject))


def key_place(marketplace_id: int, subject: str) -> str:
    """Return what a person's sealed key is bound to."""
    return f"audit_personkey.sealed_key:{marketplace_id}:{subject}"
