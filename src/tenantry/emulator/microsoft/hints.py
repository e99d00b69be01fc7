"""What the Partner Center tells by itself: records of its activity log, and signed notifications to one address.

Both are made on request of a test (``emulator.microsoft.hints.happen``): what customers do themselves shows in neither
(docs/reference/partner-center.md sections 9 and 10).
"""

import base64
import datetime as dt
import json
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tenantry.emulator.certificates import Notary
from tenantry.emulator.clock import Clock
from tenantry.emulator.messages import Answer, Request, compact, json_answer
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.posting import may_be_told, post

CERTIFICATE: Final = "/cert/pcnotifications-dispatch.microsoft.com.cer"
EVENTS: Final = (
    "test-created", "subscription-updated", "granular-admin-relationship-approved",
    "granular-admin-relationship-activated", "granular-admin-relationship-terminated",
    "granular-admin-relationship-expired", "granular-admin-access-assignment-activated",
    "granular-admin-access-assignment-deleted", "dap-admin-relationship-approved", "dap-admin-relationship-terminated",
    "reseller-relationship-accepted-by-customer", "indirect-reseller-relationship-accepted-by-customer",
)  # fmt: skip
_KEPT_DAYS: Final = 90
_MOST: Final = dt.timedelta(days=30)
_ATTEMPTS: Final = 10
_PAGE: Final = 500
_AMERICAN: Final = "%m/%d/%Y %I:%M:%S %p"


@dataclass(slots=True)
class Registration:
    """The one address that the partner's notifications go to."""

    url: str
    events: list[str]
    own_header: bool = False
    subscriber: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self) -> dict[str, Any]:
        """Return it as the service writes it."""
        return {
            "SubscriberId": self.subscriber, "WebhookUrl": self.url, "WebhookEvents": self.events,
            "SignatureTokenToMsSignatureHeader": self.own_header,
        }  # fmt: skip


@dataclass(slots=True)
class Undelivered:
    """A notification that nobody took yet, and how often it was tried."""

    body: bytes
    attempts: int = 1


