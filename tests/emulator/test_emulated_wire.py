"""The HTTP underneath: connections that stay, requests that are broken, clients that are silent."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.emulator.partner import Partner


@pytest.fixture
def raw(partner: Partner) -> Iterator[socket.socket]:
    with closing(connection_to(partner.emulator.api_url)) as connection:
        yield connection


def connection_to(url: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answer_of(connection: socket.socket) -> tuple[str, bytes]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return head.decode(), b""
        head += piece
    top, _, body = head.partition(b"\r\n\r\n")
    length = int(top.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return top.decode(), body


def test_a_connection_serves_many_requests_also_when_they_come_together(raw: socket.socket) -> None:
    raw.sendall(b"GET /v1/customers HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    received = b""
    while received.count(b'"code":800001') < 2:
        received += raw.recv(65536)
    assert received.count(b"HTTP/1.1 401 Unauthorized\r\n") == 2
    raw.sendall(b"GET /v1/customers HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer_of(raw)[0].startswith("HTTP/1.1 401 Unauthorized\r\n")
    raw.sendall(b"GET /v1/customers HTTP/1.1\r\nConnection: close\r\n\r\n")
    top, _ = answer_of(raw)
    assert "Connection: close" in top
    assert raw.recv(10) == b""


def test_a_head_in_pieces_and_a_body_after_a_question_are_read(raw: socket.socket, partner: Partner) -> None:
    body = b'{"steps": 1}'
    for piece in (b"POST /_emulator/adv", b"ance HTTP/1.1\r\nContent-Le", b"ngth: 12\r\nExpect: 100-continue\r\n\r\n"):
        raw.sendall(piece)
    assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    raw.sendall(body)
    assert answer_of(raw)[0].startswith("HTTP/1.1 200 OK")
    assert partner.emulator.world.steps == 1


def test_a_head_request_gets_no_body(raw: socket.socket) -> None:
    raw.sendall(b"HEAD /v1/customers HTTP/1.1\r\n\r\nGET /v1/customers HTTP/1.1\r\nConnection: close\r\n\r\n")
    received = b""
    while piece := raw.recv(65536):
        received += piece
    assert received.count(b"HTTP/1.1 401") == 2
    assert received.count(b'"code"') == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, 431),
    ],
)
def test_broken_requests_are_refused_and_the_connection_ends(raw: socket.socket, sent: bytes, status: int) -> None:
    raw.sendall(sent)
    top, _ = answer_of(raw)
    assert top.startswith(f"HTTP/1.1 {status} ")
    assert "Connection: close" in top


def test_a_silent_client_holds_nobody_up(partner: Partner) -> None:
    with closing(connection_to(partner.emulator.login_url)), closing(connection_to(partner.emulator.api_url)):
        assert partner.login.client.get(f"{partner.authority}/discovery/keys").status_code == 200
        assert partner.http.get("/v1/customers").status_code == 401


def test_only_those_who_trust_the_authority_reach_the_sign_in(partner: Partner) -> None:
    context = ssl.create_default_context()
    with closing(connection_to(partner.emulator.login_url)) as connection, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(connection, server_hostname="localhost")
    trusting = ssl.create_default_context(cafile=str(partner.emulator.ca_file))
    for name in ("localhost", "127.0.0.1"):
        with (
            closing(connection_to(partner.emulator.login_url)) as connection,
            trusting.wrap_socket(connection, server_hostname=name) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}


def test_many_clients_are_served_at_once(partner: Partner) -> None:
    tenant = next(iter(partner.emulator.world.tenant_ids()))
    partner.emulator.world.set_rights(tenant, readable=True)
    request = (
        f"GET /v1/customers/{tenant} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {partner.token()}\r\n\r\n"
    ).encode()
    failures: list[str] = []

    def reading() -> None:
        with closing(connection_to(partner.emulator.api_url)) as connection:
            for _ in range(50):
                connection.sendall(request)
                top, _ = answer_of(connection)
                if not top.startswith("HTTP/1.1 200"):
                    failures.append(top)

    threads = [threading.Thread(target=reading) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert partner.emulator.counters.paths["GET /v1/customers/{id}"] == 800


def test_stopping_ends_open_connections_and_threads(partner: Partner) -> None:
    emulator = partner.emulator
    with closing(connection_to(emulator.api_url)) as connection:
        connection.sendall(b"GET /v1/customers HTTP/1.1\r\n\r\n")
        answer_of(connection)
        emulator.stop()
        assert connection.recv(10) == b""
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("accept-")]
