"""What tests of whole installations share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.crashing.served import Served, reachable_folder


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """The folder of an installation with an empty database, never served: whoever takes it takes a copy."""
    with reachable_folder() as folder:
        whole = Served(folder, {})
        done = whole.command("migrate")
        assert done.returncode == 0, done.stderr
        yield whole.home.path
        whole.postgres.erase()
