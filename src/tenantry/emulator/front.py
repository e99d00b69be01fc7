"""What stands before both hosts: counting, faults, and honesty about the emulator's own failures."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tenantry.emulator.counters import Counters
from tenantry.emulator.faults import Fault, FaultKind, Faults
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.spoiling import instead, spoiled

_log: Final = logging.getLogger("tenantry.emulator")
Service = Callable[[Request, str], Answer]


@dataclass(frozen=True, slots=True)
class Ways:
    """How one provider's answers go wrong, and which of its paths, by their end, are lists that may be repeated."""

    instead: Callable[[Fault], Answer | None]
    spoiled: Callable[[Fault, Answer, bytes | None], Answer]
    lists: tuple[str, ...]


MICROSOFT: Final = Ways(instead, spoiled, ("/v1/customers", "/users"))


class Front:
    """Answers the requests of one host through ``service``, which gets each request and its normal path.

    ``sign`` adds the host's own headers to every answer; ``revoke`` carries out the fault that revokes all
    access tokens. A path's normal form is lower case without a trailing slash.
    """

    def __init__(
        self, name: str, service: Service, faults: Faults, counters: Counters, *,
        sign: Callable[[Request, Answer], None], revoke: Callable[[], None], ways: Ways = MICROSOFT,
    ) -> None:  # fmt: skip
        self._name = name
        self._service = service
        self._faults = faults
        self._counters = counters
        self._sign = sign
        self._revoke = revoke
        self._ways = ways
        self._previous: bytes | None = None

    def handle(self, request: Request) -> Answer:
        """Return the answer to ``request``, spoiled when a fault is due. Never raises."""
        path = request.path.lower().rstrip("/") or "/"
        try:
            answer = self._served(request, path)
            self._sign(request, answer)
        except Exception:  # noqa: BLE001 (whatever it is, the client gets an answer and the log the reason)
            _log.exception("The emulator failed to answer %s %s", request.method, request.path)
            self._counters.note_crash()
            answer = json_answer({"emulator": "The emulator itself failed; its log has the reason."}, status=500)
        self._counters.note(self._name, request, answer.status)
        return answer

    def _served(self, request: Request, path: str) -> Answer:
        fault = self._faults.due(request, path)
        if fault is not None:
            self._counters.note_faulted()
            if fault.kind is FaultKind.REVOKE_TOKENS:
                self._revoke()
            given = self._ways.instead(fault)
            if given is not None:
                return given
        answer = self._service(request, path)
        previous = self._previous
        if path.endswith(self._ways.lists) and answer.status == 200 and fault is None:  # noqa: PLR2004 (success)
            self._previous = answer.body
        return answer if fault is None else self._ways.spoiled(fault, answer, previous)
