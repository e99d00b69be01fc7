"""The peer: a plain dlt load of the same endpoint, arranged in dlt's favour where there is a choice."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dlt
import psycopg
from bench.stage import Measured, measured
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Response

PAGE_SIZE = 500


class ContinuationPaginator(BasePaginator):  # type: ignore[misc]  # dlt is not read by mypy
    """Follows Partner Center's continuation token: in a header, with ``seekOperation=Next``."""

    def __init__(self) -> None:
        super().__init__()
        self._token = ""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002  # dlt's protocol
        """Take the token from the page."""
        self._token = response.json().get("continuationToken") or ""
        self._has_next_page = bool(self._token)

    def update_request(self, request: Any) -> None:
        """Put the token into the next request."""
        request.params = {"size": str(PAGE_SIZE), "seekOperation": "Next"}
        request.headers = {**(request.headers or {}), "MS-ContinuationToken": self._token}


def _parsed_once(response: Response, *_args: Any, **_kwargs: Any) -> None:
    """Refuse errors, take off the byte-order mark, and parse once: dlt would parse each page twice."""
    response.raise_for_status()
    page = json.loads(response.content.removeprefix(b"\xef\xbb\xbf"))
    response.json = lambda **_: page  # type: ignore[method-assign]  # in dlt's favour


def _pages(client: RESTClient) -> Iterator[list[dict[str, Any]]]:
    yield from client.paginate(
        "/v1/customers", params={"size": PAGE_SIZE}, paginator=ContinuationPaginator(), data_selector="items",
        hooks={"response": [_parsed_once]},
    )  # fmt: skip


def _few(row: dict[str, Any]) -> dict[str, Any]:
    profile = row["companyProfile"]
    return {
        "id": row["id"], "name": profile["companyName"], "domain": profile["domain"],
        "relationship": row["relationshipToPartner"],
    }  # fmt: skip


def into_sqlite(facts: dict[str, Any], folder: Path, *, token: str, columns: tuple[str, ...] | None) -> Measured:
    """Load into a file in ``folder``; a second call on the same folder loads the same rows again."""
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'customers.sqlite'}")

    def rows() -> int:
        with sqlite3.connect(_data_file(folder)) as database:
            return int(database.execute("select count(*) from customers").fetchone()[0])

    return _load(facts, folder, destination, rows, token=token, columns=columns)


def into_postgres(facts: dict[str, Any], folder: Path, *, token: str, url: str) -> Measured:
    """Load everything into the database of ``url``, as its owner; otherwise the same."""
    address, _, socket = url.replace("@/", ":none@localhost/").partition("?")  # dlt wants a host, libpq takes the last
    destination = dlt.destinations.postgres(f"{address}?{socket}")

    def rows() -> int:
        with psycopg.connect(url) as database:
            row = database.execute("select count(*) from bench.customers").fetchone()
            return int(row[0]) if row else 0

    return _load(facts, folder, destination, rows, token=token, columns=None)


def _load(
    facts: dict[str, Any], folder: Path, destination: Any, rows: Callable[[], int], *, token: str,
    columns: tuple[str, ...] | None,
) -> Measured:  # fmt: skip
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(folder / "data")}
    client = RESTClient(base_url=facts["api_url"], auth=BearerTokenAuth(token=token))
    next(_pages(client))

    @dlt.resource(name="customers", write_disposition="replace")  # type: ignore[untyped-decorator]  # as above
    def customers() -> Iterator[list[dict[str, Any]]]:
        for page in _pages(client):
            yield [_few(row) for row in page] if columns else page

    def work() -> int:
        pipeline = dlt.pipeline(
            "listing", pipelines_dir=str(folder / "pipelines"), dataset_name="bench", destination=destination,
        )  # fmt: skip
        pipeline.run(customers()).raise_on_failed_jobs()
        return 0

    result = measured(facts, work)
    return Measured(result.seconds, result.cpu, result.emulator_cpu, result.peak_mb, rows())


def _data_file(folder: Path) -> Path:
    """Return the file that dlt put the rows in: it gives each dataset one of its own."""
    return next(file for file in folder.glob("*.sqlite") if "bench" in file.stem)
