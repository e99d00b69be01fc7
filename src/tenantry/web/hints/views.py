"""The address that a provider's notifications come to. It knows connections, and no marketplace."""

import uuid

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenantry.connections.models import Connection, Provider
from tenantry.providers.errors import ProviderError
from tenantry.providers.microsoft.signatures import NotSigned
from tenantry.sync.hints.receiving import receive_notification
from tenantry.web.hints.limits import HintLimits

_LARGEST = 64 * 1024
_NOT_FOUND, _UNSIGNED, _TOO_LARGE, _TOO_MANY = 404, 401, 413, 429
_limits = HintLimits()
_log = structlog.stdlib.get_logger(__name__)


@csrf_exempt
@require_POST
def microsoft_hint(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a notification. Each refusal looks the same from outside, whatever the reason; the log has it."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > _LARGEST:
        return _said("A notification says its length, and has at most 64 KB.", _TOO_LARGE)
    if not _limits.let_in(str(uid)):
        answer = _said("Too many. Try again in a minute.", _TOO_MANY)
        answer["Retry-After"] = "60"
        return answer
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


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status)
