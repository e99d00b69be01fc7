"""The emulator as a whole: its hosts running in threads, and serving them until told to stop."""

import json
import os
import signal
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tenantry.emulator.certificates import prepare
from tenantry.emulator.clock import Clock
from tenantry.emulator.control import PREFIX, Control
from tenantry.emulator.counters import Counters
from tenantry.emulator.draws import seed_key
from tenantry.emulator.faults import Faults
from tenantry.emulator.front import Front, Ways
from tenantry.emulator.google import spoiling as googles
from tenantry.emulator.google.gate import QUOTA
from tenantry.emulator.google.provider import Google
from tenantry.emulator.limits import PUBLISHED, WINDOW
from tenantry.emulator.listener import Handler, Listener
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.microsoft.graph import PATH as GRAPH_PATH
from tenantry.emulator.microsoft.partner_center import PartnerCenter
from tenantry.emulator.microsoft.provider import Microsoft, Surroundings
from tenantry.emulator.microsoft.registrations import PARTNER_CENTER, Application, ServiceUser
from tenantry.emulator.staff import Staff
from tenantry.emulator.world import World


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """What to serve, and where.

    ``home`` keeps keys and certificates between runs. Ports of 0 take any free one. ``limit`` reads of a
    customer are allowed in ``window`` seconds (0: any number). ``base_path`` goes before ``/v1``, as other
    clouds may have it. ``audience`` is what access tokens must be for. ``ready_file`` is written when both
    hosts answer.

    ``google_customers`` are resold at Google, of the same companies as the first Microsoft customers;
    ``google_tiers`` resellers stand below, each with some of them. Every company has ``people`` people at each
    provider, those of ``crowds``, by index, so many. ``google_quota`` calls a minute are allowed (0: any).
    """

    home: Path
    api_port: int = 0
    login_port: int = 0
    google_port: int = 0
    customers: int = 2000
    google_customers: int = 200
    google_tiers: int = 0
    people: int = 20
    crowds: Mapping[int, int] = field(default_factory=dict)
    seed: int | str = 1
    limit: int = PUBLISHED
    google_quota: int = QUOTA
    window: float = WINDOW
    base_path: str = ""
    audience: str = PARTNER_CENTER
    ready_file: Path | None = None
    told_as_json: bool = False


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
            Surroundings(self.world, self.clock, self.counters, papers, self._staff("microsoft")),
            limit=options.limit,
            window=options.window,
            base_path=options.base_path,
            audience=options.audience,
        )
        self.google = Google(
            self.world,
            self._staff("google"),
            clock=self.clock,
            counters=self.counters,
            papers=papers,
            customers=options.google_customers,
            tiers=options.google_tiers,
            quota=options.google_quota,
        )
        self.switches = self.microsoft.switches
        self.limit = self.microsoft.limit
        self.codes = self.microsoft.codes
        self.directory = self.microsoft.directory
        self._control = Control(self)
        self._listeners = self._open(options, papers.tls)

    def _staff(self, provider: str) -> Staff:
        options = self.options
        return Staff(
            seed_key(options.seed),
            provider,
            self.world.companies,
            each=options.people,
            crowds=options.crowds,
            start=self.clock.now(),
        )

    def _open(self, options: EmulatorOptions, tls: ssl.SSLContext) -> tuple[Listener, ...]:
        revoke = self.microsoft.revoke_access_tokens
        api = Front("api", self.microsoft.api, self.faults, self.counters, sign=PartnerCenter.sign, revoke=revoke)
        login = Front("login", self.microsoft.sign_in, self.faults, self.counters, sign=_unsigned, revoke=revoke)
        api_listener = Listener(self._with_control(api), port=options.api_port)
        try:
            login_listener = Listener(login.handle, port=options.login_port, tls=tls)
        except OSError:
            api_listener.stop()
            raise
        google_listener = self._open_google(options, (api_listener, login_listener))
        origin = f"http://127.0.0.1:{api_listener.port}"
        self.api_url = f"{origin}{self.microsoft.base_path}"
        self.login_url = f"https://localhost:{login_listener.port}"
        self.control_url = f"{origin}{PREFIX}"
        self.graph_url = f"{origin}{GRAPH_PATH}"
        self.microsoft.reachable_at(api_url=self.api_url, login_url=self.login_url, graph_url=self.graph_url)
        return api_listener, login_listener, google_listener

    def _open_google(self, options: EmulatorOptions, others: tuple[Listener, ...]) -> Listener:
        ways = Ways(googles.instead, googles.spoiled, ("/users", "/subscriptions", "/customers"))
        google = self.google
        front = Front(
            "google", google.answer, self.faults, self.counters, sign=google.sign, revoke=google.signin.revoke_all,
            ways=ways,
        )  # fmt: skip
        try:
            listener = Listener(front.handle, port=options.google_port)
        except OSError:
            for other in others:
                other.stop()
            raise
        self.google_url = f"http://127.0.0.1:{listener.port}"
        google.signin.url = f"{self.google_url}/token"
        return listener

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
            "graph_url": self.graph_url,
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
            "google": {
                "url": self.google_url,
                "key_file": self.google.service_account.key_file(self.google.signin.url),
                "subject": self.google.subject,
                "account_id": self.google.account_id,
                "customers": self.google.world.customers,
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
    "Microsoft's sign-in: {login_url}\nPartner Center:      {api_url}\n"
    "Google:              {google[url]}\nControls:            {control_url}/state\n"
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
        told = json.dumps(description) + "\n" if options.told_as_json else _READY.format(**description)
        print(told, end="", flush=True)  # noqa: T201 (a command says where it serves)
        stop.wait()
    if options.ready_file is not None:
        options.ready_file.unlink(missing_ok=True)


def _write_whole(file: Path, text: str) -> None:
    """Write ``text`` readable by the owner only, and so that nobody ever sees half of it."""
    part = file.with_name(f".{file.name}.part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(file)
