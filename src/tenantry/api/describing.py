"""What the description of the API (OpenAPI) says of every route besides its own input and answer."""

import inspect
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tenantry.api.problems import CONTENT_TYPE, KINDS
from tenantry.core.token_scopes import scopes_for

if TYPE_CHECKING:
    from tenantry.api.areas import Place, Spec

_REF = "#/components/schemas/Problem"
_RESPONSES = "#/components/responses/"
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Why it was not done: problem details as RFC 9457 has them.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "fault", "next", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:tenantry:problem:{name}" for name in KINDS]},
        "title": {"type": "string", "description": "What sort of problem it is."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, this time."},
        "fault": {"type": "string", "description": "Whose fault it is."},
        "next": {"type": "string", "description": "What to do next."},
        "request_id": {"type": "string", "description": "By this id the operator finds the call in the log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "sentence"],
                "properties": {"field": {"type": "string"}, "sentence": {"type": "string"}},
            },
        },
    },
}


def summary_of(work: Callable[..., Any]) -> str:
    """Return the first line of a route's docstring, without its full stop."""
    return inspect.cleandoc(work.__doc__ or "").partition("\n")[0].rstrip(".")


def rest_of(work: Callable[..., Any]) -> str:
    """Return what follows the first line of a route's docstring."""
    return inspect.cleandoc(work.__doc__ or "").partition("\n")[2].strip() or summary_of(work)


def extra_of(spec: "Spec", place: "Place") -> dict[str, Any]:
    """Return what ninja merges into its own description of a route."""
    actions = (spec.action, *spec.others)
    scopes = dict.fromkeys(scope.value for action in actions for scope in scopes_for(action))
    return {
        "parameters": _parameters(spec, place),
        "responses": {status: _problem(status) for status in _statuses(spec)},
        "x-tenantry-action": spec.action.value,
        "x-tenantry-scopes": list(scopes),
    }


def _parameters(spec: "Spec", place: "Place") -> list[dict[str, Any]]:
    found = []
    if spec.versioned:
        sentence = "The ETag of what the change is about, as it was read; `*` for whatever it is now."
        found.append(_header("If-Match", sentence, "^[\\x21-\\x7e]+$", required=True))
    if spec.keyed(place):
        sentence = "A text of your choice. The same call with it, within 24 hours, does nothing a second time."
        found.append(_header("Idempotency-Key", sentence, "^[\\x21-\\x7e]{1,200}$", required=False))
    return found


def _header(name: str, sentence: str, pattern: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"in": "header", "name": name, "description": sentence, "schema": schema, "required": required}


def _statuses(spec: "Spec") -> list[int]:
    found = {401, 403, 422, 429}
    found |= {404} if "{" in spec.path else set()
    found |= {400} if spec.method != "GET" else set()
    found |= {409} if spec.refuses or spec.versioned else set()
    found |= {404} if spec.refuses else set()  # what the body names may be missing
    found |= {412, 428} if spec.versioned else set()
    found |= {502} if spec.asks_provider else set()
    return sorted(found)


def _problem(status: int) -> dict[str, Any]:
    return {"$ref": f"{_RESPONSES}Problem{status}"}


def problem_responses() -> dict[str, Any]:
    """Return the answers with problems that routes refer to."""
    content = {CONTENT_TYPE: {"schema": {"$ref": _REF}}}
    statuses = sorted({kind.status for kind in KINDS.values()})
    return {f"Problem{each}": {"description": HTTPStatus(each).phrase, "content": content} for each in statuses}
