"""The emulator as a whole: both hosts running in threads, and the command that serves them until told to stop."""

import argparse
import json
import logging
import os
import signal
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tenantry.emulator.certificates import prepare
from tenantry.emulator.clock import Clock
from tenantry.emulator.control import PREFIX, Control
from tenantry.emulator.counters import Counters
from tenantry.emulator.faults import Faults
from tenantry.emulator.front import Front
from tenantry.emulator.listener import Handler, Listener
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.microsoft.limits import PUBLISHED, WINDOW
from tenantry.emulator.microsoft.partner_center import PartnerCenter
from tenantry.emulator.microsoft.provider import Microsoft, Surroundings
from tenantry.emulator.microsoft.registrations import PARTNER_CENTER, Application, ServiceUser
from tenantry.emulator.world import World


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """What to serve, and where.

    ``home`` keeps keys and certificates between runs. Ports of 0 take any free one. ``limit`` reads of a
    customer are allowed in ``window`` seconds (0: any number). ``base_path`` goes before ``/v1``, as other
    clouds may have it. ``audience`` is what access tokens must be for. ``ready_file`` is written when both
    hosts answer.
    """

    home: Path
    api_port: int = 0
    login_port: int = 0
    customers: int = 2000
    seed: int | str = 1
    limit: int = PUBLISHED
    window: float = WINDOW
    base_path: str = ""
    audience: str = PARTNER_CENTER
    ready_file: Path | None = None


class Emulator:
    """Microsoft's sign-in and Partner Center on this machine, serving while the ``with`` block runs.

    Use it as a context manager. ``home`` defaults to a folder that is removed afterwards. Inside the block:

    ``api_url`` and ``login_url`` are the addresses, ``ca_file`` the PEM file a client must trust for the
    latter; ``partner_tenant_id``, ``web_application``, ``native_application`` and ``service_user`` are the
    credentials, and :meth:`refresh_token` gives a refresh token without a browser; ``world``, ``switches``,
    ``faults``, ``limit``, ``clock``, ``codes`` and ``counters`` are the insides, to change and to look at.

    Raises ``OSError`` when a port is taken or the home cannot be written.
    """

    def __init__(self, options: EmulatorOptions | None = None, **settings: Any) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if options is None:
            if "home" not in settings:
                self._temporary = tempfile.TemporaryDirectory(prefix="tenantry-emulator-")
                settings["home"] = Path(self._temporary.name)
            options = EmulatorOptions(**settings)
        self.options = options
        papers = prepare(options.home)
        self.ca_file = papers.ca_file
        self.clock = Clock()
        self.world = World(seed=options.seed, customers=options.customers)
        self.faults = Faults()
        self.counters = Counters()
        self.microsoft = Microsoft(
            Surroundings(self.world, self.clock, self.counters, papers),
            limit=options.limit,
            window=options.window,
            base_path=options.base_path,
            audience=options.audience,
        )
        self.switches = self.microsoft.switches
        self.limit = self.microsoft.limit
        self.codes = self.microsoft.codes
        self.directory = self.microsoft.directory
        self._control = Control(self)
        self._listeners = self._open(options, papers.tls)

    def _open(self, options: EmulatorOptions, tls: ssl.SSLContext) -> tuple[Listener, Listener]:
        revoke = self.microsoft.revoke_access_tokens
        api = Front("api", self.microsoft.api, self.faults, self.counters, sign=PartnerCenter.sign, revoke=revoke)
        login = Front("login", self.microsoft.sign_in, self.faults, self.counters, sign=_unsigned, revoke=revoke)
        api_listener = Listener(self._with_control(api), port=options.api_port)
        try:
            login_listener = Listener(login.handle, port=options.login_port, tls=tls)
        except OSError:
            api_listener.stop()
            raise
        origin = f"http://127.0.0.1:{api_listener.port}"
        self.api_url = f"{origin}{self.microsoft.base_path}"
        self.login_url = f"https://localhost:{login_listener.port}"
        self.control_url = f"{origin}{PREFIX}"
        self.microsoft.reachable_at(api_url=self.api_url, login_url=self.login_url)
        return api_listener, login_listener

    @property
    def partner_tenant_id(self) -> str:
        """The directory id of the partner."""
        return self.directory.tenant_id

    @property
    def web_application(self) -> Application:
        """The application that has a secret and a certificate."""
        return self.directory.web

    @property
    def native_application(self) -> Application:
        """The application that has neither and signs in with a device code or a browser."""
        return self.directory.native

    @property
    def service_user(self) -> ServiceUser:
        """The user that the partner signs in with."""
        return self.directory.user

    def refresh_token(self, application: Application | None = None, *, mfa: bool = True, age_days: float = 0) -> str:
        """Return a refresh token of the service user at ``application`` (the web application when not given)."""
        chosen = application or self.web_application
        return self.microsoft.refresh_token(chosen, mfa=mfa, age_days=age_days)

    def revoke_access_tokens(self) -> None:
        """Refuse every access token handed out so far."""
        self.microsoft.revoke_access_tokens()

    def revoke_refresh_tokens(self) -> None:
        """Refuse every refresh token handed out so far, as after a change of password."""
        self.microsoft.revoke_refresh_tokens()

    def prerender(self, size: int = 500) -> int:
        """Render all pages of the listing ahead and keep them; return how many."""
        return self.microsoft.prerender(size)

    def start(self) -> None:
        """Begin to answer."""
        for listener in self._listeners:
            listener.start()

    def stop(self) -> None:
        """Stop answering and give back sockets, threads and the temporary home."""
        for listener in self._listeners:
            listener.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def describe(self) -> dict[str, Any]:
        """Return addresses, ids and credentials, as the ready file has them."""
        web, native = self.web_application, self.native_application
        return {
            "pid": os.getpid(),
            "api_url": self.api_url,
            "login_url": self.login_url,
            "control_url": self.control_url,
            "ca_file": str(self.ca_file),
            "partner_tenant_id": self.partner_tenant_id,
            "audience": self.directory.audience,
            "web_application": {
                "client_id": web.client_id, "secret": web.secret, "certificate": web.certificate,
                "private_key": web.private_key,
            },
            "native_application": {"client_id": native.client_id},
            "service_user": {
                "upn": self.service_user.upn, "refresh_token": self.refresh_token(web),
                "native_refresh_token": self.refresh_token(native),
            },
            "customers": self.world.customers,
            "seed": self.world.seed,
        }  # fmt: skip

    def _with_control(self, front: Front) -> Handler:
        def handle(request: Request) -> Answer:
            if request.path.lower().startswith(f"{PREFIX}/"):
                return self._control.answer(request, request.path.lower().rstrip("/"))
            return front.handle(request)

        return handle


