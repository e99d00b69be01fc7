"""Small real servers for answers that the emulator will not give: odd bytes, odd JSON, silence, cuts.

Each speaks HTTP over loopback; nothing is patched. A script decides what each request gets.
"""

import datetime as dt
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """``body`` as bytes is sent as it is, anything else as compact JSON. ``chunks`` are dripped, one per
    ``pause`` seconds. ``cut`` closes the connection after the body, before what was promised."""

    body: Any = b""
    status: int = 200
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Sequence[bytes] = ()
    pause: float = 0.0
    cut: bool = False
    silent: bool = False

    @property
    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()


Script = Callable[[Request], Reply]


class Stub:
    """A server on a free port of 127.0.0.1. ``script`` may be exchanged at any time."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.script: Script = lambda _: Reply({})
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, or the client's kernel delays its acknowledgement

            def do_GET(self) -> None:
                stub.serve(self)

            def do_POST(self) -> None:
                stub.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def say(self, *replies: Reply) -> None:
        """Answer with each reply in turn; the last one again and again."""
        left = list(replies)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else b""
        form = dict(parse_qsl(body.decode(errors="replace")))
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, parts.path, dict(parse_qsl(parts.query)), headers, form, body)
        self.requests.append(request)
        reply = self.script(request)
        if reply.silent:
            handler.close_connection = True
            return
        handler.send_response(reply.status, reply.reason or None)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.chunks:
            self._drip(handler, reply)
            return
        payload = reply.payload
        handler.send_header("Content-Length", str(len(payload) + (100 if reply.cut else 0)))
        handler.end_headers()
        handler.wfile.write(payload)
        handler.close_connection = handler.close_connection or reply.cut

    def _drip(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        for chunk in reply.chunks:
            try:
                handler.wfile.write(chunk)
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(reply.pause)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    stub = Stub(tls)
    try:
        yield stub
    finally:
        stub.close()


def certificate_for(
    name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, days: int = 2
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(tz=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def tls_papers(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A TLS context for ``localhost``, and the file of the authority to trust for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate_for("localhost", key).public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(pem_of(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    return context, ca_file


class LoginStub:
    """A sign-in service on TLS: discovery, and a token endpoint whose answers are scripted."""

    def __init__(self, stub: Stub, ca_file: Path) -> None:
        self.stub = stub
        self.ca_file = ca_file
        self.url = stub.url
        self.count = 0
        self.lifetime: object = 3599
        self.refresh_tokens: list[str] = []
        self.token: Script = self._grant
        self.discovery: Reply | None = None
        stub.script = self._answer

    @property
    def token_requests(self) -> list[Request]:
        return [request for request in self.stub.requests if request.path.endswith("/token")]

    def _answer(self, request: Request) -> Reply:
        if request.path.endswith("/openid-configuration"):
            return self.discovery or Reply(self.configuration(request.path.split("/")[1]))
        if request.path.endswith(("/token", "/devicecode")):
            return self.token(request)
        return Reply(status=404)

    def configuration(self, tenant: str) -> dict[str, str]:
        base = f"{self.url}/{tenant}/oauth2/v2.0"
        return {
            "issuer": f"{self.url}/{tenant}/v2.0",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode",
        }

    def _grant(self, request: Request) -> Reply:
        self.count += 1
        document: dict[str, object] = {
            "token_type": "Bearer",
            "access_token": f"access-{self.count}",
            "expires_in": self.lifetime,
        }
        if request.form["grant_type"] != "client_credentials":
            document["refresh_token"] = f"refresh-{self.count}"
        return Reply(document)


def refused(error: str, code: int, status: int = 400) -> Reply:
    return Reply(
        {
            "error": error,
            "error_description": f"AADSTS{code}: A long text. \r\nTrace ID: 0f3a\r\nTimestamp: 2026-01-05",
            "error_codes": [code],
            "correlation_id": "c0ffee00-0000-4000-8000-000000000001",
        },
        status=status,
    )
