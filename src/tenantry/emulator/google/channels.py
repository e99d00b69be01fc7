"""Push: ``users.watch``, ``channels.stop``, and the messages. Docs/reference/google-directory.md section 6.

A message is sent by whoever makes something happen, before that returns, so that nothing has to be waited for. The
switches ``push`` and ``push_sync_first`` say what becomes of messages on their way.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import urlencode

from tenantry.emulator.clock import Clock
from tenantry.emulator.google.gate import Caller, Gate
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.replies import Asked, Json, Replies
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.google.world import GoogleWorld
from tenantry.emulator.messages import Answer, compact
from tenantry.emulator.posting import Courier, Letter, Push, may_be_told
from tenantry.emulator.staff_moves import StaffMove, StaffMovement

EVENTS: Final = ("add", "delete", "makeAdmin", "undelete", "update")
_EVENT_OF: Final = {
    StaffMove.JOINED: "add", StaffMove.DELETED: "delete", StaffMove.RESTORED: "undelete",
    StaffMove.PROMOTED: "makeAdmin", StaffMove.LICENSED: "", StaffMove.UNLICENSED: "",
}  # fmt: skip
_RETRIED: Final = frozenset({500, 502, 503, 504})
_USUAL_LIFE: Final = 7200
_LONGEST_ID: Final = 64
_LONGEST_TOKEN: Final = 256
_GAPS: Final = 7


@dataclass(slots=True)
class Channel:
    """One channel. ``until`` is in seconds since 1970, ``event`` empty for all; ``number`` is the last message's."""

    id: str
    company: int
    event: str
    address: str
    token: str
    until: float
    resource: str
    uri: str
    opener: Caller
    number: int = 0

    def shown(self) -> Json:
        """Return it as ``users.watch`` answers."""
        body: Json = {
            "kind": "api#channel", "id": self.id, "resourceId": self.resource, "resourceUri": self.uri,
            "expiration": str(int(self.until * 1000)),
        }  # fmt: skip
        return body | ({"token": self.token} if self.token else {})


