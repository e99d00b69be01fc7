"""How the embedded PostgreSQL is run: its settings, its patience, its account."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tenantry.runtime.memory import buffer_settings, memory_of_machine

_ALWAYS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    # Details and statements hold people's names and addresses; the log does not need them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # Parallel plans need more /dev/shm than a container's usual 64 MB, and gain little on two cores.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
}

_REAL_DATA = {
    "max_connections": "100",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    # After each checkpoint every page that changes is logged whole. A first sync changes pages of forty indexes.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "log_lock_waits": "on",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",
    "idle_in_transaction_session_timeout": "15min",
}

_NO_SAFETY = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    # Writing zeroes into new log files is most of the work of an empty database.
    "wal_init_zero": "off",
    "log_checkpoints": "off",
}


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """What may be chosen about the embedded server.

    ``settings``       PostgreSQL's own settings, passed on its command line
    ``start_timeout``  seconds to become ready; generous, for a crash is repaired in this time
    ``stop_timeout``   seconds for a clean stop, before it is made to stop at once
    ``restart_delays`` seconds to wait before each restart in a row; after the last one it is given up
    ``calm_after``     seconds after which a run counts as healthy and the row starts anew
    ``server_user``    whom root runs it as (None: the data's owner, else ``tenantry``, else ``nobody``)
    ``elsewhere``      where the database goes when that user cannot reach the installation's folder
    ``durable``        False: do not even wait for the disk when making the data folder
    """

    settings: Mapping[str, str] = field(
        default_factory=lambda: {**_ALWAYS, **_REAL_DATA, **buffer_settings(memory_of_machine())}
    )
    start_timeout: float = 300.0
    stop_timeout: float = 60.0
    restart_delays: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
    calm_after: float = 30.0
    server_user: str | None = None
    elsewhere: Path = Path("/var/lib")
    durable: bool = True

    def with_settings(self, **settings: str) -> "PostgresOptions":
        """Return the same options with these PostgreSQL settings added or replaced."""
        return replace(self, settings={**self.settings, **settings})


PRODUCTION = PostgresOptions()
"""For real data."""

FAST_AND_UNSAFE = PostgresOptions(
    settings={**_ALWAYS, **_NO_SAFETY},
    start_timeout=60.0,
    stop_timeout=20.0,
    elsewhere=Path("/tmp"),  # noqa: S108 - only for tests; the folder made there is checked to be ours
    durable=False,
)
"""For tests and throw-away data: a power cut or a killed machine may destroy everything."""
