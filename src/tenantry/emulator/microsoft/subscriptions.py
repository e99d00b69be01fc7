"""Graph's change notifications about people: subscriptions, their validation, the messages, and their lifecycle.

Sources: Microsoft's pages on subscriptions, on delivery through webhooks, and on lifecycle notifications; what they
leave open is marked [U]. A message is sent before whatever made it happen returns: nothing has to be waited for.
"""

import datetime as dt
import json
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tenantry.emulator.clock import Clock
from tenantry.emulator.messages import Answer, Request, compact, json_answer
from tenantry.emulator.microsoft.customer_users import utc
from tenantry.emulator.microsoft.graph_refusals import GraphRefusal
from tenantry.emulator.microsoft.people import MicrosoftPeople
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.posting import Courier, Letter, may_be_told, post
from tenantry.emulator.staff_moves import StaffMove, StaffMovement

PATH: Final = "/v1.0/subscriptions"
LONGEST: Final = 41_760 * 60
LIFECYCLE: Final = ("reauthorizationRequired", "subscriptionRemoved", "missed")
_LONGEST_STATE: Final = 128
_TYPES: Final = frozenset({"updated", "deleted", "created"})
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
_DELIVERED: Final = range(200, 300)


@dataclass(slots=True)
class Subscription:
    """One subscription to the people of a tenant. ``until`` is in seconds since 1970."""

    id: str
    tenant: str
    resource: str
    types: frozenset[str]
    url: str
    lifecycle_url: str
    state: str
    until: float

    def shown(self) -> dict[str, Any]:
        """Return it as Graph answers, without the secret where it is read again [U]."""
        return {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity", "id": self.id,
            "resource": self.resource, "changeType": ",".join(sorted(self.types)), "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url or None, "expirationDateTime": utc(self.until),
            "clientState": self.state, "latestSupportedTlsVersion": "v1_2",
        }  # fmt: skip


