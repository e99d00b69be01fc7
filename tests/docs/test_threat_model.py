"""Every test that the threat model names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_line_of_the_threat_model_names_tests_that_exist() -> None:
    page = (ROOT / "docs/reference/threat-model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - there == set()
    assert len(named) > 40
    rows = [line for line in page.splitlines() if line.startswith("| ") and "Proved by" not in line]
    proofs = [line for line in rows if line.count("|") == 3]
    assert [line for line in proofs if "`test_" not in line] == [], "a line without a proof"
