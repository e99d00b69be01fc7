"""The command ``python -m tenantry.emulator``."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from tenantry.emulator.google.gate import QUOTA
from tenantry.emulator.limits import PUBLISHED
from tenantry.emulator.server import EmulatorOptions, serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``python -m tenantry.emulator``; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="tenantry.emulator", description="Microsoft's and Google's services, emulated."
    )
    parser.add_argument("--home", type=Path, default=Path("emulator-home"), help="folder for keys and certificates")
    parser.add_argument("--api-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--login-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--limit", type=int, default=PUBLISHED, help="reads of a customer a minute; 0: any number")
    parser.add_argument("--base-path", default="", help="what goes before /v1")
    parser.add_argument("--ready-file", type=Path, help="written when ready: addresses, ids, demo credentials")
    parser.add_argument("--google-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--google-customers", type=int, default=200)
    parser.add_argument("--google-quota", type=int, default=QUOTA, help="calls a minute; 0: any number")
    parser.add_argument("--people", type=int, default=20, help="people of each company, at each provider")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING)
    options = EmulatorOptions(
        home=given.home, api_port=given.api_port, login_port=given.login_port, customers=given.customers,
        google_port=given.google_port, google_customers=given.google_customers, google_quota=given.google_quota,
        people=given.people, seed=given.seed, limit=given.limit, base_path=given.base_path, ready_file=given.ready_file,
    )  # fmt: skip
    try:
        serve(options)
    except OSError as problem:
        parser.exit(1, f"The emulator cannot start: {problem}. Choose other ports, or a home that can be written.\n")
    return 0
