"""What all commands print with: sentences on standard error, results on standard output."""

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

from tenantry.cli.exits import Exit

_WIDE = 200  # a table that goes into a file or a pipe is not cut to a terminal's width
out = Console(width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, highlight=False)


def say(sentence: str) -> None:
    """Tell the person at the terminal what is going on."""
    err.print(sentence, markup=False, soft_wrap=True)


def fail(what: str, *, next_step: str = "", code: Exit = Exit.ERROR) -> NoReturn:
    """End the command with a sentence on what happened, and one on what to do."""
    err.print(what, style="red", markup=False, soft_wrap=True)
    if next_step:
        err.print(next_step, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output, the same on a terminal and in a pipe."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