class Subscriptions:
    """Makes, changes and feeds subscriptions. Safe to use from several threads. ``open`` are those that live, by id."""

    def __init__(self, people: MicrosoftPeople, switches: Switches, clock: Clock) -> None:
        self._people = people
        self._switches = switches
        self._clock = clock
        self._lock = threading.Lock()
        self._courier = Courier(lambda status: status not in _DELIVERED)
        self.open: dict[str, Subscription] = {}

    @staticmethod
    def knows(method: str, path: str) -> bool:
        """Whether the service has this path, in lower case, for this method."""
        if path == PATH:
            return method in {"GET", "POST"}
        return path.startswith(f"{PATH}/") and method in {"GET", "PATCH", "DELETE"}

    def answer(self, request: Request, path: str, tenant: str) -> Answer:
        """Answer what :meth:`knows`, in the name of a tenant. Raises ``GraphRefusal``."""
        if path == PATH:
            if request.method == "POST":
                return self._create(_body(request), tenant)
            return json_answer({"value": [each.shown() for each in self._alive().values() if each.tenant == tenant]})
        found = self._alive().get(path.rpartition("/")[2])
        if found is None or found.tenant != tenant:
            raise GraphRefusal(404, "The object was not found.", "ResourceNotFound")
        if request.method == "DELETE":
            with self._lock:
                self.open.pop(found.id, None)
            return Answer(204)
        if request.method == "PATCH":
            found.until = self._until(_body(request))
        return json_answer(found.shown())

    def heard(self, move: StaffMovement) -> None:
        """Tell the subscriptions of a tenant what happened to one of its people.

        ``updated`` covers who is new, and who may still be restored; ``deleted`` who is gone for good.
        """
        kind = "deleted" if move.kind is StaffMove.DELETED and self._is_purged(move) else "updated"
        tenant = self._people.tenant_id(move.company).lower()
        user_id = self._people.user_id(self._people.staff.someone(move.company, move.number))
        told = [
            Letter(each.url, _JSON, compact({"value": [self._change(each, kind, user_id)]}))
            for each in self._alive().values()
            if each.tenant == tenant and kind in each.types and self._people.is_consented(tenant)
        ]
        self._courier.take(told, self._switches.push)

    def happen(self, event: str, tenant: str) -> list[int]:
        """Send one of :data:`LIFECYCLE` to the subscriptions of a tenant; a removed one is gone. Give the statuses."""
        if event not in LIFECYCLE:
            raise ValueError(f"event is one of {', '.join(LIFECYCLE)}.")
        subject = [each for each in self._alive().values() if each.tenant == tenant.lower() and each.lifecycle_url]
        before = len(self._courier.statuses)
        for each in subject:
            body = self._head(each) | {"lifecycleEvent": event}
            if event == "subscriptionRemoved":
                with self._lock:
                    self.open.pop(each.id, None)
            self._courier.take([Letter(each.lifecycle_url, _JSON, compact({"value": [body]}))])
        return self._courier.statuses[before:]

    def deliver(self) -> list[int]:
        """Send what was held back, the newest first, and what has to be tried again; return the statuses."""
        return self._courier.deliver()

    @property
    def statuses(self) -> list[int]:
        """What all deliveries came to, in order; 0 where nobody answered."""
        return self._courier.statuses

    def _is_purged(self, move: StaffMovement) -> bool:
        return self._people.staff.someone(move.company, move.number).purged

    def _head(self, one: Subscription) -> dict[str, Any]:
        return {
            "subscriptionId": one.id, "subscriptionExpirationDateTime": utc(one.until), "tenantId": one.tenant,
            "clientState": one.state,
        }  # fmt: skip

    def _change(self, one: Subscription, kind: str, user_id: str) -> dict[str, Any]:
        data = {"@odata.type": "#Microsoft.Graph.User", "@odata.id": f"Users/{user_id}", "id": user_id}
        return self._head(one) | {
            "changeType": kind, "resource": f"Users/{user_id}", "resourceData": data | {"organizationId": one.tenant},
        }  # fmt: skip

    def _create(self, body: Mapping[str, Any], tenant: str) -> Answer:
        types = frozenset(part.strip() for part in str(body.get("changeType") or "").split(",") if part.strip())
        resource, state = str(body.get("resource") or ""), str(body.get("clientState") or "")
        url, lifecycle = str(body.get("notificationUrl") or ""), str(body.get("lifecycleNotificationUrl") or "")
        if not types or not types <= _TYPES or resource.strip("/").lower() != "users":
            raise GraphRefusal(400, "Resource or changeType is not supported.", "InvalidRequest")
        if len(state) > _LONGEST_STATE or not may_be_told(url) or not (not lifecycle or may_be_told(lifecycle)):
            raise GraphRefusal(400, "The notificationUrl or clientState is not valid.", "InvalidRequest")
        until = self._until(body)
        for each in (url, lifecycle):
            if each:
                self._validate(each)
        made = Subscription(str(uuid.uuid4()), tenant, resource, types, url, lifecycle, state, until)
        with self._lock:
            self.open[made.id] = made
        return json_answer(made.shown(), status=201)

    def _validate(self, url: str) -> None:
        """Have the address give back a token, decoded, as plain text: or nothing is made."""
        token = f"Validation: Testing client application reachability. Request-Id: {secrets.token_hex(8)} +/="
        joint = "&" if "?" in url else "?"
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        status, said = post(f"{url}{joint}validationToken={quote(token, safe='')}", b"", headers)
        if status != 200 or said.decode("utf-8", "replace") != token:  # noqa: PLR2004 (OK, and nothing else)
            raise GraphRefusal(
                400, f"Subscription validation request failed. HTTP status code is '{status}'. Notification endpoint "
                "must respond with 200 OK to validation request.", "ValidationError",
            )  # fmt: skip

    def _until(self, body: Mapping[str, Any]) -> float:
        try:
            until = dt.datetime.fromisoformat(str(body.get("expirationDateTime"))).timestamp()
        except ValueError as problem:
            raise GraphRefusal(400, "expirationDateTime is not a time.", "InvalidRequest") from problem
        now = self._clock.now()
        if not now < until <= now + LONGEST:
            raise GraphRefusal(
                400, "Subscription expiration can only be 41760 minutes in the future.", "InvalidRequest"
            )  # fmt: skip
        return until

    def _alive(self) -> dict[str, Subscription]:
        now = self._clock.now()
        with self._lock:
            for gone in [each.id for each in self.open.values() if each.until <= now]:
                del self.open[gone]
            return dict(self.open)


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as problem:
        raise GraphRefusal(400, "Unable to read JSON request payload.") from problem
    if not isinstance(body, dict):
        raise GraphRefusal(400, "Unable to read JSON request payload.")
    return body
