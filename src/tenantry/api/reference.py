"""The reference of the API, made from its routes: the description as OpenAPI has it, and a page for people."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from tenantry.api.problems import KINDS
from tenantry.api.repeating import KEPT_FOR
from tenantry.api.shapes import LONGEST_PAGE
from tenantry.api.v1 import AREAS, ROOT, api
from tenantry.core.token_scopes import NOT_FOR_TOKENS, SCOPES
from tenantry.listing import PAGE_SIZE

_INTRODUCTION = (
    "All calls go to `/api/v1/` of the pages' address, in JSON both ways. How to begin, with examples to copy: "
    "[use the REST API](../howto/rest-api.md). The same as OpenAPI, for programs: [openapi.json](openapi.json), and at "
    "`/api/v1/openapi.json` of every installation."
)


def openapi_file() -> str:
    """Return the description as the file that is checked in."""
    schema: dict[str, Any] = api.get_openapi_schema(path_prefix=ROOT)
    return json.dumps(json.loads(json.dumps(schema)), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def api_page(made: str) -> str:
    """Return the page for people; ``made`` is its first line."""
    lines = [made, "# REST API", "", _INTRODUCTION, ""]
    lines += ["## Tokens", "", "`Authorization: Bearer tnt_…`. A token may do what one of its scopes is for *and* the"]
    lines += ["current role of whoever made it may do. It is for one marketplace, or for the installation.", ""]
    lines += ["| Scope | What it is for |", "|---|---|"]
    lines += [f"| `{scope.value}` | {', '.join(sorted(each.value for each in SCOPES[scope]))} |" for scope in SCOPES]
    lines += ["", "No token does this:", ""]
    lines += [f"* {action.value}: {sentence}" for action, sentence in NOT_FOR_TOKENS.items()]
    lines += ["", *_conventions(), ""]
    for tag in dict.fromkeys(area.tag for area in AREAS):
        lines += [f"## {tag}", "", "| Call | Scope | What it does |", "|---|---|---|"]
        lines += [_row(*each) for each in _operations() if each[2]["tags"] == [tag]]
        lines.append("")
    return "\n".join(lines)


def _conventions() -> Iterator[str]:
    hours = int(KEPT_FOR.total_seconds() // 3600)
    yield from ["## Lists", "", "A list answers a page: `items`, and the addresses `next` and `previous`, which the"]
    yield from ["header `Link` has as well. Both are `null` at the ends. A filter that makes no sense is refused.", ""]
    yield from [f"`limit` says how many rows a page has: 1 to {LONGEST_PAGE}, or {PAGE_SIZE} when it is left out.", ""]
    yield from [
        "## Calls that may be sent again",
        "",
        "With `Idempotency-Key` (1 to 200 printable characters) a `POST`",
    ]
    yield from [
        f"that is sent again within {hours} hours does nothing a second time: the first answer comes back, with"
    ]
    yield from [
        "`Idempotency-Replayed: true`. What was refused is not kept: it may be tried again with the same key.",
        "",
    ]
    yield from [
        "## Versions",
        "",
        "What can be changed answers with `ETag`. A change sends it as `If-Match`; `*` stands",
    ]
    yield from ["for whatever there is. When somebody was faster, the answer is 412 and nothing was changed.", ""]
    yield from [
        "## Rate",
        "",
        f"A token may call {settings.API_CALLS_PER_MINUTE:,} times a minute unless the operator set",
    ]
    yield from ["`TENANTRY_API_CALLS`. Each answer has `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`"]
    yield from ["(seconds); beyond it comes 429 with `Retry-After`.", ""]
    yield from ["## Problems", "", "What is refused comes as `application/problem+json`: `type`, `title`, `status`,"]
    yield from [
        "`detail` (what happened), `fault` (whose it is), `next` (what to do), `errors` by field, `request_id`.",
        "",
    ]
    yield from ["| Status | `type` | Title | Fault | Next |", "|---|---|---|---|---|"]
    for name, kind in KINDS.items():
        yield f"| {kind.status} | `urn:tenantry:problem:{name}` | {kind.title} | {kind.fault} | {kind.next} |"


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    schema: dict[str, Any] = api.get_openapi_schema(path_prefix=ROOT)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in operation["x-tenantry-scopes"])
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    version = " Needs `If-Match`." if "If-Match" in headers else ""
    return f"| `{method} {path.removeprefix('/api/v1')}` | {scopes} | {operation['summary']}.{version} |"
