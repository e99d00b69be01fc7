"""Whether this process lives, and whether it can serve. For supervisors and load balancers."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from tenantry.isolation.roles import refuse_unsafe_role


def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer that the process lives; touches nothing else."""
    return HttpResponse("live\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer 200 when the database answers, as a role that the policies bind; else 503."""
    try:
        refuse_unsafe_role()
    except ImproperlyConfigured as problem:
        return HttpResponse(f"{problem}\n", content_type="text/plain", status=503)
    except DatabaseError:
        return HttpResponse("The database does not answer.\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
