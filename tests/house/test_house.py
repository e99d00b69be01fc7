"""The house rules that no linter knows: sizes, docstrings, names, and no loose ends in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "tenantry"
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
# Files beyond the limit, each with its reason. Nothing is added without one.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
LOOSE_END = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and length in lines, signature and docstring included, of every function in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{named(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_longer_than_300_lines() -> None:
    # Django writes the columns of a migration one below the other, in one file.
    ours = [path for path in modules() if "migrations" not in path.parts]
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ours}
    long = {name: length for name, length in lengths.items() if length > LONGEST_MODULE}
    assert {name: length for name, length in long.items() if name not in LONG_MODULES} == {}
    assert LONG_MODULES.keys() - long.keys() == set(), "This one became short: take it off the list."


def test_no_function_is_longer_than_40_lines() -> None:
    long = {name: length for path in modules() for name, length in functions(path) if length > LONGEST_FUNCTION}
    assert {name: length for name, length in long.items() if name not in LONG_FUNCTIONS} == {}
    assert LONG_FUNCTIONS.keys() - long.keys() == set(), "This one became short: take it off the list."


def test_every_module_says_what_belongs_in_it() -> None:
    ours = [path for path in modules() if "migrations" not in path.parts]
    silent = [named(path) for path in ours if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in modules() if VAGUE & set(path.with_suffix("").relative_to(SOURCE).parts)] == []


def test_the_source_has_no_loose_ends() -> None:
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".html", ".js", ".css", ".toml"}]
    assert [named(path) for path in sorted(files) if LOOSE_END.search(path.read_text(encoding="utf-8"))] == []


def test_no_test_replaces_a_part_by_a_mock() -> None:
    mocks = re.compile(r"^\s*(?:from unittest import mock|import unittest\.mock|from unittest\.mock)", re.MULTILINE)
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [path.name for path in tests if mocks.search(path.read_text(encoding="utf-8"))] == []
