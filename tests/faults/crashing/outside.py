"""What an installation talks to: an emulated Microsoft, a mail server that keeps letters, a receiver of webhooks."""

import email
import email.policy
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.providers.stub import Reply, Stub, running

from tenantry.emulator.mailbox import MailSink
from tenantry.emulator.server import Emulator

_LINK = re.compile(r"/invitation/([\w-]{43})/")


@dataclass(frozen=True)
class Letter:
    """One letter as it arrived. ``token`` is that of an invitation's link; empty in other letters."""

    message_id: str
    recipient: str
    token: str


@dataclass(frozen=True)
class Heard:
    """One webhook as it arrived."""

    uid: str
    body: bytes


class Letters(MailSink):
    """A mail server that keeps every letter of a world, in the order in which they came."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.kept: list[bytes] = []

    def keep(self, content: bytes) -> None:
        """Keep one message."""
        self.kept.append(content)

    def read(self) -> list[Letter]:
        """Return what came, parsed."""
        return [_parsed(content) for content in list(self.kept)]


def _parsed(content: bytes) -> Letter:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    found = _LINK.search(body.get_content() if body else "")
    return Letter(str(message["Message-ID"]), str(message["To"]), found.group(1) if found else "")


@dataclass
class Outside:
    """The world around one installation."""

    emulator: Emulator
    letters: Letters
    hooks: Stub

    @property
    def environment(self) -> dict[str, str]:
        """What the installation's processes are told of it."""
        return {
            "TENANTRY_SMTP_HOST": "127.0.0.1", "TENANTRY_SMTP_PORT": str(self.letters.port),
            "TENANTRY_WEBHOOKS_TO_LOOPBACK": "1", "TENANTRY_API_CALLS": "100000",
        }  # fmt: skip

    @property
    def facts(self) -> dict[str, Any]:
        """Addresses and credentials of the emulator."""
        return self.emulator.describe()

    def heard(self) -> list[Heard]:
        """Return the webhooks that came, in the order of their arrival."""
        return [
            Heard(each.headers["webhook-id"], each.body)
            for each in list(self.hooks.requests)
            if len(each.body) == int(each.headers["content-length"])  # else its sender was killed in the middle of it
        ]


def _say_nothing(*_: object) -> None:
    """A connection that its other end cut is what is wanted here."""


@contextmanager
def around(*, customers: int, people: int, seed: int, home: Path | None = None) -> Iterator[Outside]:
    """Give the outside of one world. ``home`` has keys and certificates of an emulator that was there before."""
    own = Path(tempfile.mkdtemp(prefix="tenantry-crash-outside-"))
    options: dict[str, Any] = {"customers": customers, "people": people, "seed": seed, "limit": 0}
    try:
        with (
            Emulator(home=home or own / "emulator", **options) as emulator,
            Letters(own / "letters") as letters,
            running() as hooks,
        ):
            hooks.say(Reply({"ok": True}))
            hooks.server.handle_error = _say_nothing  # type: ignore[assignment]  # senders are killed in the act
            emulator.switches.set({"page_cap": 25})
            emulator.faults.add("slow", "/v1/customers", seconds=0.08)
            yield Outside(emulator, letters, hooks)
    finally:
        shutil.rmtree(own, ignore_errors=True)
