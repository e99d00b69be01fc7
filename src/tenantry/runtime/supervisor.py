"""The parent process of ``tenantry serve``: keeps its children running, and ends them in order."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from tenantry.runtime.children import Child, ChildExit, KeptChild
from tenantry.runtime.errors import ChildGaveUp
from tenantry.runtime.wakeup import Wakeup

_logger = logging.getLogger(__name__)
_BUSY_SECONDS = 0.1
# With the signal of a child's end to wake us, and without it.
_CALM_SECONDS = 1.0
_DEAF_SECONDS = 0.1
_HOOK_SECONDS = 15.0


class Foundation(Protocol):
    """What the children stand on and what is stopped last: ``EmbeddedPostgres`` is one. Already started."""

    @property
    def failure(self) -> Exception | None:
        """Why it no longer runs, None while it does."""

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it; a second call with ``at_once``, from another thread, cuts a patient stop short."""


class Supervisor:
    """Runs ``children`` until told to stop, then stops them in the order given, ``foundation`` last.

    ``say`` receives plain sentences (default: this module's logger). ``on_child_exit`` is called after
    every end of a child, in a thread of its own, so that it may talk to the database; the foundation is
    not stopped before it has returned (for at most 15 s). ``on_ready`` is called once, when every child
    is ready for the first time.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        foundation: Foundation | None = None,
        say: Callable[[str], None] | None = None,
        on_child_exit: Callable[[ChildExit], None] | None = None,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        self._say = say or _logger.info
        self._foundation = foundation
        self._on_child_exit = on_child_exit
        self._on_ready = on_ready
        self._kept = [KeptChild(child, self._say, self._note_exit) for child in children]
        self._hooks: list[threading.Thread] = []
        self._wakeup = Wakeup()
        self._stopping = False
        self._kill_now = False
        self._failed = False
        self._calm_seconds = _CALM_SECONDS

    def run(self) -> int:
        """Start everything and block until stopped; return the exit code for this process.

        SIGTERM, SIGINT and SIGHUP stop gracefully; a SIGINT after that kills at once. 0: stopped as asked,
        or every child without ``restart`` ended well. 1: a child or the foundation gave up. Otherwise the
        code of the child that ended badly. Called elsewhere than in the main thread, it leaves signals
        alone: use ``request_stop``.
        """
        with self._wakeup, self._signals_handled():
            try:
                self._watch()
            finally:
                self._stopping = True
                self._stop_everything()
        return self._exit_code()

    def request_stop(self, *, at_once: bool = False) -> None:
        """Make ``run`` stop everything and return. From any thread, or a signal handler."""
        self._kill_now = self._kill_now or at_once
        self._stopping = True
        self._wakeup.wake()

    def _watch(self) -> None:
        announced = False
        while not self._stopping:
            try:
                for kept in self._kept:
                    kept.attend()
            except ChildGaveUp as problem:
                self._fail(problem)
                return
            if self._foundation is not None and self._foundation.failure is not None:
                self._fail(self._foundation.failure)
                return
            if all(kept.finished for kept in self._kept):
                return
            settled = all(kept.settled for kept in self._kept)
            if settled and not announced:
                announced = True
                self._announce()
            self._wakeup.wait(self._calm_seconds if settled else _BUSY_SECONDS)

    def _announce(self) -> None:
        if self._on_ready is not None:
            self._on_ready()

    def _fail(self, problem: Exception) -> None:
        self._failed = True
        self._say(f"Stopping everything: {problem}")

    def _stop_everything(self) -> None:
        for kept in self._kept:
            kept.stop(lambda: self._kill_now)
        for hook in self._hooks:
            hook.join(0.1 if self._kill_now else _HOOK_SECONDS)
        if self._foundation is not None:
            self._stop_foundation(self._foundation)

    def _stop_foundation(self, foundation: Foundation) -> None:
        problems: list[Exception] = []

        def patiently() -> None:
            try:
                foundation.stop(at_once=self._kill_now)
            except Exception as problem:  # noqa: BLE001 - reported below, in the thread that can act on it
                problems.append(problem)

        was_urgent = self._kill_now
        stopper = threading.Thread(target=patiently, name="foundation-stop", daemon=True)
        stopper.start()
        while stopper.is_alive():
            stopper.join(_BUSY_SECONDS)
            if self._kill_now and not was_urgent:
                was_urgent = True
                foundation.stop(at_once=True)
        for problem in problems:
            self._fail(problem)

    def _note_exit(self, ended: ChildExit) -> None:
        if self._on_child_exit is None:
            return
        self._hooks = [hook for hook in self._hooks if hook.is_alive()]
        hook = threading.Thread(target=self._run_hook, args=(self._on_child_exit, ended), daemon=True)
        self._hooks.append(hook)
        hook.start()

    def _run_hook(self, hook: Callable[[ChildExit], None], ended: ChildExit) -> None:
        try:
            hook(ended)
        except Exception as problem:  # noqa: BLE001 - a failing hook must not end the supervision; it is said
            self._say(f"Tidying up after {ended.name} (process {ended.pid}) failed: {problem!r}")

    def _exit_code(self) -> int:
        if self._failed:
            return 1
        codes = [kept.exit_code for kept in self._kept if not kept.child.restart]
        return next((abs(code) for code in codes if code and code > 0), 0)

    @contextmanager
    def _signals_handled(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            self._calm_seconds = _DEAF_SECONDS
            yield
            return
        handlers = {
            signal.SIGTERM: self._on_signal,
            signal.SIGINT: self._on_signal,
            signal.SIGCHLD: lambda _number, _frame: None,
        }
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has asked to be left alone
            handlers[signal.SIGHUP] = self._on_signal
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        before_wakeup = signal.set_wakeup_fd(self._wakeup.descriptor, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before_wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        again = self._stopping and number == signal.SIGINT
        self.request_stop(at_once=again)
