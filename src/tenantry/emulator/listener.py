"""HTTP/1.1 over sockets, one thread a connection.

Written by hand rather than on ``http.server``: the emulator must send reason phrases with empty bodies, cut
and drip answers, and serve some thousand small answers a second, and that module can do neither well.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from tenantry.emulator.messages import Answer, Request

Handler = Callable[[Request], Answer]
_MAX_HEAD: Final = 64 * 1024
_MAX_BODY: Final = 1024 * 1024
_IDLE_SECONDS: Final = 120.0
_HANDSHAKE_SECONDS: Final = 10.0


class BadMessageError(Exception):
    """The bytes are not a request that this server takes. ``status`` is the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Listener:
    """Accepts connections on 127.0.0.1 and answers their requests with ``handler``.

    ``port`` 0 takes any free port; the ``port`` attribute is the one taken. With ``tls`` the handshake
    happens in the connection's own thread, so that a silent client holds nobody else up. Raises ``OSError``
    when the port is taken. ``stop`` ends every connection and waits for its thread.
    """

    def __init__(self, handler: Handler, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512, reuse_port=False)
        self.port: int = self._socket.getsockname()[1]
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._acceptor = threading.Thread(target=self._accept, name=f"accept-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def stop(self) -> None:
        """Stop accepting, tear down what is open, and wait for all threads."""
        self.stopping.set()
        with contextlib.suppress(OSError):  # waking a blocked accept(); a socket already gone is what we want
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._acceptor.is_alive():
            self._acceptor.join(timeout=5)
        with self._lock:
            threads = dict(self._open)
        for connection, thread in threads.items():
            with contextlib.suppress(OSError):  # the client may have hung up at the same moment
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                if self.stopping.is_set():
                    return
                time.sleep(0.05)  # out of file descriptors: give connections time to end
                continue
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            with self._lock:
                self._open[connection] = thread
            thread.start()

    def _run(self, raw: socket.socket) -> None:
        connection = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._handshake(raw, self._tls)
            connection.settimeout(_IDLE_SECONDS)
            Conversation(connection, self._handler, self.stopping).run()
        except OSError:
            pass  # the client hung up, or does not trust our certificate: its own log says so
        finally:
            with self._lock:
                self._open.pop(raw, None)
                if connection is not raw:
                    self._open.pop(connection, None)
            connection.close()

    def _handshake(self, raw: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        raw.settimeout(_HANDSHAKE_SECONDS)
        secure = tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[secure] = self._open.pop(raw, threading.current_thread())
        try:
            secure.do_handshake()
        except OSError:
            with self._lock:
                self._open.pop(secure, None)
            secure.close()
            raise
        return secure


class Conversation:
    """The requests and answers of one connection, one after the other until somebody ends it."""

    def __init__(self, connection: socket.socket, handler: Handler, stopping: threading.Event) -> None:
        self._connection = connection
        self._handler = handler
        self._stopping = stopping
        self._buffer = bytearray()

    def run(self) -> None:
        """Serve until the client leaves, asks to close, or an answer ends the connection."""
        while not self._stopping.is_set():
            try:
                request = self._read()
            except BadMessageError as problem:
                self._send(Request("GET", ""), Answer(problem.status, str(problem).encode(), close=True))
                return
            if request is None:
                return
            answer = self._handler(request)
            if request.headers.get("connection", "").lower() == "close":
                answer.close = True
            if not self._send(request, answer) or answer.close:
                return

    def _read(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        while end < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise BadMessageError(431, "The request's headers are longer than 64 KiB.")
            if not self._fill():
                return None
            end = self._buffer.find(b"\r\n\r\n")
        request = _parse_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        request.body = self._read_body(request.headers)
        return request

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise BadMessageError(411, "Send a Content-Length: chunked requests are not taken here.")
        declared = headers.get("content-length", "0")
        if not declared.isdigit():
            raise BadMessageError(400, "Content-Length is not a number.")
        length = int(declared)
        if length > _MAX_BODY:
            raise BadMessageError(413, "The request's body is longer than 1 MiB.")
        if length and headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self._buffer) < length:
            if not self._fill():
                raise BadMessageError(400, "The connection ended inside the request's body.")
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _fill(self) -> bool:
        piece = self._connection.recv(65536)
        self._buffer += piece
        return bool(piece)

    def _send(self, request: Request, answer: Answer) -> bool:
        answer.headers.append(("Date", formatdate(usegmt=True)))
        head = answer.head()
        body = b"" if request.method == "HEAD" else answer.body
        delivery = answer.delivery
        if delivery is None:
            self._connection.sendall(head + body)
            return True
        self._stopping.wait(delivery.wait)
        if delivery.cut_after is not None:
            if delivery.cut_after >= 0:
                self._connection.sendall(head + body[: delivery.cut_after])
            return False
        if not delivery.piece:
            self._connection.sendall(head + body)
            return True
        self._connection.sendall(head)
        return self._drip(body, delivery.piece, delivery.pause)

    def _drip(self, body: bytes, piece: int, pause: float) -> bool:
        for start in range(0, len(body), piece):
            if self._stopping.wait(pause):
                return False
            self._connection.sendall(body[start : start + piece])
        return True


def _parse_head(head: bytes) -> Request:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004 (method, target, version)
        raise BadMessageError(400, "That is not an HTTP/1.1 request line.")
    method, target, version = parts
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadMessageError(400, "A header line has no colon.")
        headers[name.lower()] = value.strip()
    if version == "HTTP/1.0":
        headers["connection"] = "close"
    path, _, query = target.partition("?")
    return Request(method=method, path=path, query=query, headers=headers)
