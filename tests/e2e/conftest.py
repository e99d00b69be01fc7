"""A real web server on the test's database, and Chromium in front of it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.pages import pages_served
from tests.processes import running, working
from tests.web.cast import PASSWORD, Cast, make_cast, stage_of
from tests.web.stage import Stage

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_START_SECONDS = 30.0


def chromium_path() -> str:
    """Return the browser's program. Fails the test when there is none: these tests are never skipped."""
    given = os.environ.get("TENANTRY_CHROMIUM", "")
    found = given or next(filter(None, map(shutil.which, _PROGRAMS)), "")
    if not found or not Path(found).exists():
        pytest.fail(
            "The browser tests need Chromium and there is none. Install it with `apt-get install chromium`, "
            "or let TENANTRY_CHROMIUM name the program.",
            pytrace=False,
        )
    return found


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium. Its driver runs an event loop in this thread, beside which Django is told to work on.

    Beside a running loop Django has connections of its own: none is left over from, or for, another test's database.
    """
    program = chromium_path()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as driver:
        connections.close_all()
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield chromium
        connections.close_all()
        chromium.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def cast(database: str) -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return stage_of(cast)


@pytest.fixture
def free_port() -> int:
    """The port that ``served`` has the pages on."""
    return _free_port()


@pytest.fixture
def web_server(database: str) -> Iterator[str]:
    """The pages, from this process; gives their address. ``served`` has them from a process of their own."""
    with pages_served() as address:
        yield address


@pytest.fixture
def served(database: str, tmp_path: Path, free_port: int) -> Iterator[str]:
    """The pages, as they are served for real; gives their address."""
    port = free_port
    options = "--interface wsgi --workers 1 --blocking-threads 4 --no-ws --log-level warning".split()
    where = ["--host", "127.0.0.1", "--port", str(port), "tenantry.config.wsgi:application"]
    log = tmp_path / "web.log"
    with running([sys.executable, "-m", "granian", *options, *where], log) as process:
        address = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(address, process, log)
        yield address


@pytest.fixture
def worker(database: str, tmp_path: Path) -> Iterator[None]:
    """A worker on the test's database. Our own session, idle from here on, is closed: the test opens another."""
    connections.close_all()
    with working(tmp_path / "worker.log"):
        yield


def sign_in(context: BrowserContext, address: str, who: str) -> None:
    """Sign somebody of the cast in, through the page."""
    page = context.new_page()
    page.goto(f"{address}/account/sign-in/")
    page.get_by_label("Email").fill(f"{who}@people.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/livez", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"The web server does not answer:\n{log.read_text(errors='replace')[-4000:]}")
