"""A lint: finds, in Python source, ways to a marketplace's rows that go around its scope.

What it refuses in any module: ``raw``, ``extra`` and ``RawSQL`` queries, ``_base_manager``, a manager of one's own on
a model of a marketplace, switching row security or a role in SQL. In an interface (pages, API, commands) besides: a
cursor.
Below the interfaces cursors are allowed; they stand behind the second wall.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

INTERFACES = {"web", "api", "cli", "config"}
_AROUND = {"_base_manager", "RawSQL"}
_OF_QUERIES = {"raw", "extra"}  # common names: what counts is whose they are
_DOWN = re.compile(r"row_security|set\s+(local\s+|session\s+)?role|session\s+authorization|bypassrls", re.IGNORECASE)
_OWNED = {"MarketplaceOwned"}


def breaches(source: str, where: Path) -> Iterator[str]:
    """Yield a line for each way around the scope. ``where`` is the module's path below the package."""
    tree = ast.parse(source)
    docstrings = {id(first) for node in ast.walk(tree) if (first := _docstring_of(node)) is not None}
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        line = getattr(node, "lineno", 0)
        if name in _AROUND or (name in _OF_QUERIES and _of_a_query(node)):
            yield f"{where}:{line}: {name} goes around the scope"
        if name == "cursor" and where.parts[0] in INTERFACES and _of_the_database(node):
            yield f"{where}:{line}: an interface has no cursor of its own"
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and _DOWN.search(text):
            yield f"{where}:{line}: SQL that takes a wall down"
        if isinstance(node, ast.ClassDef) and any(_named(base) in _OWNED for base in node.bases):
            yield from (f"{where}:{line}: {node.name} has a manager of its own" for _ in _managers(node))


def _docstring_of(node: ast.AST) -> ast.expr | None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return None
    first = node.body[0]
    return first.value if isinstance(first, ast.Expr) else None


def _of_a_query(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ".objects" in f".{ast.unparse(node.value)}"


def _of_the_database(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _named(node.value) in {"connection", "database"}


def _named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _managers(node: ast.ClassDef) -> Iterator[ast.stmt]:
    for statement in node.body:
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Call) and ("Manager" in ast.unparse(value.func) or "as_manager" in ast.unparse(value)):
            yield statement
