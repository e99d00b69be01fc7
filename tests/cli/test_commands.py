"""Every command: prints JSON when asked to, and completes in the shell; a misspelt one is an error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.generate_reference import commands, options_of
from tests.commands import tenantry

from tenantry.cli.exits import Exit


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_prints_json_when_asked_to(name: str, command: object) -> None:
    assert "--json" in {flag for option in options_of(command) for flag in option.opts}


def test_the_command_line_covers_the_whole_product() -> None:
    names = dict(commands())
    first = {name.split()[1] for name in names}
    assert first >= {
        "demo", "setup", "serve", "web", "worker", "connect", "sync", "pending", "runs", "holds", "match", "import",
        "export", "doctor", "emulator", "audit",
    }  # fmt: skip
    for name in ("tenantry sync", "tenantry sync companies", "tenantry sync users", "tenantry import"):
        assert "--preview" in {flag for option in options_of(names[name]) for flag in option.opts}, name
    assert {"tenantry export companies", "tenantry export users"} <= names.keys()
    assert [(each.name, each.value) for each in Exit] == [
        ("DONE", 0), ("ERROR", 1), ("CHANGES_PLANNED", 2), ("HELD", 3), ("PARTLY_FAILED", 4), ("LISTING_INCOMPLETE", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_their_groups(shell: str) -> None:
    def completed(*words: str) -> set[str]:
        typed = " ".join(("tenantry", *words))
        given = {
            "_TENANTRY_COMPLETE": f"complete_{shell}", "COMP_WORDS": typed, "COMP_CWORD": str(len(words)),
            "_TYPER_COMPLETE_ARGS": typed, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_WORD_TO_COMPLETE": "",
        }  # fmt: skip
        return set(re.findall(r"[\w-]+", tenantry(**given).out))

    assert {"pending", "holds", "import", "export", "audit"} <= completed("")
    assert "snooze" in completed("pending", "")


def test_the_script_that_completes_is_that_of_the_shell_one_types_in() -> None:
    program = Path(sys.executable).with_name("tenantry")
    typed = ["bash", "-c", f'"{program}" --show-completion; exit $?']  # the exit keeps bash from becoming the command
    ran = subprocess.run(typed, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "complete_bash" in ran.stdout


def test_what_is_misspelt_is_an_error_and_not_planned_changes() -> None:
    assert tenantry("pendign").code == 1
    assert tenantry("holds", "list", "--nonsense").code == 1
