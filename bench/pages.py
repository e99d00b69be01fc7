"""``make bench-pages``: how long pending companies take to answer over HTTP with a million rows. See README.md here."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/pages.py` must find its neighbours

from bench.crowd import EMAIL, PASSWORD, fill  # noqa: E402  # the path comes first
from bench.stage import (  # noqa: E402  # same
    OWNER,
    ROOT,
    django_environment,
    fresh_database,
    machine,
    postgres,
    scratch_folder,
    write_between,
)

MOST_MILLISECONDS = 100.0
PORT = 8017
NAME = "bench_pages"
QUERIES = Path(__file__).with_name("pages.txt")


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one query took: milliseconds at the median, at the 95th percentile and at most."""

    label: str
    median: float
    p95: float
    worst: float


def main() -> None:
    """Build, warm up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pending", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    with scratch_folder() as folder, postgres(folder) as server:
        fresh_database(server, NAME)
        begun = time.perf_counter()
        owner = {**os.environ, **django_environment(server, NAME, role=OWNER)}
        fill(server.owner_dsn(NAME), pending=asked.pending, companies=asked.companies, environment=owner)
        print(f"  filled in {time.perf_counter() - begun:.0f} s", flush=True)
        with pages(django_environment(server, NAME)) as browser:
            results = [measure(browser, label, path, asked.times) for label, path in queries(browser)]
    text = table(results, f"{asked.pending:,} pending companies, {asked.companies:,} companies. {machine()}.")
    print(text)
    if asked.write:
        write_between(ROOT / asked.write, "pages", text)
    sys.exit(any(result.p95 > MOST_MILLISECONDS for result in results))


@contextmanager
def pages(environment: dict[str, str]) -> Iterator[httpx2.Client]:
    """Run the web server and sign in as the manager."""
    command = [sys.executable, "-m", "tenantry", "web", "--port", str(PORT)]
    server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{PORT}", follow_redirects=True, timeout=120) as browser:
            _wait(browser)
            page = browser.get("/account/sign-in/").text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            form = {"csrfmiddlewaretoken": token[1] if token else "", "login": EMAIL, "password": PASSWORD}
            browser.post("/account/sign-in/", data=form).raise_for_status()
            yield browser
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(browser: httpx2.Client) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            browser.get("/livez")
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The pages did not come up.")


def queries(browser: httpx2.Client) -> Iterator[tuple[str, str]]:
    """Yield label and path of each query of ``pages.txt``; ``deep`` stands for the place 40 pages further on."""
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        label, _, path = line.partition("|")
        if path.strip():
            wanted = path.strip()
            yield label.strip(), deep_place(browser, wanted) if "deep=1" in wanted else wanted


def deep_place(browser: httpx2.Client, path: str) -> str:
    """Return the path of the page that lies 40 pages further on."""
    parts = urlsplit(path)
    base = [(name, value) for name, value in parse_qsl(parts.query) if name != "deep"]
    place = f"{parts.path}?{urlencode(base)}"
    for _ in range(40):
        found = re.search(r"[?&;]after=([^&\"]+)", browser.get(place).text)
        if found is None:
            break
        place = f"{parts.path}?{urlencode(base)}&after={found[1]}"
    return place


def measure(browser: httpx2.Client, label: str, path: str, times: int) -> Timed:
    """Ask the same thing again and again; the first three answers are warming up."""
    taken = []
    for number in range(times + 3):
        begun = time.perf_counter()
        answer = browser.get(path)
        if answer.status_code != httpx2.codes.OK:
            raise SystemExit(f"{label}: {path} answered {answer.status_code}.")
        if number >= 3:  # warmed up
            taken.append((time.perf_counter() - begun) * 1000)
    cuts = quantiles(taken, n=20)
    result = Timed(label, cuts[9], cuts[18], max(taken))
    print(f"  {label:<40} {result.median:7.1f} ms, 95 %: {result.p95:7.1f} ms", flush=True)
    return result


def table(results: list[Timed], heading: str) -> str:
    """Return the results as Markdown."""
    lines = [heading, "", "| query | median ms | 95th percentile ms | slowest ms |", "|---|---:|---:|---:|"]
    lines += [f"| {r.label} | {r.median:.0f} | {r.p95:.0f} | {r.worst:.0f} |" for r in results]
    missed = [r.label for r in results if r.p95 > MOST_MILLISECONDS]
    verdict = f"**not met** by {', '.join(missed)}" if missed else "met by all"
    return "\n".join([*lines, "", f"Aim: at most {MOST_MILLISECONDS:.0f} ms at the 95th percentile: {verdict}."])


if __name__ == "__main__":
    main()
