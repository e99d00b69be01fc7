"""Judges what left the house: letters and webhooks. None is lost; what came again is the same, and is counted."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.faults.crashing.outside import Heard, Letter
from tests.faults.crashing.served import Installation, Served

from tenantry.core.webhook_events import type_of


def letter_problems(
    served: Installation, letters: Sequence[Letter], kills: int, counted: "Counter[str]"
) -> Iterator[str]:  # fmt: skip
    """Yield what is wrong with letters. A kill may repeat one letter, and not more."""
    by_id: dict[str, list[Letter]] = {}
    for letter in letters:
        by_id.setdefault(letter.message_id, []).append(letter)
    again = sum(len(same) - 1 for same in by_id.values())
    counted["letters"] += len(letters)
    counted["letters that came again"] += again
    if again > kills:
        yield f"{again} letters came again, but there were {kills} kills"
    for message_id, same in by_id.items():
        if len({(letter.recipient, letter.token) for letter in same}) > 1:
            yield f"the letter {message_id} came again, and was another one"
    invitations = served.rows("select id, state, message_id, token_hash, sent_at from marketplace_invitation")
    yield from _invitation_problems(invitations, by_id)
    known = {row["message_id"] for row in invitations}
    strangers = [each for each, same in by_id.items() if same[0].token and each not in known]
    if strangers:
        yield f"{len(strangers)} invitations came that nobody made ({strangers[0]})"


def _invitation_problems(rows: Sequence[dict[str, Any]], by_id: dict[str, list[Letter]]) -> Iterator[str]:
    for row in rows:
        came = by_id.get(row["message_id"], [])
        if row["sent_at"] is not None and not came:
            yield f"the letter of invitation {row['id']} is lost"
        if row["state"] == "waiting":
            yield f"the invitation {row['id']} still waits to be sent"
        for letter in came:
            if hashlib.sha256(letter.token.encode()).hexdigest() != row["token_hash"]:
                yield f"the letter of invitation {row['id']} has another token than the database"


def webhook_problems(served: Served, heard: Sequence[Heard], counted: "Counter[str]") -> Iterator[str]:
    """Yield what is wrong with webhooks: lost ones, changed ones, and ones out of the order of their lane."""
    rows = served.rows("select id, uid, lane, state, event_id from webhooks_delivery order by id")
    places = {f"msg_{row['uid'].hex}": row for row in rows}
    counted["webhooks that came again"] += len(heard) - len({each.uid for each in heard})
    bodies: dict[str, bytes] = {}
    newest: dict[str, int] = {}
    for each in heard:
        row = places.get(each.uid)
        if row is None:
            yield f"the webhook {each.uid} came, and nobody sent it"
            continue
        if _content(bodies.setdefault(each.uid, each.body)) != _content(each.body):
            yield f"the webhook {each.uid} came again, and was another one"
        if newest.get(row["lane"], 0) > row["id"]:
            yield f"the webhook {each.uid} of {row['lane']} came after a later one"
        newest[row["lane"]] = max(newest.get(row["lane"], 0), row["id"])
    for uid, row in places.items():
        if row["state"] != "delivered" or uid not in bodies:
            yield f"the webhook {uid} is {row['state']} and {'came' if uid in bodies else 'never came'}"
    yield from _untold(served, {row["event_id"] for row in rows})


def _content(body: bytes) -> Any:
    return json.loads(body)


def _untold(served: Served, told: set[int]) -> Iterator[str]:
    """Yield events that an endpoint should have heard of, and no delivery was made for."""
    events = served.rows(
        "select e.id, e.action from audit_event e join webhooks_endpoint p on p.marketplace_id = e.marketplace_id "
        "where e.at > p.created_at"
    )
    lost = [event for event in events if type_of(event["action"]) and event["id"] not in told]
    if lost:
        yield f"{len(lost)} events have no webhook ({lost[0]['action']} {lost[0]['id']})"
