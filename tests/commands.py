"""Commands as processes: forked from one in which the libraries are loaded, each with an environment of its own.

Nothing that is imported here may read an environment variable or Django's settings.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cryptography.hazmat.primitives.asymmetric.rsa
import cryptography.x509
import django.contrib.auth.hashers
import django.core.management
import django.db.models
import django.forms
import django.http
import django.template
import django.urls
import httpx2
import msal
import procrastinate.psycopg_connector
import psycopg
import psycopg_pool
import structlog

from tenantry.cli.main import main

LOADED = (cryptography, django, httpx2, msal, procrastinate, psycopg, psycopg_pool, structlog)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as one JSON document."""
        return json.loads(self.out)


_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])
_SECONDS = 120


def tenantry(*arguments: str, **environment: str) -> Ran:
    """Run the command as a process over the test's database, and return how it ended.

    The process is forked from one that has loaded the libraries and nothing of an installation, which is most of
    what a command takes. That the command can be started by its name is shown where installations are served.
    """
    given = {**os.environ, "TENANTRY_LOG_LEVEL": "WARNING", **environment}
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _FORKED.Process(target=_run_command, args=(arguments, given, str(out), str(err)))
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"tenantry {' '.join(arguments)} took longer than {_SECONDS} s")
        ran = Ran(process.exitcode, out.read_text(), err.read_text())
        process.close()
        return ran


def _run_command(arguments: Sequence[str], environment: dict[str, str], out: str, err: str) -> None:
    for path, flags, descriptor in (
        (os.devnull, os.O_RDONLY, 0),
        (out, os.O_WRONLY | os.O_CREAT, 1),
        (err, os.O_WRONLY | os.O_CREAT, 2),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["tenantry", *arguments]
    main()
