"""`make machines`: pages and workers as separate processes on a server of their own, measured and counted.

`python -m tests.faults.machines [--write PAGE] …`. Ends with 1 when work was lost or doubled, a request failed, or
results differ.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from bench.stage import machine, scratch_folder, write_between
from tests.faults.crashing.report import announce, commit
from tests.faults.machines.markets import UNLIMITED
from tests.faults.machines.measuring import PARTS, Found, Sizes, measure
from tests.faults.machines.report import report


def main() -> int:
    """Measure, print, and write into the page if one is given."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started ends with it
    given = _options().parse_args()
    sizes = Sizes(
        markets=given.markets, customers=given.customers, large=given.large, webs=given.webs, workers=given.workers,
        rate=given.rate, large_rate=given.large_rate, only=tuple(given.only or PARTS),
    )  # fmt: skip
    where, began = f"{machine()}, commit `{commit()}`", time.monotonic()
    found = Found(sizes)
    with scratch_folder() as folder:
        for found in measure(sizes, folder, say=announce):
            if given.write:
                write_between(given.write, "machines", report(found, where=where))
    text = report(found, where=f"{where}, {time.monotonic() - began:.0f} s in all")
    if given.write:
        write_between(given.write, "machines", text)
    print(text)  # noqa: T201  # a command
    return 1 if found.problems else 0


def _options() -> argparse.ArgumentParser:
    usual = Sizes()
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument(
        "--markets", type=int, default=usual.markets, help="marketplaces, each with a partner of its own"
    )
    options.add_argument(
        "--customers", type=int, default=usual.customers, help="of each partner; at most 1,000 are invited"
    )
    options.add_argument("--large", type=int, default=usual.large, help="customers of the large marketplace")
    options.add_argument("--webs", type=int, default=usual.webs)
    options.add_argument("--workers", type=int, default=usual.workers)
    options.add_argument("--rate", type=int, default=usual.rate, help="reads of a customer a minute while restarting")
    options.add_argument("--large-rate", type=int, default=UNLIMITED, help="the same by the large partner")
    options.add_argument("--only", action="append", choices=PARTS, help="one part; may be repeated")
    options.add_argument("--write", type=Path, help="a Markdown file with a place for the tables")
    return options


if __name__ == "__main__":
    sys.exit(main())
