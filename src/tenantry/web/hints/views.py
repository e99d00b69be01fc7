"""The addresses that providers' notifications come to. They know connections, and no marketplace."""

import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenantry.connections.models import Connection, Provider
from tenantry.providers.errors import ProviderError
from tenantry.providers.microsoft.signatures import NotSigned
from tenantry.sync.hints.pushed import NotPromised, promised, receive_google_push, receive_graph_push
from tenantry.sync.hints.receiving import receive_notification
from tenantry.web.hints.limits import HintLimits

_LARGEST = 64 * 1024
_LARGEST_LETTER = 1024 * 1024
_LONGEST_TOKEN = 2_048
_NOT_FOUND, _UNSIGNED, _TOO_LARGE, _TOO_MANY = 404, 401, 413, 429
_limits = HintLimits()
# Pushes cost a row's update each, and many tenants have theirs at once.
_push_limits = HintLimits(each=120, overall=3_000)
_log = structlog.stdlib.get_logger(__name__)


@csrf_exempt
@require_POST
def microsoft_hint(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a notification. Each refusal looks the same from outside, whatever the reason; the log has it."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > _LARGEST:
        return _said("A notification says its length, and has at most 64 KB.", _TOO_LARGE)
    if not _limits.let_in(str(uid)):
        return _too_many()
    row = Connection.objects.filter(uid=uid, enabled=True, provider=Provider.MICROSOFT).first()
    if row is None:
        return _said("There is nothing here.", _NOT_FOUND)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        taken = receive_notification(row, headers, request.body, now=timezone.now())
    except (NotSigned, ProviderError) as refusal:
        _log.warning("hint_refused", connection_id=row.pk, reason=str(refusal))
        return _said("This is no notification of Microsoft's.", _UNSIGNED)
    _log.info("hint_taken", connection_id=row.pk, new=taken)
    return _said("Thank you.", 200)


@csrf_exempt
@require_POST
def google_push(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a message that people of a tenant changed. Its body is not read, and whatever is refused looks the same."""
    headers = {name.lower(): value for name, value in request.headers.items()}

    def take(row: Connection) -> HttpResponse:
        return _taken(row, receive_google_push(row, headers, now=timezone.now()), 200)

    return _pushed(uid, Provider.GOOGLE, headers.get("x-goog-channel-id", "")[:40], take)


@csrf_exempt
@require_POST
def graph_push(request: HttpRequest, uid: uuid.UUID, name: uuid.UUID) -> HttpResponse:
    """Take a letter of one subscription, or say that the address is ours. Whatever is refused looks the same."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _LARGEST_LETTER:
        return _said("A letter has at most 1 MB.", _TOO_LARGE)
    token = request.GET.get("validationToken", "")

    def take(row: Connection) -> HttpResponse:
        if token:
            # Graph asks this before it promises anything: only of an address that was made for a push of ours.
            promised(row, name)
            return HttpResponse(token[:_LONGEST_TOKEN], content_type="text/plain; charset=utf-8")
        return _taken(row, receive_graph_push(row, name, request.body, now=timezone.now()), 202)

    return _pushed(uid, Provider.MICROSOFT, str(name), take)


def _pushed(
    uid: uuid.UUID, provider: Provider, sender: str, take: Callable[[Connection], HttpResponse]
) -> HttpResponse:  # fmt: skip
    """Answer with ``take`` of the connection, if not too much comes from the sender and the push was promised."""
    if not _push_limits.let_in(sender):
        return _too_many()
    row = Connection.objects.filter(uid=uid, enabled=True, provider=provider).first()
    if row is None:
        return _said("There is nothing here.", _NOT_FOUND)
    try:
        return take(row)
    except NotPromised as refusal:
        _log.warning("push_refused", connection_id=row.pk, reason=str(refusal))
        return _said("There is nothing here.", _NOT_FOUND)


def _taken(row: Connection, new: int, status: int) -> HttpResponse:
    _log.info("push_taken", connection_id=row.pk, new=new)
    return _said("Thank you.", status)


def _too_many() -> HttpResponse:
    answer = _said("Too many. Try again in a minute.", _TOO_MANY)
    answer["Retry-After"] = "60"
    return answer


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status)
