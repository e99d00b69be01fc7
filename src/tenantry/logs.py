"""Structured logging: one line per event on standard error, JSON unless somebody watches a terminal.

Django calls :func:`configure` with the ``LOGGING`` setting. Request ids, run ids and the like are bound by
``structlog.contextvars`` where work begins, and so stand on every line of it.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import structlog

P = ParamSpec("P")
T = TypeVar("T")

_SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)
# One list for the life of the process: loggers that were used before keep the one that they saw first.
_PROCESSORS: list[Any] = [*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
# These tell of every job and every request at INFO; what matters of it we log ourselves.
_QUIET = ("procrastinate", "httpx2", "httpcore2", "msal", "urllib3", "django.request")


def configure(options: Mapping[str, Any]) -> None:
    """Set logging up for this process. ``options["level"]`` is the least level that is written.

    ``options["json"]``: JSON on a terminal as well.
    """
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    watched = sys.stderr.isatty() and not options.get("json")
    renderer: Any = structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [entry for entry in root.handlers if isinstance(entry.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(options["level"])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("django", "django.server"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function so that its log lines carry, in whichever thread it runs, what is bound here and now.

    Threads of a pool begin with nothing bound: their calls would be nobody's. Nothing but the lines' ids is carried:
    a marketplace's scope is of one database session, which another thread does not have.
    """
    here = structlog.contextvars.get_contextvars()

    def run(*arguments: P.args, **keywords: P.kwargs) -> T:
        with structlog.contextvars.bound_contextvars(**here):
            return function(*arguments, **keywords)

    return run
