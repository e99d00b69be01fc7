"""Takes the pictures in these documents from a running demo.

``tenantry demo --port 8080`` in one terminal, ``python docs/take_pictures.py http://127.0.0.1:8080`` in another.
Before that, let the first sync end, move the emulator's world once, and sync again: the newest run then has few
changes of each kind. Chromium is found as the tests find it.
"""  # noqa: INP001  # docs holds scripts, not a package

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tenantry.cli.demo import PASSWORD

IMAGES = Path(__file__).resolve().parent / "images"
MANAGER = "manager@northwind.example"
LARGEST = 250_000
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
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes, more than {LARGEST:,}.")


def pictures(page: Page, address: str) -> None:
    """Visit the pages one after the other, and take them."""
    sign_in(page, address)
    page.goto(f"{address}/")  # once more: the greeting is gone then
    take(page, "home")
    page.goto(f"{address}/companies/pending/?sort=-match")
    take(page, "pending-companies")
    page.locator("a.row-link").first.click()
    expect(page.locator("h1")).to_be_visible()
    take(page, "pending-company")
    page.goto(f"{address}/settings/data-sync/")
    take(page, "sync-settings")
    page.goto(f"{address}/sync/history/")
    take(page, "sync-history")
    page.locator("a.row-link").first.click()
    expect(page.locator("h1")).to_be_visible()
    take(page, "run")
    page.goto(f"{page.url.partition('?')[0]}?tab=changes")
    take(page, "run-changes")
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}/companies/pending/?sort=-match")
    take(page, "pending-companies-dark")


def main() -> int:
    """Take all pictures of the demo at the address that is given. Return the exit code."""
    if len(sys.argv) != 2:  # noqa: PLR2004  # the script and its one argument
        sys.stderr.write("Say where the demo is: python docs/take_pictures.py http://127.0.0.1:8080\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    chromium = os.environ.get("TENANTRY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport=_SIZE, color_scheme="light", locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]  # a plain dict
        pictures(page, sys.argv[1].rstrip("/"))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
