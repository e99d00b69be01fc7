"""Takes the pictures in these documents from a running demo, after letting things happen in it.

``tenantry demo --port 8080 --home HOME`` in one terminal, and when the first syncs have ended
``python -m docs.take_pictures http://127.0.0.1:8080 HOME`` in another. Customers and people come, change and leave,
more leave one company than a brake lets pass, and a program listens. Chromium is found as the tests find it.
"""  # noqa: INP001  # docs holds scripts, not a package

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from docs.small_pictures import make_small
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tenantry.cli.demo import PASSWORD
from tenantry.cli.emulator import control

IMAGES = Path(__file__).resolve().parent / "images"
MANAGER = "manager@northwind.example"
LARGEST = 150_000
MARKETPLACE = "Northwind Cloud"
LEAVERS = range(2, 10)  # eight of twenty: more than a company may lose at once
_TENANT = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TO_THE_TOP = "each => scrollTo({top: each.getBoundingClientRect().top - 110, behavior: 'instant'})"
_SIZE = {"width": 1280, "height": 800}


def sign_in(page: Page, address: str) -> None:
    """Sign the demo's manager in."""
    page.goto(f"{address}/account/sign-in/")
    page.locator("input[name=login]").fill(MANAGER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button[type=submit], form button:not([type])").last.click()
    expect(page).not_to_have_url(re.compile("sign-in"))


def take(page: Page, name: str) -> None:
    """Save what the window shows. Raises ``ValueError`` for a picture that is too large to commit."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    size = make_small(path)
    if size > LARGEST:
        raise ValueError(f"{path.name} has {size:,} bytes, more than {LARGEST:,}.")


class _Listener(BaseHTTPRequestHandler):
    """A program that listens, and is content with each message."""

    def do_POST(self) -> None:  # the base class's name
        """Answer one message."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"received": True}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[str]:
    """Let a program listen on this machine, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks/tenantry"
        server.shutdown()


def tenantry(home: Path, *arguments: str) -> Any:
    """Run a command on the demo's marketplace, and return what it prints as JSON. Held and partly failed is fine."""
    command = [
        sys.executable,
        "-m",
        "tenantry",
        *arguments,
        "--home",
        str(home),
        "--marketplace",
        MARKETPLACE,
        "--json",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # our own command
    if not ran.stdout:
        raise RuntimeError(f"{' '.join(arguments)} ended with {ran.returncode}: {ran.stderr}")
    return json.loads(ran.stdout)


def linked_tenants(page: Page, address: str) -> list[str]:
    """Return the ids of the tenants whose people are known, as the pages of their companies show them."""
    page.goto(f"{address}/users/directories/")
    links = page.locator("td[data-label=Company] a").evaluate_all("all => all.map(each => each.href)")
    found = []
    for link in dict.fromkeys(links):
        page.goto(link)
        found += re.findall(_TENANT, page.locator("main").inner_html())[:1]
    return found


def move(page: Page, address: str, home: Path, listener: str) -> None:
    """Let a program listen, customers and people move, and both syncs see it."""
    page.goto(f"{address}/settings/webhooks/new/")
    page.locator("[name=name]").fill("Billing")
    page.locator("[name=url]").fill(listener)
    page.locator("main form .btn-primary").click()
    folder = home / "emulator"
    for closed in tenantry(home, "sync", "users", "--preview")["runs"][0]["unreadable"]:
        tenant = re.findall(_TENANT, closed["what"])[0]
        control(folder, f"customers/{tenant}/rights", {"role_granted": True, "readable": True})
    tenantry(home, "sync", "users")
    tenants = linked_tenants(page, address)
    control(folder, "advance", {"steps": 6})
    control(folder, "people/advance", {"tenants": tenants, "steps": 2})
    for number in LEAVERS:
        control(folder, "people", {"tenant": tenants[0], "what": "delete", "number": number})
    for what in ("companies", "users"):
        tenantry(home, "sync", what)


def of_companies(page: Page, address: str) -> None:
    """Take what shows tenants and companies."""
    page.goto(f"{address}/")  # once more: the greeting is gone then
    take(page, "home")
    page.goto(f"{address}/companies/pending/?sort=-match")
    take(page, "pending-companies")
    page.locator("a.row-link").first.click()
    expect(page.locator("h1")).to_be_visible()
    take(page, "pending-company")
    page.goto(f"{address}/settings/data-sync/")
    take(page, "sync-settings")


def of_people(page: Page, address: str) -> None:
    """Take what shows the people of directories."""
    page.goto(f"{address}/settings/data-sync/")
    page.locator("#people-title").evaluate(_TO_THE_TOP)
    take(page, "user-sync-settings")
    page.goto(f"{address}/users/directories/")
    take(page, "people-of-directories")
    page.locator("tr", has_text="Deleted at the provider").first.get_by_role("link", name="Why?").click()
    expect(page.locator("h1")).to_contain_text("Why is it like this?")
    take(page, "why-of-a-person")


def of_runs(page: Page, address: str) -> None:
    """Take what shows runs, what is held, and taking back."""
    page.goto(f"{address}/sync/history/")
    take(page, "sync-history")
    run = _newest(page, "Companies")
    page.goto(run)
    take(page, "run")
    page.goto(f"{run}?tab=changes")
    take(page, "run-changes")
    page.goto(f"{address}/sync/history/")
    page.goto(f"{_newest(page, 'People')}undo/")
    take(page, "undo")
    page.goto(f"{address}/sync/held/")
    page.get_by_role("link", name="Look at").first.click()
    expect(page.locator("h1")).to_be_visible()
    take(page, "held")


def _newest(page: Page, kind: str) -> str:
    """Return the address of the newest run of a kind in the history that is open."""
    return str(page.locator("tr", has_text=kind).locator("a.row-link").first.evaluate("link => link.href"))


def of_webhooks(page: Page, address: str) -> None:
    """Take what shows a program that listens."""
    page.goto(f"{address}/settings/webhooks/")
    page.get_by_role("link", name="Billing").click()
    take(page, "webhook")


def pictures(browser: Browser, address: str, home: Path) -> None:
    """Let things happen, then visit the pages one after the other, and take them."""
    page = browser.new_page(viewport=_SIZE, color_scheme="light", locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]  # a plain dict
    sign_in(page, address)
    with listening() as listener:
        move(page, address, home, listener)
        for part in (of_companies, of_people, of_runs, of_webhooks):
            part(page, address)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}/companies/pending/?sort=-match")
    take(page, "pending-companies-dark")


def main() -> int:
    """Take all pictures of the demo at the address that is given. Return the exit code."""
    if len(sys.argv) != 3:  # noqa: PLR2004  # the script and its two arguments
        sys.stderr.write("Say where the demo is: python -m docs.take_pictures http://127.0.0.1:8080 HOME\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    chromium = os.environ.get("TENANTRY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        pictures(browser, sys.argv[1].rstrip("/"), Path(sys.argv[2]))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
