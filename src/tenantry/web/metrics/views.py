"""``/metrics`` for Prometheus: from this machine, or with the operator's token."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tenantry.connections.call_counts import keep_call_counts
from tenantry.web.metrics.collecting import Installation

_HERE = {"127.0.0.1", "::1"}
_PASSED_ON = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics; 404 for everybody else, as if there were none."""
    if not _may_read(request):
        raise Http404
    keep_call_counts()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Installation(timezone.now()))
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_read(request: HttpRequest) -> bool:
    """With a token set, only the token opens; without, only this machine does, and no proxy on it."""
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    passed_on = settings.BEHIND_TLS or any(header in request.META for header in _PASSED_ON)
    return request.META.get("REMOTE_ADDR") in _HERE and not passed_on
