"""What the site needs besides Markdown: pages that lie outside of docs/, and decisions in the navigation. No Django.

MkDocs calls these functions by their names.
"""  # noqa: INP001  # docs holds scripts, not a package

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
PAGES = {name: f"project/{name.lower()}" for name in ("ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md")}
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def on_config(config: Any) -> Any:
    """Put every decision into the navigation: they are numbered, and nobody lists them twice."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    part = next(part for part in config.nav if "For developers" in part)["For developers"]
    part[-1]["Decisions"] += [f"decisions/{path.name}" for path in decisions]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie beside docs/, with their links turned to where things are on the site."""
    for name, place in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=_LINK.sub(_from_the_root, text)))
    return files


def _from_the_root(found: re.Match[str]) -> str:
    address = found[1]
    file, _, anchor = address.partition("#")
    if file in PAGES:
        return f"]({Path(PAGES[file]).name}{'#' + anchor if anchor else ''})"
    return f"](../{address.removeprefix('docs/')})" if address.startswith("docs/") else found[0]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to what is in the repository and not on the site into plain text; links to the pages above follow."""
    depth = page.file.src_uri.count("/")

    def within(found: re.Match[str]) -> str:
        up = "../" * (depth + 1)
        if not found[1].startswith(up):
            return found[0]
        name = found[1].removeprefix(up)
        return f"]({'../' * depth}{PAGES[name]})" if name in PAGES else f"](#) (`{name}` in the repository)"

    return re.sub(r"\[([^\]]*)\]\(#\) \(", r"\1 (", _LINK.sub(within, markdown))
