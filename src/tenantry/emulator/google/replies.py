"""How every JSON answer of Google's APIs leaves: partial, marked, indented unless told otherwise, packed if wished."""

import gzip
import json
from typing import Any, Final

from tenantry.emulator.google.etags import Etags
from tenantry.emulator.google.masks import Mask, check_mask, masked, read_mask
from tenantry.emulator.google.page_tokens import PageTokens
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.switches import GoogleSwitches, OverLimit
from tenantry.emulator.messages import Answer, Request, compact

Json = dict[str, Any]
_HEADERS: Final = (
    ("Vary", "Origin, X-Origin, Referer"), ("Server", "ESF"), ("X-XSS-Protection", "0"),
    ("X-Frame-Options", "SAMEORIGIN"), ("X-Content-Type-Options", "nosniff"), ("Alt-Svc", 'h3=":443"; ma=2592000'),
)  # fmt: skip
_WORTH_PACKING: Final = 1024


class Asked:
    """One call as it was asked: parameters by lower-case name, the mask, and the caller for change markers."""

    def __init__(self, request: Request, caller: str) -> None:
        self.request = request
        self.parameters = request.parameters()
        self.caller = caller
        self.mask = read_mask(self.parameters.get("fields", ""))

    def get(self, name: str, usual: str = "") -> str:
        """Return a parameter, by its lower-case name."""
        return self.parameters.get(name, usual)

    def wants(self, *path: str) -> bool:
        """Whether the mask lets the member at ``path`` through."""
        mask: Mask | None = self.mask
        for name in path:
            if not mask:
                return True
            if name not in mask:
                return False
            mask = mask[name]
        return True


class Replies:
    """Makes answers, and reads what all lists have in common."""

    def __init__(self, etags: Etags, tokens: PageTokens, switches: GoogleSwitches) -> None:
        self.etags = etags
        self.tokens = tokens
        self._switches = switches

    def size(self, asked: Asked, *, usual: int, most: int, name: str = "maxresults") -> int:
        """Return how many rows a page may have. Raises ``GoogleRefusal``."""
        text = asked.get(name) or str(usual)
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise refused("invalid", f"Invalid value '{text[:20]}' for maxResults.")
        if int(text) > most and self._switches.over_limit is OverLimit.REFUSE:
            raise refused("invalid", f"Invalid value '{text[:20]}'. Values must be within the range: [1, {most}]")
        return min(int(text), most, self._switches.page_cap)

    def page(self, asked: Asked, rows: list[Any], size: int) -> tuple[list[Any], str]:
        """Return one page of ``rows``, counted from the start, and the token of the next one."""
        position = self.tokens.read(asked.parameters)
        start = int(position[0]) if position else 0
        shown = rows[start : start + size]
        following = self.tokens.make(asked.parameters, [start + size]) if start + size < len(rows) else ""
        return shown, following

    def marked(self, asked: Asked, content: Json) -> Json:
        """Return ``content`` with its change marker behind ``kind``."""
        etag = self.etags.of(content, asked.caller)
        kind = content.get("kind")
        return ({"kind": kind} if kind else {}) | {"etag": etag} | content

    def listing(self, kind: str, key: str, rows: list[Json], token: str = "") -> Json:
        """Return a list's body: an empty list is a missing key, and so is the token of no further page."""
        body: Json = {"kind": kind} if kind else {}
        if rows:
            body[key] = rows
        if token:
            body["nextPageToken"] = token
        return body

    def answer(
        self, asked: Asked, body: Json, *, known: frozenset[str] | None = None,
        inner: dict[str, frozenset[str]] | None = None,
    ) -> Answer:  # fmt: skip
        """Return ``body`` as the call wants it. ``known`` and ``inner`` are the fields that a mask may name."""
        if known is not None:
            check_mask(asked.mask, known, inner or {})
        shown = masked(asked.mask, body)
        pretty = asked.get("prettyprint", "true").lower() != "false"
        raw = json.dumps(shown, ensure_ascii=False, indent=2).encode() + b"\n" if pretty else compact(shown)
        answer = Answer(200, raw, [("Content-Type", "application/json; charset=UTF-8")])
        if isinstance(shown, dict) and "etag" in shown:
            answer.headers.append(("ETag", shown["etag"]))
        return answer


def finish(request: Request, answer: Answer) -> None:
    """Add the headers that every answer carries, and pack it when the client takes that."""
    answer.headers.extend(_HEADERS)
    packed = any(name == "Content-Encoding" for name, _ in answer.headers)
    if packed or answer.delivery is not None or len(answer.body) < _WORTH_PACKING:
        return
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(answer.body, 1)
        answer.headers.append(("Content-Encoding", "gzip"))
