"""Every file and test that the emulators' checklist names exists, and no line of the contracts is left out."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/emulator-checklist.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.endswith("Shown by |")
]


def test_every_line_of_the_checklist_names_a_file_and_tests_that_exist() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = {name for row in ROWS for name in re.findall(r"`(test_\w+)`", row[-1])}
    assert named - there == set()
    assert [row[0] for row in ROWS if len(row) != 3 or "`test_" not in row[-1]] == [], "a line without a proof"
    files = {re.sub("`", "", row[1]) for row in ROWS}
    assert [each for each in files if not (ROOT / "src/tenantry" / each).is_file()] == []
    assert len(ROWS) > 100


def test_every_numbered_line_of_the_contracts_has_a_line_here() -> None:
    for contract, heading, part in (
        ("google-directory.md", "Must do", "## Google: what it must do"),
        ("partner-center.md", "## 15. Design consequences for the sync", "## Microsoft: traps"),
    ):
        asked = (ROOT / "docs/reference" / contract).read_text(encoding="utf-8").split(f"\n{heading}\n")[1]
        numbers = re.findall(r"^(\d+)\. ", asked.split("\n## ")[0].split("\nFault switches")[0], re.MULTILINE)
        told = PAGE.split(f"\n{part}\n")[1].split("\n## ")[0]
        missing = [number for number in numbers if f"\n| {number}. " not in told]
        assert missing == [], part
        assert len(numbers) >= 10, part