def _unsigned(_request: Request, _answer: Answer) -> None:
    """Add nothing: the sign-in host has no headers of its own."""


_READY: Final = (
    "Microsoft's sign-in: {login_url}\nPartner Center:      {api_url}\nControls:            {control_url}/state\n"
)


def serve(options: EmulatorOptions) -> None:
    """Serve until SIGTERM or SIGINT. Call it in the main thread of a process: it takes both signals.

    Raises ``OSError`` when a port is taken or a file cannot be written.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with Emulator(options) as emulator:
        description = emulator.describe()
        if options.ready_file is not None:
            _write_whole(options.ready_file, json.dumps(description, indent=2))
        print(_READY.format(**description), end="", flush=True)  # noqa: T201 (a command says where it serves)
        stop.wait()
    if options.ready_file is not None:
        options.ready_file.unlink(missing_ok=True)


def _write_whole(file: Path, text: str) -> None:
    """Write ``text`` readable by the owner only, and so that nobody ever sees half of it."""
    part = file.with_name(f".{file.name}.part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(file)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``python -m tenantry.emulator``; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="tenantry.emulator", description="Microsoft's sign-in and Partner Center, emulated."
    )
    parser.add_argument("--home", type=Path, default=Path("emulator-home"), help="folder for keys and certificates")
    parser.add_argument("--api-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--login-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--limit", type=int, default=PUBLISHED, help="reads of a customer a minute; 0: any number")
    parser.add_argument("--base-path", default="", help="what goes before /v1")
    parser.add_argument("--ready-file", type=Path, help="written when ready: addresses, ids, demo credentials")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING)
    options = EmulatorOptions(
        home=given.home, api_port=given.api_port, login_port=given.login_port, customers=given.customers,
        seed=given.seed, limit=given.limit, base_path=given.base_path, ready_file=given.ready_file,
    )  # fmt: skip
    try:
        serve(options)
    except OSError as problem:
        parser.exit(1, f"The emulator cannot start: {problem}. Choose other ports, or a home that can be written.\n")
    return 0
