"""What a connection carries: a request as it was read, and an answer as it will be written."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

BOM = b"\xef\xbb\xbf"
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    409: "Conflict", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


@dataclass(slots=True)
class Request:
    """One HTTP request. ``headers`` have lower-case names; ``path`` is as sent, without the query.

    ``mode`` (``app``, ``user`` or empty) and ``known`` (whether the path belongs to the emulated API) are
    noted while the request is answered, for the counters.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    mode: str = ""
    known: bool = True

    def parameters(self) -> dict[str, str]:
        """Return the query parameters, names in lower case, the first value of each."""
        if not self.query:
            return {}
        parsed = parse_qs(self.query, keep_blank_values=True)
        return {name.lower(): values[0] for name, values in parsed.items()}

    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded body, the first value of each."""
        parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}


@dataclass(slots=True)
class Delivery:
    """How the bytes of an answer reach the client when they do not simply arrive.

    ``wait`` seconds pass before the first byte. The body goes out ``piece`` bytes at a time with ``pause``
    seconds between pieces (0 = at once). With ``cut_after`` the connection is torn down after that many bytes
    of the body, or before the head when it is negative.
    """

    wait: float = 0.0
    piece: int = 0
    pause: float = 0.0
    cut_after: int | None = None


@dataclass(slots=True)
class Answer:
    """One HTTP answer. ``reason`` replaces the usual phrase; ``close`` ends the connection afterwards."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    close: bool = False
    delivery: Delivery | None = None

    def head(self) -> bytes:
        """Return the status line and headers as bytes, the empty line included."""
        reason = self.reason or REASONS.get(self.status, "Unknown")
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines.extend(f"{name}: {value}" for name, value in self.headers)
        lines.append(f"Content-Length: {len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def set_header(self, name: str, value: str) -> None:
        """Set ``name`` to ``value``, replacing any value it had."""
        lowered = name.lower()
        self.headers = [(known, was) for known, was in self.headers if known.lower() != lowered]
        self.headers.append((name, value))


def compact(value: Any) -> bytes:
    """Return ``value`` as compact JSON with non-ASCII characters as they are, as the service writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(value: Any, *, status: int = 200, bom: bool = False) -> Answer:
    """Return ``value`` as a JSON answer, behind a byte order mark when ``bom``."""
    body = compact(value)
    return Answer(
        status=status,
        body=BOM + body if bom else body,
        headers=[("Content-Type", "application/json; charset=utf-8")],
    )


def html_answer(text: str, *, status: int = 200) -> Answer:
    """Return ``text`` as a page."""
    return Answer(status=status, body=text.encode(), headers=[("Content-Type", "text/html; charset=utf-8")])


def redirect(location: str) -> Answer:
    """Send the browser to ``location``."""
    return Answer(status=302, headers=[("Location", location)])
