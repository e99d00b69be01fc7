"""The program of the newest version tag, unpacked beside this one: runs its commands over the tables of today."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
_VERSION = re.compile(r"v\d+\.\d+\.\d+")
_READY_SECONDS = 300.0


class NoOldVersion(Exception):
    """There is no older version to try out. The message says why, and how to get one."""


def newest_version() -> str:
    """Return the newest version tag that this commit descends from. Raises :class:`NoOldVersion`."""
    if shutil.which("git") is None:
        raise NoOldVersion("git is not installed, so the code of the last version can't be had.")
    tags = _git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-v:refname")
    if tags is None:
        raise NoOldVersion("This is no clone of a git repository, so the code of the last version can't be had.")
    found = [tag for tag in tags.decode().split() if _VERSION.fullmatch(tag)]
    if not found:
        raise NoOldVersion("This clone has no version tag. `git fetch --tags --unshallow` brings them.")
    return found[0]


def _git(*arguments: str) -> bytes | None:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


class OldVersion:
    """The program as it was at ``tag``, below ``folder``, in this Python's environment.

    ``environment`` is that of its processes. ``stop`` ends what was started and asserts that it ended well.
    """

    def __init__(self, tag: str, folder: Path, environment: Mapping[str, str]) -> None:
        archive = _git("archive", tag, "src")
        if archive is None:
            raise NoOldVersion(
                f"The tag {tag} is known, but its files are not here: `git fetch --unshallow` brings them."
            )
        with tarfile.open(fileobj=BytesIO(archive)) as packed:
            packed.extractall(folder, filter="data")
        self.source = folder / "src"
        self.log = folder / "old.log"
        self.environment = {**environment, "PYTHONPATH": str(self.source)}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def where(self) -> Path:
        """Return the folder that Python takes the program from."""
        told = "import tenantry; print(tenantry.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", told],
            env=self.environment,
            cwd=self.source,
            capture_output=True,
            text=True,
            check=True,
        )
        return Path(done.stdout.strip()).parents[1]

    def command(self, *arguments: str) -> str:
        """Run a command to its end; it must succeed. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "tenantry", *arguments], env=self.environment, cwd=self.source, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"tenantry {arguments[0]} of the old version failed: {done.stderr}{done.stdout}"
        return done.stdout

    def start(self) -> None:
        """Start its pages and its worker, and wait for the pages."""
        with self.log.open("ab") as log:
            self._processes += [
                subprocess.Popen(
                    [sys.executable, "-m", "tenantry", *arguments], env=self.environment, cwd=self.source,
                    stdout=log, stderr=log,
                )
                for arguments in (("web", "--port", str(self.port)), ("worker",))
            ]  # fmt: skip
        self.wait_for(self._answers, _READY_SECONDS, "its first page")

    def stop(self) -> None:
        """Stop both as a service manager does."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(30)

    def wait_for(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until ``condition`` holds; fail with what its processes said when it does not, or when one ended."""
        until = time.monotonic() + seconds
        while not condition():
            ended = [process.args for process in self._processes if process.poll() is not None]
            assert not ended, f"It ended before {what} came. The old version said: {self.said()}"
            assert time.monotonic() < until, f"{what} did not come. The old version said: {self.said()}"
            time.sleep(0.05)

    def said(self) -> str:
        """Return the end of what its processes wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.is_file() else ""

    def _answers(self) -> bool:
        with suppress(httpx2.TransportError):
            return httpx2.get(f"{self.address}/livez", timeout=1).status_code == 200
        return False


class Api:
    """Calls of the old version's REST API. An answer that is none of success fails with its words."""

    def __init__(self, old: OldVersion, token: str) -> None:
        self._old = old
        self._headers = {"Authorization": f"Bearer {token}"}
        self._calls = 0

    def ask(self, method: str, path: str, body: Any = None, *, version: int | None = None) -> Any:
        """Call, and return the answer's content. ``version`` is what a change is about (`If-Match`)."""
        self._calls += 1
        headers = {**self._headers, "Idempotency-Key": f"old-{self._calls}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = httpx2.request(method, f"{self._old.address}/api/v1{path}", json=body, headers=headers, timeout=30)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:300]} {self._old.said()}"
        return answer.json()


_LINK = re.compile(r'href="(/[^"#]*)')
_NOT_FOLLOWED = re.compile(r"^/(static|account/sign-out)|export|/_")


def walk(browser: httpx2.Client, *, most: int) -> dict[str, int]:
    """Open the pages that links lead to, from the first page on, and return the status of each; ``most`` of them.

    Of addresses that differ by their numbers or their queries one is opened.
    """
    found: dict[str, int] = {}
    kinds: set[str] = set()
    waiting = ["/"]
    while waiting and len(found) < most:
        address = waiting.pop(0)
        answer = browser.get(address)
        found[address] = answer.status_code
        for link in _LINK.findall(answer.text):
            kind = re.sub(r"\d+", "N", link.partition("?")[0])
            if kind not in kinds and not _NOT_FOLLOWED.search(link):
                kinds.add(kind)
                waiting.append(link.replace("&amp;", "&"))
    return found
