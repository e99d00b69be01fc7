"""The documents against the code: names, commands, variables, dependencies and links that they tell of exist."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docs.generate_reference import NAMES, ROOT, SOURCE, commands, options_of, pages, variables_read

DECISIONS = ROOT / "docs" / "decisions"
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
# Read outside the source: by the tests, and by the Makefile.
OTHER_VARIABLES = {"TENANTRY_CHROMIUM"}
ANYWHERE = re.compile(r"\b(?:TENANTRY|DATABASE)(?:_[A-Z]+)+\b")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:[\w./]*/)?tenantry(?: ([^#]*))?(?:#.*)?")
FILE = re.compile(r"[\w*./-]+\.(?:py|md|in|txt|toml|css|html)|(?:src|tests|docs|requirements|bench)/[\w*./-]*")
DOTTED = re.compile(r"(?<![\w@./-])tenantry(?:\.\w+)+")
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/[\w.]")


@cache
def text_files() -> tuple[Path, ...]:
    """Return every text file that belongs to the project: what git has, or would take; without git, all there is."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = re.compile(r"/(?:\.venv|\.[a-z]+_cache|__pycache__|\.hypothesis)/")
        paths = [path for path in ROOT.rglob("*") if not hidden.search(path.as_posix())]
    return tuple(path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000])


def documents() -> list[Path]:
    return [path for path in text_files() if path.suffix == ".md"]


