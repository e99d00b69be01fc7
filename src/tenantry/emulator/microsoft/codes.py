"""Codes that stand for a person's sign-in for a few minutes: authorization codes and device codes."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Final

from tenantry.emulator.clock import Clock

_CODE_SECONDS: Final = 600
DEVICE_SECONDS: Final = 900
_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXYZ23456789"


@dataclass(slots=True)
class AuthorizationCode:
    """What an authorization code was asked for with. ``methods`` is how the user proved who they are.

    ``person`` is the user name of who signed in; empty for the service user.
    """

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    methods: tuple[str, ...]
    expires: float
    person: str = ""


@dataclass(slots=True)
class DeviceCode:
    """A device waiting for its user. ``state`` is ``pending``, ``approved`` or ``declined``."""

    client_id: str
    scope: str
    user_code: str
    expires: float
    state: str = "pending"
    methods: tuple[str, ...] = field(default_factory=tuple)


class CodeBook:
    """All codes that wait to be redeemed. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, AuthorizationCode] = {}
        self._devices: dict[str, DeviceCode] = {}

    def issue(
        self, client_id: str, *, redirect_uri: str, scope: str, methods: tuple[str, ...], nonce: str = "",
        challenge: str = "", person: str = "",
    ) -> str:  # fmt: skip
        """Return a new authorization code, good once within ten minutes."""
        code = f"0.A{secrets.token_urlsafe(48)}"
        expires = self._clock.now() + _CODE_SECONDS
        with self._lock:
            self._codes[code] = AuthorizationCode(
                client_id, redirect_uri, scope, nonce, challenge, methods, expires, person
            )
        return code

    def redeem(self, code: str) -> AuthorizationCode | None:
        """Take ``code`` away and return it, or ``None`` when it is unknown, used or lapsed."""
        with self._lock:
            found = self._codes.pop(code, None)
        return found if found is not None and found.expires > self._clock.now() else None

    def start_device(self, client_id: str, scope: str) -> tuple[str, DeviceCode]:
        """Return a new device code and what it stands for."""
        device_code = secrets.token_urlsafe(48)
        user_code = "".join(secrets.choice(_ALPHABET) for _ in range(9))
        device = DeviceCode(client_id, scope, user_code, self._clock.now() + DEVICE_SECONDS)
        with self._lock:
            self._devices[device_code] = device
        return device_code, device

    def device(self, device_code: str) -> DeviceCode | None:
        """Return the device that waits with ``device_code``."""
        with self._lock:
            return self._devices.get(device_code)

    def finish_device(self, device_code: str) -> None:
        """Forget the device: its code was redeemed or refused for good."""
        with self._lock:
            self._devices.pop(device_code, None)

    def decide(self, user_code: str, *, approved: bool, methods: tuple[str, ...]) -> bool:
        """Let the user approve or decline. False when no device waits with ``user_code``."""
        wanted = user_code.strip().upper()
        with self._lock:
            for device in self._devices.values():
                if device.user_code == wanted and device.state == "pending" and device.expires > self._clock.now():
                    device.state = "approved" if approved else "declined"
                    device.methods = methods
                    return True
        return False

    def waiting(self) -> list[str]:
        """Return the user codes that wait for a person."""
        with self._lock:
            return [device.user_code for device in self._devices.values() if device.state == "pending"]
