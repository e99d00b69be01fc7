"""What every answer below ``/api/`` has: the token's rate, no caching, and problem details where something failed.

Failures below the API, such as an address that there is not, come as pages; they are said anew here.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tenantry.api.problems import CONTENT_TYPE, answer_of, problem_for

PREFIX = "/api/"
_FAILED = 400


class ApiMiddleware:
    """Finishes the answers of the API; leaves every other one as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        answer = self.get_response(request)
        if not request.path.startswith(PREFIX):
            return answer
        if answer.status_code >= _FAILED and answer.get("Content-Type") != CONTENT_TYPE:
            answer = _as_problem(request, answer)
        for name, value in getattr(request, "rate_headers", {}).items():
            answer[name] = value
        answer["Cache-Control"] = "no-store"
        return answer


def _as_problem(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    said = answer_of(request, problem_for(answer.status_code))
    if "Allow" in answer:
        said["Allow"] = answer["Allow"]
    return said
