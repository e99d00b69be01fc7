"""Looking itself: it sees what only shows in the dark, and what only shows on a phone."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser
from tests.e2e.looking import Look, look_at

pytestmark = pytest.mark.browser

_GOOD = "<main><h1>Fine</h1><p>All is well here.</p></main>"
_WIDE = "<main><h1>Fine</h1><div style='width: 700px'>Too wide for a phone.</div></main>"
_DARK = (
    "<style>[data-bs-theme=dark] { background: #222; color: #333 }</style>"
    "<main><h1>Fine</h1><p>Not to be read at night.</p></main>"
)
_PAGES = {"/good": _GOOD, "/wide": _WIDE, "/dark": _DARK, "/loud": f"{_GOOD}<script>console.error('Oh')</script>"}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _PAGES.get(self.path, "")
        head = "<meta name='viewport' content='width=device-width'><title>A page</title><link rel='icon' href='data:,'>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
        """Say nothing."""


@pytest.fixture
def pages() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_only_shows_in_the_dark_or_on_a_phone_is_seen(browser: Browser, pages: str) -> None:
    visits = {"anonymous": {name[1:]: name for name in _PAGES}}
    faults = look_at(browser, pages, visits, Look("light", "wide", turned=True))
    assert [fault.split(":")[0] for fault in faults] == ["wide", "dark", "loud"]
    assert "dark and narrow: is" in faults[0]
    assert "dark and narrow: axe color-contrast" in faults[1]
    assert faults[2].endswith("console: Oh")
