"""The legs of the listing benchmark, one a process: ``python -m bench.legs NAME FACTS.json [FOLDER]``.

Every leg signs in and fetches one page before its clock starts, then reads the whole list.
"""

import json
import os
import ssl
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.stage import Measured, measured, report

PAGE_SIZE = 500
_BOM = b"\xef\xbb\xbf"


def access_token(facts: dict[str, Any]) -> str:
    """Sign in as the application, as any client would."""
    form = {
        "grant_type": "client_credentials", "client_id": facts["web_application"]["client_id"],
        "client_secret": facts["web_application"]["secret"], "resource": facts["audience"],
    }  # fmt: skip
    url = f"{facts['login_url']}/{facts['partner_tenant_id']}/oauth2/token"
    trusted = ssl.create_default_context(cafile=facts["ca_file"])
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, data=data, timeout=30, context=trusted) as answer:  # noqa: S310  # our emulator
        return str(json.loads(answer.read())["access_token"])


def bare(facts: dict[str, Any], _folder: Path) -> Measured:
    """Fetch every page and parse it: no records, no storing. With the HTTP library that Tenantry uses."""
    import httpx2  # noqa: PLC0415  # each leg pays for its own imports only

    headers = {"Authorization": f"Bearer {access_token(facts)}", "Accept": "application/json"}
    url = f"{facts['api_url']}/v1/customers"
    with httpx2.Client(headers=headers, trust_env=False, timeout=120) as client:

        def pages() -> Iterator[dict[str, Any]]:
            params = {"size": str(PAGE_SIZE)}
            onward: dict[str, str] = {}
            while True:
                answer = client.get(url, params=params, headers=onward)
                page = json.loads(answer.content.removeprefix(_BOM))
                yield page
                token = page.get("continuationToken")
                if not token:
                    return
                params, onward = {**params, "seekOperation": "Next"}, {"MS-ContinuationToken": token}

        next(pages())
        return measured(facts, lambda: sum(len(page["items"]) for page in pages()))


def dlt_all(facts: dict[str, Any], folder: Path) -> Measured:
    """Load the list into SQLite with dlt, everything that the service sends."""
    from bench.peer import into_sqlite  # noqa: PLC0415  # same

    return into_sqlite(facts, folder, token=access_token(facts), columns=None)


def dlt_few(facts: dict[str, Any], folder: Path) -> Measured:
    """Load only the fields that Tenantry keeps of a listing: a lighter task for dlt."""
    from bench.peer import into_sqlite  # noqa: PLC0415  # same

    return into_sqlite(facts, folder, token=access_token(facts), columns=("id", "name", "domain", "relationship"))


def dlt_postgres(facts: dict[str, Any], folder: Path) -> Measured:
    """Load the list into the same PostgreSQL that Tenantry works on, everything that the service sends."""
    from bench.peer import into_postgres  # noqa: PLC0415  # same

    return into_postgres(facts, folder, token=access_token(facts), url=os.environ["DATABASE_URL"])


def observe(facts: dict[str, Any], _folder: Path) -> Measured:
    """Read the list with Tenantry: tenants and sightings, committed page by page."""
    from bench.ours import observe_once  # noqa: PLC0415  # same

    return observe_once(facts)


def sync(facts: dict[str, Any], _folder: Path) -> Measured:
    """The same with a marketplace: plan and apply to pending companies, search keys and audit events included."""
    from bench.ours import sync_once  # noqa: PLC0415  # same

    return sync_once(facts)


LEGS: dict[str, Callable[[dict[str, Any], Path], Measured]] = {
    "bare": bare, "dlt": dlt_all, "dlt-few": dlt_few, "dlt-postgres": dlt_postgres, "observe": observe, "sync": sync,
}  # fmt: skip

if __name__ == "__main__":
    name, facts_file, folder = sys.argv[1:4]
    report(LEGS[name](json.loads(Path(facts_file).read_text(encoding="utf-8")), Path(folder)))
