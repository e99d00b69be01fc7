"""Every way in which the runtime refuses or fails. Each message is a sentence that says what to do next."""

from pathlib import Path


class RuntimeProblem(Exception):
    """Base of everything the runtime raises on purpose. ``str()`` is meant to be shown to the operator."""


class HomeRefused(RuntimeProblem):
    """The installation's folder cannot be used: wrong owner, open to everybody, or not a folder."""


class HomeInUse(RuntimeProblem):
    """Another process works on this folder. ``pid`` is its process id, 0 when it has not said yet."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = folder
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"This folder is in use by {holder}: {folder}. Stop it, "
            "or choose another folder with --home or TENANTRY_HOME."
        )


class PostgresMissing(RuntimeProblem):
    """The wheel that carries PostgreSQL's programs is not installed, or not for this machine."""


class PostgresRefused(RuntimeProblem):
    """PostgreSQL must not be started here: an unsuitable account, place or data folder."""


class PostgresFailed(RuntimeProblem):
    """PostgreSQL, or one of its tools, was started and failed. ``log_tail`` holds its last lines."""

    def __init__(self, sentence: str, log_tail: str = "") -> None:
        self.log_tail = log_tail.strip()
        super().__init__(f"{sentence}\nIts last words were:\n{self.log_tail}" if self.log_tail else sentence)


class PostgresGaveUp(PostgresFailed):
    """PostgreSQL ended again and again, so it is not restarted any more."""


class ChildGaveUp(RuntimeProblem):
    """A supervised child ended again and again without ever becoming ready."""
