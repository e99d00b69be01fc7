"""Keeps a list of a marketplace's companies current: hears its webhooks, and reads each company from the REST API.

    pip install standardwebhooks
    TENANTRY=https://tenantry.example TOKEN=tnt_... SECRET=whsec_... python listen.py 8900

The token needs the scope companies:read. The endpoint's address leads to this program, through https.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

TENANTRY, TOKEN, SECRET = os.environ["TENANTRY"], os.environ["TOKEN"], os.environ["SECRET"]
LARGEST = 1_000_000
seen: set[str] = set()  # keep these where they outlive the program: a repeat has the same id
companies: dict[str, dict[str, Any]] = {}


def read(path: str) -> dict[str, Any] | None:
    """Return what the API says, or None for what is not there any more."""
    request = urllib.request.Request(f"{TENANTRY}/api/v1{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as problem:
        if problem.code == 404:
            return None
        raise


def hear(message: dict[str, Any]) -> None:
    """Read the company that it is about anew: so the order of messages does not matter, and a lost one costs little."""
    subject = message["data"].get("subject", {})
    if message["id"] in seen or subject.get("kind") != "company":
        return
    company = read(f"/companies/{subject['id']}")
    if company is None:
        companies.pop(subject["id"], None)
    else:
        companies[subject["id"]] = company
    seen.add(message["id"])
    now = f"{company['name']}, {company['status']}, {company['people']} people" if company else "gone"
    print(f"{message['type']}: company {subject['id']} is {now}", flush=True)


class Listener(BaseHTTPRequestHandler):
    """Answers 204 when a message was handled, 401 for what is not signed, 503 to get it once more."""

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST))
        try:
            hear(Webhook(SECRET).verify(body, dict(self.headers)))
        except WebhookVerificationError:
            self.send_response(401)
        except (OSError, ValueError) as problem:  # the API is away: Tenantry sends it again
            print(f"not handled: {problem}", file=sys.stderr, flush=True)
            self.send_response(503)
        else:
            self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("", int(sys.argv[1])), Listener).serve_forever()
