"""A mail server that delivers nothing: it keeps every message as a file, for the demo's mailbox page and for tests.

Speaks as much SMTP as mail programs use, STARTTLS and AUTH included, on loopback only. It can be told to fail.
"""

import argparse
import base64
import secrets
import signal
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SUFFIX: Final = ".eml"
_LARGEST: Final = 5 * 1024 * 1024
_LONGEST_LINE: Final = 4_096
_KEPT: Final = 500


@dataclass(slots=True)
class Mood:
    """How the server behaves. Assign to change.

    ``refused`` recipients are refused for good (550), without ``relays`` every one is by policy (5.7.1). ``busy``
    refuses every message for now (451), ``dead`` cuts every connection. ``login`` is the user name and password that it
    insists on. ``loses_answer`` keeps the message and cuts the connection before it says so.
    """

    refused: set[str] = field(default_factory=set)
    relays: bool = True
    busy: bool = False
    dead: bool = False
    login: tuple[str, str] | None = None
    loses_answer: bool = False


class MailSink:
    """The server, answering while the ``with`` block runs. Messages lie in ``folder``, the oldest first by name.

    With ``tls`` it offers STARTTLS. Raises ``OSError`` when the port is taken or the folder can't be written.
    """

    def __init__(self, folder: Path, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.tls = tls
        self.mood = Mood()
        self._number = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def keep(self, content: bytes) -> None:
        """Keep one message; the oldest go when there are more than 500."""
        with self._lock:
            self._number += 1
            name = f"{time.time_ns():020d}-{self._number:06d}-{secrets.token_hex(4)}"
        part = self.folder / f".{name}.part"
        part.write_bytes(content)
        part.replace(self.folder / f"{name}{SUFFIX}")
        for old in sorted(self.folder.glob(f"*{SUFFIX}"))[:-_KEPT]:
            old.unlink(missing_ok=True)

    def messages(self) -> list[bytes]:
        """Return what was kept, the oldest first."""
        return [path.read_bytes() for path in sorted(self.folder.glob(f"*{SUFFIX}"))]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], sink: MailSink) -> None:
        self.sink = sink
        super().__init__(address, _Session)


class _Session(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = 30
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.recipients: list[str] = []
        self.proven = False
        self.secured = False
        self.commands: dict[str, Callable[[str], bool]] = {
            "EHLO": self._hello, "HELO": self._hello, "STARTTLS": self._starttls, "AUTH": self._auth,
            "MAIL": self._mail, "RCPT": self._recipient, "DATA": self._data, "RSET": self._reset,
            "NOOP": lambda _: self._say("250 OK"), "QUIT": self._quit,
        }  # fmt: skip

    def handle(self) -> None:
        if self.server.sink.mood.dead:
            return
        with suppress(OSError):
            going = self._say("220 Tenantry's mailbox, which delivers nothing")
            while going:
                line = self.rfile.readline(_LONGEST_LINE).decode("utf-8", "replace")
                if not line:
                    return
                verb, _, rest = line.strip().partition(" ")
                command = self.commands.get(verb.upper())
                going = command(rest) if command else self._say("500 What?")

    def finish(self) -> None:
        """Close what STARTTLS put in place of the connection that the server knows."""
        with suppress(OSError):
            super().finish()
        if self.secured:
            self.connection.close()

    def _say(self, line: str) -> bool:
        self.wfile.write(f"{line}\r\n".encode())
        return True

    def _hello(self, _: str) -> bool:
        offers = ["mailbox", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN"]
        if self.server.sink.tls is not None and not self.secured:
            offers.append("STARTTLS")
        # In one packet: a client acknowledges a second one late.
        return self._say("\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"]))

    def _starttls(self, _: str) -> bool:
        if self.server.sink.tls is None:
            return self._say("502 Not here")
        self._say("220 Go ahead")
        self.connection = self.server.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)  # unbuffered, as before
        self.secured = True
        return True

    def _auth(self, rest: str) -> bool:
        method, _, given = rest.partition(" ")
        if method.upper() != "PLAIN":
            return self._say("504 PLAIN only")
        if not given:
            self._say("334 ")
            given = self.rfile.readline(_LONGEST_LINE).decode("ascii", "replace").strip()
        _, user, password = base64.b64decode(given).decode("utf-8", "replace").split("\0")
        self.proven = (user, password) == self.server.sink.mood.login
        return self._say("235 Welcome" if self.proven else "535 5.7.8 Wrong user name or password")

    def _mail(self, _: str) -> bool:
        if self.server.sink.mood.login is not None and not self.proven:
            return self._say("530 5.7.0 Authentication required")
        return self._say("451 4.3.2 Busy, try again" if self.server.sink.mood.busy else "250 OK")

    def _recipient(self, rest: str) -> bool:
        address = rest.partition("<")[2].partition(">")[0].lower()
        if address in self.server.sink.mood.refused:
            return self._say("550 5.1.1 No such mailbox here")
        if not self.server.sink.mood.relays:
            return self._say("550 5.7.1 Relaying denied")
        self.recipients.append(address)
        return self._say("250 OK")

    def _data(self, _: str) -> bool:
        if not self.recipients:
            return self._say("503 Whom to?")
        self._say("354 Go ahead")
        content = bytearray()
        while (line := self.rfile.readline(_LARGEST)) not in {b".\r\n", b""}:
            content += line.removeprefix(b".")
            if len(content) > _LARGEST:
                self._say("552 5.3.4 Too large")
                return False
        self.server.sink.keep(bytes(content))
        if self.server.sink.mood.loses_answer:
            return False
        return self._reset("")

    def _reset(self, _: str) -> bool:
        self.recipients = []
        return self._say("250 OK")

    def _quit(self, _: str) -> bool:
        self._say("221 Bye")
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m tenantry.emulator.mailbox`` until it is told to stop; return its exit status."""
    parser = argparse.ArgumentParser(prog="tenantry.emulator.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        with MailSink(given.folder, port=given.port):
            stop.wait()
    except OSError as problem:
        parser.exit(1, f"The mailbox cannot start: {problem}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
