"""Real answers of the emulator, spoiled at random and fed to the clients over HTTP: one failure vocabulary comes out.

``make fuzz`` gives each provider 100,000 spoiled bodies and prints a table; the suite gives each a seeded few.
"""

import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from tests.providers.conftest import FixedTokens
from tests.providers.google_stage import google_stage
from tests.providers.stub import Reply, Stub, running
from tests.providers.test_google_any_answer import FixedTokens as GoogleTokens

from tenantry.emulator.server import Emulator
from tenantry.providers.base import Unlimited
from tenantry.providers.errors import ProviderError
from tenantry.providers.google.addresses import endpoints_for as google_endpoints
from tenantry.providers.google.client import Google, Reach
from tenantry.providers.google.credentials import Mode
from tenantry.providers.google.tenants import Discovery
from tenantry.providers.http import Answer, HttpClient, Limits
from tenantry.providers.microsoft.auth import UserTokens
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import endpoints_for
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, ClientSecret, SignInMode
from tenantry.providers.patience import Patience

STATUSES = [200] * 12 + [201, 204, 302, 400, 401, 403, 404, 409, 412, 429, 500, 503]
ODD: list[Any] = [
    None, True, 0, -1, 10**40, 1.5e308, "", "\ud800", "a\x00b", "x" * 5_000, [], {}, [[]], "=1+1", "{{7*7}}",
]  # fmt: skip
HASTE = Patience(waits=(), longest_wait=0)


class Recorder(HttpClient):
    """An HTTP client that keeps the bodies of what it was answered."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bodies: list[bytes] = []

    def send(self, *arguments: Any, **keywords: Any) -> Answer:
        answer = super().send(*arguments, **keywords)
        self.bodies.append(answer.body)
        return answer


@dataclass
class Fuzzed:
    """What came of the spoiled bodies: how many were read, and each kind of failure; ``wrong`` is a fault of ours."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


Ask = Callable[[Any], object]


def spoil(body: bytes, chance: random.Random) -> bytes:
    """Return the body spoiled in one way: bytes, values, names, nesting, size."""
    kind = chance.randrange(8)
    if kind == 0:
        return body[: chance.randrange(len(body) + 1)]
    if kind == 1 and body:
        at = chance.randrange(len(body))
        return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
    if kind == 2:
        return b"[" * 3_000 + body + b"]" * chance.choice([0, 3_000])
    if kind == 3:
        return chance.choice([b"", b"null", b"[]", b"{}", b"<html></html>", b"\xef\xbb\xbf", body * 2, b"NaN"])
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except ValueError:
        return body
    for _ in range(chance.randint(1, 4)):
        value = _changed(value, chance)
    mark = b"\xef\xbb\xbf" if chance.random() < 0.3 else b""
    return mark + json.dumps(value).encode()


def _changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        return value | {key: _changed(value[key], chance)} if chance.random() < 0.8 else _without(value, key)
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(value[at], chance), *value[at:]]
    return chance.choice(ODD)


def _without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name != key}


def fuzz(asks: dict[str, tuple[Ask, list[bytes]]], client: Any, stub: Stub, *, count: int, seed: int) -> Fuzzed:
    """Feed ``count`` spoiled bodies to the client, one call each."""
    chance, fuzzed, names = random.Random(seed), Fuzzed(), sorted(asks)  # noqa: S311  # spoils answers, keeps no secret
    for number in range(count):
        name = chance.choice(names)
        ask, bodies = asks[name]
        body, status = spoil(chance.choice(bodies), chance), chance.choice(STATUSES)
        stub.say(Reply(b"" if status == 204 else body, status=status))
        stub.requests.clear()
        try:
            ask(client)
            fuzzed.outcomes["read"] += 1
        except ProviderError as error:
            fuzzed.outcomes[type(error).__name__] += 1
            (error.message + error.next_step).encode()
        except Exception as error:  # noqa: BLE001  # this is what is looked for
            fuzzed.wrong.append(f"seed {seed}, number {number}, {name}: {type(error).__name__}: {error}"[:300])
    return fuzzed


def _recorded(asks: dict[str, Ask], client: Any, http: Recorder) -> dict[str, tuple[Ask, list[bytes]]]:
    found = {}
    for name, ask in asks.items():
        http.bodies.clear()
        ask(client)
        found[name] = (ask, [body for body in http.bodies if b"access_token" not in body])
    return found