class Channels:
    """Opens, stops and feeds the channels. Safe to use from several threads.

    ``open`` are those that live, by id.
    """

    def __init__(
        self, world: GoogleWorld, gate: Gate, replies: Replies, switches: GoogleSwitches, *, clock: Clock
    ) -> None:
        self._world = world
        self._gate = gate
        self._replies = replies
        self._switches = switches
        self._clock = clock
        self._lock = threading.Lock()
        self._courier = Courier(_RETRIED.__contains__)
        self.open: dict[str, Channel] = {}

    def watch(self, asked: Asked, caller: Caller, company: int) -> Answer:
        """Answer ``POST users/watch`` for the people of ``company``. Raises ``GoogleRefusal``."""
        channel = self._channel(asked, caller, company)
        with self._lock:
            if channel.id in self._alive():
                raise refused("channelIdNotUnique", f"Channel id {channel.id} not unique")
            self.open[channel.id] = channel
        first = self._message(channel, "sync", b"")
        self._courier.take([first], Push.ONCE if self._switches.push_sync_first else Push.HELD)
        return self._replies.answer(asked, channel.shown())

    def stop(self, asked: Asked, caller: Caller) -> Answer:
        """Answer ``POST channels/stop``: only whoever opened a channel may stop it. Raises ``GoogleRefusal``."""
        body = _body(asked)
        with self._lock:
            channel = self._alive().get(str(body.get("id")))
            if channel is None or channel.resource != body.get("resourceId"):
                raise refused("notFound", f"Channel '{str(body.get('id'))[:64]}' not found for project '1'")
            if channel.opener.who != caller.who:
                raise refused("forbidden")
            del self.open[channel.id]
        return Answer(204)

    def heard(self, move: StaffMovement) -> None:
        """Tell the channels of a company what happened to one of its people."""
        event = _EVENT_OF.get(move.kind, "update")
        with self._lock:
            channels = [
                each for each in self._alive().values()
                if event and each.company == move.company and each.event in {"", event}
                and self._gate.reaches(each.opener, each.company)
            ]  # fmt: skip
        self._courier.take([self._message(each, event, self._told(move)) for each in channels], self._switches.push)

    def deliver(self) -> list[int]:
        """Send what was kept back, the newest first, and what has to be tried again; return the statuses."""
        return self._courier.deliver()

    @property
    def statuses(self) -> list[int]:
        """What all deliveries came to, in order; 0 where nobody answered."""
        return self._courier.statuses

    def _alive(self) -> dict[str, Channel]:
        """Return the channels whose time is not over. Holds the lock already."""
        now = self._clock.now()
        for gone in [each.id for each in self.open.values() if each.until <= now]:
            del self.open[gone]
        return self.open

    def _channel(self, asked: Asked, caller: Caller, company: int) -> Channel:
        body = _body(asked)
        name, address, token = (str(body.get(each) or "") for each in ("id", "address", "token"))
        event = asked.get("event")
        if not 0 < len(name) <= _LONGEST_ID or len(token) > _LONGEST_TOKEN:
            raise refused("channelIdInvalid")
        if body.get("type") not in {"web_hook", "webhook"} or event not in {"", *EVENTS}:
            raise refused("invalid", "Invalid Input: type or event")
        if not may_be_told(address):
            raise refused("push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address[:200]}")
        asking = {"customer": self._world.customer_id(company), "event": event, "alt": "json"}
        query = urlencode({key: value for key, value in asking.items() if value})
        return Channel(
            name, company, event, address, token, self._until(body), _resource(company, event),
            f"https://admin.googleapis.com/admin/directory/v1/users?{query}", caller,
        )  # fmt: skip

    def _until(self, body: Mapping[str, Any]) -> float:
        now, longest = self._clock.now(), self._switches.push_seconds
        params = body.get("params")
        try:
            if body.get("expiration"):
                wanted = int(body["expiration"]) / 1000 - now
            else:
                wanted = float(params.get("ttl", _USUAL_LIFE)) if isinstance(params, dict) else _USUAL_LIFE
        except (TypeError, ValueError) as problem:
            raise refused("invalid", "Invalid Input: expiration") from problem
        if wanted <= 0:
            raise refused("invalid", "Invalid Input: expiration")
        return now + min(wanted, longest)

    def _message(self, channel: Channel, state: str, body: bytes) -> Letter:
        with self._lock:
            # Numbers grow with gaps: the service counts more than it sends.
            channel.number += 1 if not channel.number else 1 + (channel.number * 5 + len(body)) % _GAPS
            number = channel.number
        headers = {
            "X-Goog-Channel-ID": channel.id, "X-Goog-Resource-ID": channel.resource,
            "X-Goog-Resource-URI": channel.uri, "X-Goog-Message-Number": str(number), "X-Goog-Resource-State": state,
            "X-Goog-Channel-Expiration": formatdate(channel.until, usegmt=True),
            "Content-Type": "application/json; utf-8", "User-Agent": "APIs-Google",
        }  # fmt: skip
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        return Letter(channel.address, headers, body)

    def _told(self, move: StaffMovement) -> bytes:
        one = self._world.staff.someone(move.company, move.number)
        user: Json = {"kind": "admin#directory#user", "id": self._world.user_id(one)}
        # The marker is the message's own: no user ever has it.
        return compact(
            user | {"etag": f'"{_resource(move.number, "message")}"', "primaryEmail": self._world.address(one)}
        )


def _resource(company: int, event: str) -> str:
    digest = hashlib.blake2b(f"{company} {event}".encode(), digest_size=20).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _body(asked: Asked) -> Mapping[str, Any]:
    try:
        body = json.loads(asked.request.body or b"{}")
    except ValueError as problem:
        raise refused("parseError") from problem
    if not isinstance(body, dict):
        raise refused("parseError")
    return body