def spans() -> Iterator[tuple[Path, str]]:
    """Yield every piece of code in a document: in backticks, or a line of a fenced block."""
    for path in documents():
        text = path.read_text(encoding="utf-8")
        for block in FENCE.findall(text):
            yield from ((path, line) for line in block.splitlines()[1:-1])
        yield from ((path, code) for code in CODE.findall(FENCE.sub("", text)))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_generated_reference_is_what_the_code_says() -> None:
    differing = [named(path) for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    assert not differing, "Run python docs/generate_reference.py"


def test_every_command_and_every_option_stands_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `([^`]+)`\n(.*?)(?=^## )", reference, re.MULTILINE | re.DOTALL))
    for name, command in commands():
        missing = [flag for option in options_of(command) for flag in option.opts if f"`{flag}`" not in sections[name]]
        assert not missing, name


def flags_of(command: Any) -> set[str]:
    return {flag for option in options_of(command) for flag in (*option.opts, *option.secondary_opts)}


def fault_of(typed: str) -> str:
    """Return what is wrong with ``typed``, the words after ``tenantry``, or nothing."""
    known = {name: flags_of(one) for name, one in commands()}
    words, name = typed.split(), "tenantry"
    while words and any(f"{other} ".startswith(f"{name} {words[0]} ") for other in known):
        name = f"{name} {words.pop(0)}"
    given = {word.partition("=")[0] for word in words if word.startswith("--")} - {
        "--help",
        "--version",
        "--install-completion",
        "--show-completion",
    }
    strange = given - known.get(name, set())
    if strange:
        return f"{name} has no {', '.join(sorted(strange))}"
    taking = {other for other, one in commands() for param in one.params if param.param_type_name == "argument"}
    return f"there is no {name} {words[0]}" if words and not words[0].startswith("-") and name not in taking else ""


def test_every_command_that_a_document_tells_to_type_exists() -> None:
    typed = [(path, found[1] or "") for path, line in spans() if (found := COMMAND.fullmatch(line.strip()))]
    assert len(typed) > 20
    assert [f"{named(path)}: {fault}" for path, words in typed if (fault := fault_of(words))] == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    assert fault_of("demo --customers 5") == fault_of("connect") == fault_of("--version") == ""
    assert fault_of("demmo") == "there is no tenantry demmo"
    assert fault_of("sync people") == "there is no tenantry sync people"
    assert fault_of("demo --fast") == "tenantry demo has no --fast"


def test_every_environment_variable_stands_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert [name for name in variables_read() if f"`{name}`" not in reference] == []


def test_no_document_names_a_variable_that_nothing_reads() -> None:
    known = set(variables_read()) | OTHER_VARIABLES
    wrong = [
        f"{named(path)}: {name}"
        for path in documents()
        for name in ANYWHERE.findall(path.read_text(encoding="utf-8"))
        if NAMES.fullmatch(name) and name.removesuffix("_FILE") not in known
    ]
    assert not wrong


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = [(path, found[1]) for path, line in spans() if (found := re.match(r"make ([a-z-]+)", line))]
    assert wanted
    assert [f"{named(path)}: make {target}" for path, target in wanted if target not in targets] == []


def wanted_packages() -> set[str]:
    names = set()
    for path in (ROOT / "requirements").glob("*.in"):
        for line in path.read_text(encoding="utf-8").splitlines():
            requirement = line.split("#")[0].strip()
            if requirement and not requirement.startswith("-"):
                names.add(re.split(r"[\[<>=;~! ]", requirement)[0])
    return names


def test_every_dependency_is_explained_and_nothing_else_is() -> None:
    explained = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(wanted_packages())


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_a_lock_file_is_pinned_by_hash_and_names_no_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text)
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    assert all("==" in line for line in pins)
    assert text.count("--hash=sha256:") >= len(pins)


def slug(heading: str) -> str:
    """Return the anchor that a heading gets."""
    plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower())
    return plain.replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def test_no_relative_link_is_broken() -> None:
    broken = []
    for path in documents():
        for found in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
            address = found[0] or found[1]
            if re.match(r"[a-z]+:", address):
                continue
            file, _, anchor = address.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                broken.append(f"{named(path)}: {address}")
    assert not broken


def exists_somewhere(document: Path, name: str) -> bool:
    """Whether a file of this name is there: from project, package or document on; a bare name, in the package."""
    if "/" not in name and any(SOURCE.rglob(name)):
        return True
    return any(any(place.glob(name.strip("/"))) for place in (ROOT, SOURCE, document.parent))


# The provider's contract names files of the repositories that it was read from.
CITES_ELSEWHERE = {"google-directory.md", "partner-center.md"}


def test_every_file_that_a_document_names_exists() -> None:
    wrong = [
        f"{named(path)}: {code}"
        for path, code in spans()
        if FILE.fullmatch(code) and not exists_somewhere(path, code) and path.name not in CITES_ELSEWHERE
    ]  # fmt: skip
    assert not wrong


def names_in(path: Path) -> set[str]:
    """Return what a module defines, members of classes as ``Class.member``."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
        name = getattr(node, "name", "")
        found |= {name} | {f"{name}.{inner}" for inner in members(node)}
    return found


def members(node: ast.AST) -> Iterator[str]:
    for child in getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []:
        yield getattr(child, "name", "")
        targets = child.targets if isinstance(child, ast.Assign) else [getattr(child, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def resolves(dotted: str) -> bool:
    place, parts = SOURCE, dotted.split(".")[1:]
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if not parts:
        return True
    module = place / f"{parts[0]}.py"
    if module.exists():
        return len(parts) == 1 or ".".join(parts[1:]) in names_in(module)
    return ".".join(parts) in names_in(place / "__init__.py")


def test_every_module_that_a_document_names_exists() -> None:
    wrong = [
        f"{named(path)}: {name}"
        for path, code in spans()
        for name in DOTTED.findall(code)
        if not resolves(name)
    ]  # fmt: skip
    assert not wrong


def test_the_source_names_no_document_and_no_test_that_is_not_there() -> None:
    mentions = re.compile(r"\b(?:docs|tests)/[\w/-]+\.(?:md|py)\b")
    wrong = [
        f"{named(path)}: {mention}"
        for path in sorted(SOURCE.rglob("*.py"))
        for mention in mentions.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / mention).exists()
    ]
    assert not wrong


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = [named(path) for path in text_files() if MACHINE.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert not found


def test_every_picture_is_shown_somewhere_and_small_enough_to_commit() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in documents())
    pictures = sorted((ROOT / "docs/images").glob("*"))
    assert [path.name for path in pictures if f"images/{path.name}" not in told or path.stat().st_size > 250_000] == []


def records() -> list[Path]:
    return sorted(DECISIONS.glob("[0-9]*.md"))


def test_decision_records_are_numbered_without_a_gap_and_all_listed() -> None:
    assert [int(path.name[:4]) for path in records()] == list(range(1, len(records()) + 1))
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in records() if f"({path.name})" not in index] == []


@pytest.mark.parametrize("path", [*records(), DECISIONS / "template.md"], ids=lambda path: path.name)
def test_a_decision_record_has_its_five_parts_in_order(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) <= 60


def test_every_picture_is_small_and_shown() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    shown = {name for path in ROOT.glob("docs/**/*.md") for name in re.findall(r"images/([\w.-]+)", path.read_text())}
    assert {path.name for path in pictures} == shown
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []
