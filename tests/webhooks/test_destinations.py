"""Messages go to public addresses only: checked when saved, and at every call after the name was resolved."""

import socket
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from tests.providers.stub import Reply, Stub, running, tls_papers
from tests.web.cast import Cast
from tests.web.people import add_company
from tests.webhooks.receiver import Receiver

from tenantry.core.network import why_not_public
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import Unavailable
from tenantry.providers.http import HttpClient, Limits
from tenantry.webhooks import sending
from tenantry.webhooks.destinations import DestinationRefused, check_destination
from tenantry.webhooks.services import EndpointDraft, create_endpoint

REFUSED = {
    "https://127.0.0.1/": "this machine",
    "https://localhost/": "this machine",
    "https://[::1]/": "this machine",
    "https://2130706433/": "this machine",  # 127.0.0.1 as one number
    "https://10.1.2.3/hooks": "a private address",
    "https://192.168.0.1/": "a private address",
    "https://[fd00::1]/": "a private address",
    "https://169.254.169.254/latest/meta-data": "a link-local address",
    "https://[fe80::1]/": "a link-local address",
    "https://[::ffff:10.0.0.1]/": "a private address",
    "https://[64:ff9b::a00:1]/": "a private address",
    "https://[2002:0a00:0001::]/": "a private address",
    "https://0.0.0.0/": "no address at all",
    "https://100.64.0.1/": "a private address",
    "https://224.0.0.1/": "a group of machines",
}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_not_public_is_refused_in_words(url: str, settings: Settings) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    with pytest.raises(DestinationRefused, match=rf"leads to {REFUSED[url]}\. .*public addresses only"):
        check_destination(url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://93.184.215.14/", "is not https"),
        ("ftp://example.com/", "is not https"),
        ("https://user:secret@93.184.215.14/", "plain address"),
        ("https://93.184.215.14/#part", "without a #"),
        ("https://nowhere.invalid/", "could not be resolved"),
        ("nonsense", "plain address"),
        ("https://" + "a" * 2000 + ".example/", "whole address"),
        ("https://93.184.215.14:99999/", "cannot be read"),
    ],
)
def test_an_address_that_can_t_be_called_is_refused_in_words(url: str, sentence: str) -> None:
    with pytest.raises(DestinationRefused, match=sentence) as refused:
        check_destination(url)
    assert "secret" not in str(refused.value)


def test_a_public_address_is_pinned() -> None:
    assert check_destination(" https://93.184.215.14:8443/hooks?a=b ").address == "93.184.215.14"


@given(
    st.ip_addresses(network="10.0.0.0/8")
    | st.ip_addresses(network="fc00::/7")
    | st.ip_addresses(network="172.16.0.0/12")
)
def test_no_private_address_passes_however_it_is_wrapped(address: object) -> None:
    assert why_not_public(str(address))
    assert why_not_public(str(address), loopback_allowed=True)
    if "." in str(address):
        assert why_not_public(f"::ffff:{address}")


def test_a_name_that_turned_to_a_private_address_is_not_called(
    receiver: Receiver, cast: Cast, settings: Settings
) -> None:
    """What was public when it was saved leads to this machine when it is called."""
    settings.WEBHOOKS_TO_LOOPBACK = False
    add_company(cast.northwind, "Alpine")
    receiver.deliver()
    [row] = receiver.deliveries()
    assert (row.state, row.status) == ("waiting", 0)
    assert row.problem.startswith("127.0.0.1 leads to this machine.")
    assert receiver.server.requests == []


class Names:
    """The network's answers about names, of which the tests decide; addresses and other names are asked as always."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self._ask = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._answer)

    def _answer(self, host: Any, port: Any, *given: Any, **more: Any) -> Any:
        if host not in self.known:
            return self._ask(host, port, *given, **more)
        self.asked.append(host)
        return [entry for address in self.known[host] for entry in self._ask(address, port, *given, **more)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


def test_a_name_with_one_private_address_among_public_ones_is_refused_when_saved(names: Names) -> None:
    names.known["shop.example"] = ["93.184.215.14", "10.1.2.3"]
    with pytest.raises(DestinationRefused, match=r"shop\.example leads to a private address\."):
        check_destination("https://shop.example/hooks")


def test_a_name_that_is_public_when_saved_and_private_later_is_not_called(
    receiver: Receiver, cast: Cast, names: Names
) -> None:
    names.known["shop.example"] = ["93.184.215.14"]
    with marketplace_scope(cast.northwind.pk):
        draft = EndpointDraft("Shop", check_destination("https://shop.example/hooks"))
        receiver.endpoint = create_endpoint(draft=draft, actor=receiver.actor, now=timezone.now()).endpoint
    names.known["shop.example"] = ["10.1.2.3"]
    add_company(cast.northwind, "Alpine")
    receiver.deliver()
    [row] = receiver.deliveries()
    assert (row.state, row.attempts, row.status) == ("waiting", 1, 0)
    assert row.problem.startswith("shop.example leads to a private address.")


def test_a_call_goes_to_the_address_that_was_checked_and_asks_for_the_name_once(
    receiver: Receiver, cast: Cast, names: Names
) -> None:
    """A name server that gives another answer a moment later finds nobody who asks."""
    names.known["localhost"] = ["127.0.0.1"]
    port = receiver.server.server.server_address[1]
    with marketplace_scope(cast.northwind.pk):
        draft = EndpointDraft("Shop", check_destination(f"http://localhost:{port}/hooks"))
        receiver.endpoint = create_endpoint(draft=draft, actor=receiver.actor, now=timezone.now()).endpoint
    add_company(cast.northwind, "Alpine")
    names.asked.clear()
    receiver.deliver()
    assert [row.state for row in receiver.deliveries()] == ["delivered"]
    assert names.asked == ["localhost"]


def test_a_redirect_is_not_followed(receiver: Receiver, cast: Cast) -> None:
    with running() as other:
        receiver.server.say(Reply({}, status=307, reason="Elsewhere", headers={"Location": f"{other.url}/"}))
        add_company(cast.northwind, "Alpine")
        receiver.deliver()
        assert other.requests == []
    [row] = receiver.deliveries()
    assert row.problem == "It answered 307 Elsewhere. Redirects are not followed; give the new address on the endpoint."


QUICK = Limits(connect=1.0, read=0.5, total=0.8, max_bytes=1000)
_TROUBLES = {
    "was silent for too long": Reply(b"", chunks=[b"", b""], pause=2.0),
    "did not end within 0.8 seconds": Reply(b"", chunks=[b"x"] * 20, pause=0.2),
    "is larger than 1000 bytes": Reply(b"x" * 5_000),
    "was cut": Reply({}, cut=True),
}


@pytest.mark.parametrize("sentence", _TROUBLES)
def test_an_endpoint_that_hangs_drips_or_floods_is_held_to_the_limits(
    sentence: str, receiver: Receiver, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LIMITS", QUICK)
    receiver.server.say(_TROUBLES[sentence])
    add_company(cast.northwind, "Alpine")
    started = time.monotonic()
    receiver.deliver()
    assert time.monotonic() - started < 3
    [row] = receiver.deliveries()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert sentence in row.problem
    assert "/hooks" not in row.problem


def test_an_endpoint_that_asks_for_quiet_gets_it(receiver: Receiver, cast: Cast) -> None:
    receiver.server.say(Reply({}, status=429, headers={"Retry-After": "1800"}))
    add_company(cast.northwind, "Alpine")
    at = timezone.now()
    receiver.deliver(at=at)
    assert receiver.deliveries()[0].next_attempt_at == at + timedelta(minutes=30)


def test_a_server_that_drips_its_headers_is_cut(server: Stub) -> None:
    """The head never ends: no read takes long, and only the clock over all of it helps."""
    server.say(Reply(b"", chunks=[b"x"]))
    http = HttpClient(limits=QUICK)
    with running() as slow:
        slow.server.RequestHandlerClass = _dripping(slow.server.RequestHandlerClass)
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"The answer to the endpoint X did not end within 0\.8 seconds"):
            http.post_pinned(slow.url + "/", address="127.0.0.1", content=b"{}", headers={}, named="the endpoint X")
        assert time.monotonic() - started < 2
    http.close()


def _dripping(base: Any) -> Any:
    class Dripping(base):  # type: ignore[misc]  # the stub's own handler
        def do_POST(self) -> None:  # noqa: N802  # the base class's name
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(30):
                try:
                    self.wfile.write(f"X-{number}: y\r\n".encode())
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)

    return Dripping


def test_tls_is_checked_against_the_name_while_the_address_is_pinned(tmp_path: Path) -> None:
    context, ca_file = tls_papers(tmp_path)
    with running(context) as secure:
        http = HttpClient(ca_file=ca_file, limits=QUICK)
        port = secure.server.server_address[1]
        sent: dict[str, Any] = {
            "address": "127.0.0.1",
            "content": b"{}",
            "headers": {"x": "y"},
            "named": "the endpoint X",
        }
        assert http.post_pinned(f"https://localhost:{port}/hooks", **sent).status == 200
        assert secure.requests[0].headers["host"] == f"localhost:{port}"
        with pytest.raises(Unavailable, match="a certificate that is not trusted"):
            http.post_pinned(f"https://other.localhost:{port}/hooks", **sent)
        http.close()
    assert isinstance(context, ssl.SSLContext)
