"""``GET /v1/customers``: sizes, seeking, continuation tokens and links, with the variants seen in the wild."""

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tenantry.emulator.clock import Clock
from tenantry.emulator.messages import BOM, Answer, Request
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.microsoft.continuation import Continuation, Cursor
from tenantry.emulator.microsoft.filters import Filter, match_of, read_filter
from tenantry.emulator.microsoft.pages import Page, Pages
from tenantry.emulator.microsoft.switches import LinkStyle, Switches, TokenPlace
from tenantry.emulator.world import Match, World

_SEEKS: Final = {
    "next": "next", "0": "next", "previous": "previous", "1": "previous", "first": "first", "2": "first",
    "last": "last", "3": "last",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one list request asks for, its token read."""

    size: int
    seek: str
    filter: Filter | None
    cursor: Cursor


class CustomerList:
    """Answers list requests over ``world``. ``api_url`` is needed for absolute links; set it once it is known."""

    def __init__(self, world: World, switches: Switches, clock: Clock, key: bytes) -> None:
        self.pages = Pages(world)
        self._world = world
        self._switches = switches
        self._clock = clock
        self._continuation = Continuation(key)
        self.api_url = ""

    def answer(self, request: Request, resellers: list[str], *, mode: str) -> Answer:
        """Return the page that ``request`` asks for. Raises ``ApiRefusal``."""
        wanted = self._wanted(request)
        if wanted.filter is not None:
            if wanted.filter.by_partner and mode != "user":
                raise refuse.user_only()
            if wanted.filter.field == "domain" and self._switches.domain_filter_fails:
                raise refuse.filter_failed()
        match = match_of(wanted.filter, resellers)
        page, following = self._page(wanted, match)
        bare = wanted.filter is not None and wanted.filter.by_partner
        text = self._envelope(request, wanted, page, following, links=not bare)
        body = text.encode()
        return Answer(
            200,
            BOM + body if self._switches.bom else body,
            [("Content-Type", "application/json; charset=utf-8")],
        )

    def _wanted(self, request: Request) -> Wanted:
        asked = request.parameters()
        token = request.headers.get("ms-continuationtoken", "")
        size = self._size(asked.get("size", "0"))
        seek = ""
        if asked.get("seekoperation"):
            seek = _SEEKS.get(asked["seekoperation"].lower(), "")
            if not seek:
                raise refuse.bad_input(f"The seek operation {asked['seekoperation']} is not supported.")
        if token and not seek:
            raise refuse.bad_input("A continuation token needs the parameter seekOperation.")
        if not token and seek in {"next", "previous"}:
            raise refuse.no_more_records()
        if not token:
            filter_ = read_filter(asked.get("filter", ""))
            return Wanted(size or self._switches.page_cap, seek, filter_, Cursor(0, 0, 1, size, "", 0))
        cursor = self._cursor(token)
        return Wanted(size or cursor.size, seek, read_filter(cursor.filter), cursor)

    def _size(self, text: str) -> int:
        if not text.isascii() or not text.isdigit():
            raise refuse.bad_input("The parameter size must be a whole number.")
        return min(int(text), self._switches.page_cap)

    def _cursor(self, token: str) -> Cursor:
        cursor = self._continuation.cursor(token)
        if cursor is None or cursor.start >= self._world.size:
            raise refuse.no_more_records()
        lifetime = self._switches.token_seconds
        if lifetime is not None and self._clock.now() - cursor.issued > lifetime:
            raise refuse.no_more_records()
        return cursor

    def _page(self, wanted: Wanted, match: Match | None) -> tuple[Page, Cursor | None]:
        """Return the page and the cursor of the page after it, ``None`` after the last."""
        cursor, size, switches = wanted.cursor, wanted.size, self._switches
        if wanted.seek == "last":
            page = self.pages.backward(self._world.size, size, match)
        elif wanted.seek == "previous":
            page = self.pages.backward(cursor.before, size, match)
        elif wanted.seek == "first":
            page = self.pages.forward(0, size, match)
        elif switches.empty_page == cursor.page:
            page = Page("", 0, cursor.start, cursor.start, more=True)
        elif switches.repeat_page == cursor.page and cursor.page > 1:
            shown = self.pages.forward(cursor.before, size, match)
            page = Page(shown.rows, shown.count, shown.start, cursor.start, more=True)
        else:
            page = self.pages.forward(cursor.start, size, match)
            if switches.repeat_row and cursor.page > 1:
                page = self._with_repeated_row(page, cursor, match)
        if not page.more and not switches.trailing_token:
            return page, None
        end = page.end if page.more else self._world.size
        text = wanted.filter.text if wanted.filter is not None else ""
        return page, Cursor(end, page.start, cursor.page + 1, size, text, self._clock.now())

    def _with_repeated_row(self, page: Page, cursor: Cursor, match: Match | None) -> Page:
        last = self.pages.backward(cursor.start, 1, match)
        rows = ",".join(part for part in (last.rows, page.rows) if part)
        return Page(rows, page.count + last.count, page.start, page.end, page.more)

    def _envelope(self, request: Request, wanted: Wanted, page: Page, following: Cursor | None, *, links: bool) -> str:
        place = self._switches.token_place
        token = "" if following is None else self._continuation.token(following)
        total = page.count + (3 if self._switches.wrong_total else 0)
        parts = [f'"totalCount":{total},"items":[{page.rows}]']
        if token and place is not TokenPlace.LINKS:
            parts.append(f'"continuationToken":"{token}"')
        if links and self._switches.link_style is not LinkStyle.NONE:
            parts.append(f'"links":{_json(self._links(request, wanted, token))}')
        parts.append('"attributes":{"objectType":"Collection"}')
        return "{" + ",".join(parts) + "}"

    def _links(self, request: Request, wanted: Wanted, token: str) -> dict[str, Any]:
        asked = request.parameters()
        own = f"size={asked.get('size') or wanted.size}"
        if wanted.filter is not None:
            own += f"&filter={quote(wanted.filter.text, safe='')}"
        if wanted.seek:
            own += f"&seekOperation={wanted.seek.title()}"
        links: dict[str, Any] = {"self": self._link(f"?{own}")}
        if token and self._switches.token_place is not TokenPlace.BODY:
            joint = "?" if self._switches.link_style is LinkStyle.DOUBLE_QUESTION else "&"
            links["next"] = self._link(f"?size={wanted.size}{joint}seekOperation=Next", token)
        return links

    def _link(self, query: str, token: str = "") -> dict[str, Any]:
        starts = {
            LinkStyle.VERSIONED: "/v1/customers",
            LinkStyle.ABSOLUTE: f"{self.api_url}/v1/customers",
            LinkStyle.FOREIGN: "https://partner-center.attacker.example/v1/customers",
        }
        headers = [{"key": "MS-ContinuationToken", "value": token}] if token else []
        return {
            "uri": starts.get(self._switches.link_style, "/customers") + query,
            "method": "GET",
            "headers": headers,
        }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