class Hints:
    """The activity log and the notifications of one partner. ``url`` is where the certificate is served."""

    def __init__(self, clock: Clock, notary: Notary, partner_id: str) -> None:
        self._clock = clock
        self._notary = notary
        self._partner_id = partner_id
        self._lock = threading.Lock()
        self.records: list[dict[str, Any]] = []
        self.registration: Registration | None = None
        self.url = ""
        self._correlations: dict[str, dict[str, Any]] = {}
        self.undelivered: list[Undelivered] = []
        self.dropped: list[bytes] = []

    # -- what a test makes happen

    def happen(
        self, tenant_id: str, *, operation: str = "update_customer_billing_profile", event: str = "",
        status: str = "succeeded", ago: float = 0.0,
    ) -> list[int]:  # fmt: skip
        """Write a record about a tenant, and notify of ``event`` if it is one that was registered for.

        Return the status codes of the deliveries; 0 for an address that does not answer. ``ago`` is in seconds.
        """
        at = self._moment(ago)
        record = self._record(tenant_id, operation, status, at)
        with self._lock:
            self.records.append(record)
        if not event:
            return []
        body = self.notification(event, tenant_id, record["id"], at)
        answered = self.notify(body)
        if self.registration is not None and not _is_taken(answered):
            with self._lock:
                self.undelivered.append(Undelivered(body))
        return [answered]

    def deliver_again(self) -> list[int]:
        """Try each notification once more that was not taken; the statuses. After ten attempts it is dropped.

        The real service waits between attempts; here a test says when.
        """
        with self._lock:
            waiting, self.undelivered = self.undelivered, []
        statuses = [self.notify(each.body) for each in waiting]
        for each, status in zip(waiting, statuses, strict=True):
            each.attempts += 1
            if _is_taken(status):
                continue
            with self._lock:
                if each.attempts < _ATTEMPTS:
                    self.undelivered.append(each)
                else:
                    self.dropped.append(each.body)
        return statuses

    def notification(self, event: str, tenant_id: str, record_id: str, at: str) -> bytes:
        """Return the body of a notification."""
        content = {
            "EventName": event,
            "ResourceUri": f"https://api.partnercenter.microsoft.com/v1/customers/{tenant_id}",
            "ResourceName": "Customer",
            "AuditUri": f"https://api.partnercenter.microsoft.com/auditactivity/v1/auditrecords/{record_id}",
            "ResourceChangeUtcDate": at,
        }
        return compact(content)

    def signed(self, body: bytes, *, own_header: bool = False) -> dict[str, str]:
        """Return the headers that go with ``body``."""
        mark = base64.b64encode(self._notary.key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
        signature = {"x-ms-signature": mark} if own_header else {"Authorization": f"Signature {mark}"}
        return {
            "Content-Type": "application/json", **signature, "X-MS-Certificate-Url": f"{self.url}{CERTIFICATE}",
            "X-MS-Signature-Algorithm": "rsa-sha256",
        }  # fmt: skip

    def notify(self, body: bytes) -> int:
        """Send ``body`` to the registered address; its status, or 0. Without a registration nothing is sent."""
        registration = self.registration
        if registration is None:
            return 0
        headers = self.signed(body, own_header=registration.own_header)
        status, _ = post(registration.url, body, headers)
        return status

    def certificate(self) -> Answer:
        """Return the certificate that signatures are checked with, DER as the service has it."""
        return Answer(200, self._notary.certificate, [("Content-Type", "application/x-x509-ca-cert")])

    # -- what the API answers

    def knows(self, method: str, path: str) -> bool:
        """Whether the service has this path for this method."""
        if path.startswith(("/v1/auditrecords", "/auditactivity/v1/auditrecords/")):
            return method == "GET"
        if path == "/webhooks/v1/registration":
            return method in {"GET", "POST", "PUT"}
        if path == "/webhooks/v1/registration/validationevents":
            return method == "POST"
        return method == "GET" and path.startswith("/webhooks/v1/registration/")

    def answer(self, request: Request, path: str) -> Answer:
        """Answer what :meth:`knows`. Raises ``ApiRefusal``."""
        if path == "/v1/auditrecords":
            return self._listing(request)
        if "auditrecords/" in path:
            wanted = request.path.rpartition("/")[2]
            return json_answer(next((each for each in self.records if each["id"] == wanted), None))
        if path == "/webhooks/v1/registration":
            return self._registered(request)
        return self._around(request, path)

    def _around(self, request: Request, path: str) -> Answer:
        if path.endswith("/events"):
            return json_answer(list(EVENTS))
        if request.method == "POST":
            return json_answer({"correlationId": self._validate()})
        correlation = path.rpartition("/")[2]
        if correlation not in self._correlations:
            raise refuse.unknown_path()
        return json_answer(self._correlations[correlation])

    def _validate(self) -> str:
        if self.registration is None:
            raise refuse.unknown_path()
        correlation, at = str(uuid.uuid4()), self._moment(0)
        code = self.notify(self.notification("test-created", self._partner_id, correlation, at))
        result = {"responseCode": str(code), "responseMessage": "", "systemError": code == 0, "dateTimeUtc": at}
        self._correlations[correlation] = {
            "correlationId": correlation, "partnerId": self._partner_id, "status": "completed",
            "callbackUrl": self.registration.url, "results": [result],
        }  # fmt: skip
        return correlation

    def _registered(self, request: Request) -> Answer:
        if request.method == "GET":
            if self.registration is None:
                raise refuse.unknown_path()
            return json_answer(self.registration.shown())
        if request.method == "POST" and self.registration is not None:
            raise refuse.ApiRefusal(409, 2002, "A registration exists for this partner.")
        self.registration = _registration_in(request)
        return json_answer(self.registration.shown())

    def _listing(self, request: Request) -> Answer:
        asked = request.parameters()
        today = dt.datetime.fromtimestamp(self._clock.now(), dt.UTC).date()
        start = _day(asked.get("startdate", ""), today - _MOST)
        end = _day(asked.get("enddate", ""), min(start + _MOST, today))
        if start < today - dt.timedelta(days=_KEPT_DAYS) or not dt.timedelta() <= end - start <= _MOST:
            raise refuse.bad_input(
                "The start date is more than 90 days ago, or not within 30 days before the end date."
            )
        rows = [each for each in self.records if start.isoformat() <= each["operationDate"][:10] <= end.isoformat()]
        token = request.headers.get("ms-continuationtoken", "0")
        size = int(asked.get("size", _PAGE))
        first = int(token) if token.isdecimal() else 0
        page, more = rows[first : first + size], first + size < len(rows)
        body: dict[str, Any] = {"totalCount": len(page), "items": page}
        if more:
            header = {"key": "MS-ContinuationToken", "value": str(first + size)}
            uri = f"/auditrecords?startDate={start}&endDate={end}&size={size}&seekOperation=Next"
            body |= {"links": {"next": {"uri": uri, "method": "GET", "headers": [header]}}}
        return json_answer(body | {"attributes": {"objectType": "Collection"}}, bom=True)

    def _record(self, tenant_id: str, operation: str, status: str, at: str) -> dict[str, Any]:
        number = len(self.records)
        secret = {"UserCredentials": {"password": "initial-password-of-somebody"}}
        return {
            "id": f"{self._partner_id}_{tenant_id}_{operation}_{63870 * 10**13 + number}",
            "partnerId": self._partner_id, "customerId": tenant_id, "userPrincipalName": "agent@partner.example",
            "resourceType": "customer", "operationType": operation, "operationDate": at, "operationStatus": status,
            "resourceNewValue": json.dumps({"Id": tenant_id, **secret}),
            "customizedData": [{"key": "PrimaryDomainName", "value": None}],
            "attributes": {"objectType": "AuditRecord"},
        }  # fmt: skip

    def _moment(self, ago: float) -> str:
        moment = dt.datetime.fromtimestamp(self._clock.now() - ago, dt.UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S.%f}7Z"  # seven digits of a second, as the service writes them


def _is_taken(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 (success)


def _day(text: str, otherwise: dt.date) -> dt.date:
    """Return the day that is meant: ``2026-06-01`` or ``6/1/2026 12:00:00 AM``; its time of day counts for nothing."""
    if not text:
        return otherwise
    try:
        return dt.date.fromisoformat(text) if "/" not in text else dt.datetime.strptime(text, _AMERICAN).date()  # noqa: DTZ007 (a day)
    except ValueError as problem:
        raise refuse.bad_input("A date is written yyyy-mm-dd.") from problem


def _registration_in(request: Request) -> Registration:
    try:
        body = json.loads(request.body)
        url, events = str(body["WebhookUrl"]), [str(each) for each in body["WebhookEvents"]]
        own_header = bool(body.get("SignatureTokenToMsSignatureHeader"))
    except (ValueError, TypeError, KeyError) as problem:
        raise refuse.bad_input("WebhookUrl and WebhookEvents are needed.") from problem
    if not may_be_told(url) or not set(events) <= set(EVENTS):
        raise refuse.bad_input("The address must be https, and the events those of the service.")
    return Registration(url, events, own_header)