@contextmanager
def microsoft() -> Iterator[Callable[[int, int], Fuzzed]]:
    """The Partner Center's client, with real bodies to spoil."""
    with Emulator(customers=8, limit=0) as emulator, running() as stub:
        tenant, today = emulator.world.tenant_id(0), datetime.now(tz=UTC).date()
        emulator.microsoft.hints.happen(tenant)
        asks: dict[str, Ask] = {
            "list": lambda client: client.list_tenants(None),
            "tenant": lambda client: client.read_tenant(tenant),
            "link": lambda client: client.relationship_link(),
            "activity": lambda client: client.activity(since=today, until=today),
            "registration": lambda client: client.registration(),
        }
        real = endpoints_for("global", api=emulator.api_url, authority=emulator.login_url, ca_file=emulator.ca_file)
        http = Recorder(ca_file=emulator.ca_file)
        web = emulator.web_application
        application = Application(
            emulator.partner_tenant_id, web.client_id, ApplicationKind.WEB, ClientSecret(web.secret)
        )
        tokens = UserTokens(real, application, _Kept(emulator.refresh_token()), http)
        recorded = _recorded(asks, PartnerCenter(real, tokens, Unlimited(), http=http, patience=HASTE), http)
        quick = HttpClient(limits=Limits(read=5))
        odd = PartnerCenter(
            endpoints_for("global", api=stub.url), FixedTokens(SignInMode.APP_AND_USER), Unlimited(), http=quick,
            patience=HASTE,
        )  # fmt: skip
        yield lambda count, seed: fuzz(recorded, odd, stub, count=count, seed=seed)
        quick.close()
        http.close()


@contextmanager
def google() -> Iterator[Callable[[int, int], Fuzzed]]:
    """Google's client, with real bodies to spoil."""
    with google_stage() as stage, running() as stub:
        http = Recorder()
        customer = stage.customer(0)
        person = stage.user_id(0, 0)
        asks: dict[str, Ask] = {
            "users": lambda client: client.list_users(customer, None),
            "user": lambda client: client.read_user(customer, person),
            "tenants": lambda client: client.list_tenants(None),
            "tenant": lambda client: client.read_tenant(customer),
            "domains": lambda client: client.domains(customer),
            "units": lambda client: client.org_units(customer),
            "administrators": lambda client: client.administrators(customer),
        }
        recorded = _recorded(asks, stage.client(Discovery.CHANNEL, http=http), http)
        quick = HttpClient(limits=Limits(read=5))
        reach = Reach(Mode.RESELLER, Discovery.CHANNEL, customer)
        odd = Google(google_endpoints(stub.url), GoogleTokens(), reach, Unlimited(), http=quick, patience=HASTE)
        yield lambda count, seed: fuzz(recorded, odd, stub, count=count, seed=seed)
        quick.close()
        http.close()


class _Kept:
    """A refresh token in memory."""

    def __init__(self, token: str) -> None:
        self._token = token

    def load(self) -> str | None:
        return self._token

    def replace(self, *, new: str, old: str) -> None:  # noqa: ARG002  # the protocol's
        self._token = new


def main() -> int:
    """Fuzz both providers with as many bodies as are asked for; print and write the table. Return the exit code."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    count, seed, wrong = int(sys.argv[1]), int(sys.argv[2]), list[str]()
    lines = ["| Provider | Bodies | Seconds | What came out |", "|---|---:|---:|---|"]
    for name, provider in (("Microsoft", microsoft), ("Google", google)):
        with provider() as run:
            started = time.monotonic()
            fuzzed = run(count, seed)
            said = ", ".join(f"{kind} {number:,}" for kind, number in fuzzed.outcomes.most_common())
            lines.append(f"| {name} | {count:,} | {time.monotonic() - started:,.0f} | {said} |")
            wrong += fuzzed.wrong
    sys.stdout.write("\n".join([*lines, *wrong[:20], ""]))
    if len(sys.argv) > 3 and not wrong:
        page = Path(sys.argv[3])
        before, _, rest = page.read_text(encoding="utf-8").partition("<!-- fuzz -->\n")
        after = rest.partition("<!-- /fuzz -->")[2]
        page.write_text(before + "<!-- fuzz -->\n" + "\n".join(lines) + "\n<!-- /fuzz -->" + after, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
