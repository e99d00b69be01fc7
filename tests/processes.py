"""Processes of ours that run beside a test, on its database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_STOP_SECONDS = 20.0


@contextmanager
def running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process of ours on the test's database; stop it, and say what it wrote if it died by itself."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ}, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
        assert process.poll() is None, f"{command} ended by itself:\n{log.read_text(errors='replace')[-4000:]}"
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def working(log: Path) -> "AbstractContextManager[subprocess.Popen[bytes]]":
    """Run the worker that an installation has."""
    return running([sys.executable, "-m", "tenantry", "worker"], log)
