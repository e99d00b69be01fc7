"""Looking at pages: whether they fit, whether axe finds a fault, whether the console is silent."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.e2e.conftest import sign_in

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = {"phone": 360, "wide": 1600}
USUAL_WIDTH = 1280
HEIGHT = 900
# What axe can answer differently in another theme or on another width; the rest of it reads the document.
OF_THE_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]

# What leaves its panel sideways without being scrollable there, and text with no room but for single letters.
MISFITS = """() => {
  const rolls = (element, panel) => {
    for (let at = element.parentElement; at && at !== panel; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible" || at.matches(".menu-panel, .visually-hidden")) return true;
    return false;
  };
  const said = (word, element) => `${word}: ${element.tagName} ${element.className} ${element.innerText.slice(0, 40)}`;
  const parts = "th, td, dt, dd, li, p, button, summary, a, input, select";
  return [...document.querySelectorAll(".panel")].flatMap((panel) => {
    const edge = panel.getBoundingClientRect().right + 1;
    return [...panel.querySelectorAll(parts)].flatMap((element) => {
      const box = element.getBoundingClientRect();
      if (!box.width || element.matches(".visually-hidden") || rolls(element, panel)) return [];
      if (box.right > edge) return [said("outside of its panel", element)];
      const text = element.matches("td:not(.pick), dd, p, li") ? element.innerText.trim() : "";
      return text.length > 6 && box.width < 40 ? [said("squeezed", element)] : [];
    });
  }).slice(0, 3);
}"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at. ``turned``: afterwards in the other theme on the other width, too."""

    theme: str
    screen: str
    turned: bool = False

    @property
    def name(self) -> str:
        return f"{self.theme}-{self.screen}"


# `make pages` opens every page four times, and keeps the pictures, which take as long as the looking. Else a page is
# opened once, light and wide, and turned dark and narrow as it stands: every theme and every width is seen once.
THOROUGH = "TENANTRY_ALL_LOOKS" in os.environ
LOOKS = (
    [Look(theme, screen) for theme in ("light", "dark") for screen in WIDTHS]
    if THOROUGH
    else [Look("light", "wide", turned=True)]
)


def look_at(
    browser: Browser, server: str, visits: Mapping[str, Mapping[str, str]], look: Look, *, only_open: str = ""
) -> list[str]:
    """Return what is wrong with pages: ``visits`` has, for each of the cast, names and addresses.

    Whoever is called ``anonymous`` does not sign in. Pictures are kept when asked to be thorough. ``only_open``
    is the name of a page that is not ours to judge.
    """
    faults: list[str] = []
    for who, addresses in visits.items():
        context = browser.new_context(
            viewport={"width": WIDTHS[look.screen], "height": HEIGHT}, reduced_motion="reduce"
        )
        context.add_cookies([{"name": "theme", "value": look.theme, "url": server}])
        if who != "anonymous":
            sign_in(context, server, who)
        page = context.new_page()
        messages: list[str] = []
        _listen(page, messages)
        for name, address in addresses.items():
            page.goto(server + address)
            if THOROUGH:
                _keep_picture(page, name, look)
            if name == only_open:
                messages.clear()
            else:
                faults.extend(f"{name}: {fault}" for fault in _faults_of(page, messages, look))
        context.close()
    return faults


def _listen(page: Page, messages: list[str]) -> None:
    def note(message: ConsoleMessage) -> None:
        answered = "Failed to load resource: the server responded with a status of 40"
        if message.type in {"error", "warning"} and answered not in message.text:
            messages.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: messages.append(str(error)))


def _faults_of(page: Page, messages: list[str], look: Look) -> list[str]:
    """Return what is wrong with an open page; whether it fits is asked on the usual laptop, too."""
    found = _misfits(page)
    if look.screen == "wide":
        found += [f"on {USUAL_WIDTH} px {fault}" for fault in _on_width(page, USUAL_WIDTH)]
        page.set_viewport_size({"width": WIDTHS["wide"], "height": HEIGHT})
    page.evaluate(AXE)
    # It is not to name every element that passes: that took most of its time on a long list.
    found += _axe(page, {"resultTypes": ["violations"]})
    if look.turned:
        page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
        turned = _on_width(page, WIDTHS["phone"]) + _axe(page, {"resultTypes": ["violations"], "runOnly": OF_THE_LOOK})
        found += [f"dark and narrow: {fault}" for fault in turned]
        page.set_viewport_size({"width": WIDTHS["wide"], "height": HEIGHT})
    found.extend(f"console: {message}" for message in messages)
    messages.clear()
    return found


def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    result: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    found: list[str] = []
    for violation in result["violations"]:
        where = [node["target"] for node in violation["nodes"]][:3]
        found.append(f"axe {violation['id']}: {violation['help']} at {json.dumps(where)}")
    return found


def _on_width(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return _misfits(page)


def _misfits(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return ([f"is {wide} px wider than the screen"] if wide > 0 else []) + list(page.evaluate(MISFITS))


def _keep_picture(page: Page, name: str, look: Look) -> None:
    folder = SHOTS / look.name
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
