"""The documentation site: every page is in its navigation, its settings hold, its samples run, and it builds."""

import ast
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from docs.generate_reference import ROOT
from tests.docs.test_documents import CITES_ELSEWHERE, FENCE

from tenantry.core.brakes import Brake, Limits
from tenantry.core.webhook_events import CATALOG

DOCS = ROOT / "docs"
MKDOCS = ROOT / ".venv-docs" / "bin" / "mkdocs"
IN_NAVIGATION = re.compile(r"^\s*- (?:[^:\n]+: )?([\w/.-]+\.md)$", re.MULTILINE)
GENERATED = {"project/architecture.md", "project/glossary.md", "project/contributing.md"}


def pages() -> set[str]:
    found = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    return {name for name in found if not re.match(r"decisions/(?:\d|template)", name)}


def test_every_page_is_in_the_navigation_and_nothing_else_is() -> None:
    listed = set(IN_NAVIGATION.findall((ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert listed - GENERATED == pages(), "mkdocs.yml lists the pages of the site"


def routes(resolver: URLResolver, before: str = "/") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += routes(entry, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            found.append(before + str(entry.pattern))
    return found


def test_every_route_event_and_brake_stands_in_the_reference() -> None:
    reference = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md")}
    plain = [route for route in routes(get_resolver()) if "(?P" not in route and not route.startswith("/api/")]
    assert len(plain) > 100
    shown = {route: re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in plain}
    assert [route for route, text in shown.items() if f"`{text}`" not in reference["pages"]] == []
    assert [each.name for each in CATALOG if f"`{each.name}`" not in reference["webhooks"]] == []
    told = [*(brake.value for brake in Brake), *Limits.__dataclass_fields__]
    assert [name for name in told if f"`{name}`" not in reference["brakes"]] == []


def samples(language: str) -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), re.sub(r"^```.*?\n|```$", "", block, flags=re.MULTILINE))
        for path in sorted(DOCS.rglob("*.md"))
        for block in FENCE.findall(path.read_text(encoding="utf-8"))
        if block.startswith(f"```{language}")
    ]


def test_every_sample_in_python_and_json_can_be_read() -> None:
    assert samples("python")
    for name, text in samples("python"):
        compile(ast.parse(text, filename=name), name, "exec")
    ours = [(name, text) for name, text in samples("json") if Path(name).name not in CITES_ELSEWHERE]
    assert ours
    for name, text in ours:
        assert json.loads(text), name


@pytest.mark.skipif(not MKDOCS.exists(), reason="`make docs` sets up what builds the site")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [str(MKDOCS), "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    loaded = re.compile(r"<(?:script|img|iframe)[^>]+src=\"(?:https?:)?//|<link[^>]+rel=\"stylesheet\"[^>]+//")
    wrong = [str(page) for page in tmp_path.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))]
    assert wrong == []
