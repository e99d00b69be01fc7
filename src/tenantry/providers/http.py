"""HTTP for every provider: the only module that imports ``httpx2``.

A call ends as an :class:`Answer`, whatever its status, or as an error of the failure vocabulary when there
is no usable answer at all. Every call is logged: never its headers, its body or the values of its query.
What an answer *means* is each provider's own business; MSAL's adapter is in ``login.py`` beside this file.

One limit is kept for pinned calls alone: a provider's server that drips its *headers* is held to ``read`` between two
bytes, not to ``total``, because httpx2 offers no clock there.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import structlog

from tenantry.providers.counting import count_call
from tenantry.providers.cutting import Cutter
from tenantry.providers.errors import Fault, Malformed, Misconfigured, ProviderError, Unavailable
from tenantry.providers.urls import checked_url, is_loopback

_LOGGED_IDS = {"request_id": "ms-requestid", "correlation_id": "ms-correlationid", "cv": "ms-cv"}
_LONGEST_RETRY_AFTER = 3600.0
_NAME = {"User-Agent": "Tenantry"}

_log = structlog.stdlib.get_logger("tenantry.providers.http")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take: seconds, and bytes after decompression.

    ``read`` is the longest silence (a large Partner Center page may need minutes); ``total`` ends an answer
    that never falls silent and never finishes.
    """

    connect: float = 10.0
    read: float = 120.0
    total: float = 180.0
    max_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, the reason phrase, the headers (lower-case names), the body as sent.

    ``body`` is decompressed and may start with a byte-order mark. ``where`` is the call in words, without
    its query.
    """

    where: str
    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def retry_after(self) -> float | None:
        """Seconds of quiet that the server asked for, at most an hour; ``None`` when it did not say."""
        value = self.headers.get("retry-after", "").strip()
        seconds: float | None = None
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII):
            seconds = float(value)
        elif value:
            seconds = _seconds_until(value)
        return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.now(tz=UTC)).total_seconds()


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a verifying TLS context: the system's authorities, and those of ``ca_file`` besides.

    ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE`` have no say. Raises ``Misconfigured``.
    """
    context = httpx2.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one, too
            raise Misconfigured(
                f"The file {ca_file} with the certificate authority cannot be used: {error}.",
                next_step="Give a readable PEM file, or leave the setting empty.",
            ) from error
    return context


@dataclass(frozen=True, slots=True)
class _Call:
    """One call under way, for its log entry. ``sent`` are its headers, lower-case names."""

    where: str
    host: str
    query: str
    sent: Mapping[str, str]
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)

    def ids(self, answered: Mapping[str, str]) -> dict[str, str]:
        """Return the ids that a provider's support asks for: the answer's, else those that were sent."""
        return {
            name: known
            for name, header in _LOGGED_IDS.items()
            if (known := answered.get(header) or self.sent.get(header))
        }

    def note(self, answer: Answer) -> None:
        count_call(self.host, answer.status)
        _log.info(
            "provider_call",
            call=self.where,
            query_names=sorted({name for name, _ in parse_qsl(self.query, keep_blank_values=True)}),
            status=answer.status,
            seconds=self.seconds,
            bytes=len(answer.body),
            **self.ids(answer.headers),
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn what goes wrong inside into the failure vocabulary, and log it."""
        try:
            try:
                yield
            except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
                raise _explained(error, where=self.where, host=self.host) from error
        except ProviderError as failure:
            count_call(self.host, None)
            _log.warning(
                "provider_call_failed",
                call=self.where,
                seconds=self.seconds,
                failure=failure.message,
                **self.ids({}),
            )
            raise


class HttpClient:
    """Sends requests; safe to use from several threads. Redirects are answers like any other.

    ``ca_file`` adds an authority to the system's. Raises ``Misconfigured`` when it cannot be read.
    """

    def __init__(self, *, ca_file: Path | None = None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        context = tls_context(ca_file)
        timeout = httpx2.Timeout(self._limits.read, connect=self._limits.connect)
        self._client = httpx2.Client(verify=context, timeout=timeout, follow_redirects=False, headers=_NAME)
        # A proxy of the environment is for the world outside, never for this machine.
        self._local = httpx2.Client(
            verify=context, timeout=timeout, follow_redirects=False, headers=_NAME, trust_env=False
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, object] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> Answer:
        """Send one request and return its complete answer, whatever the status.

        Raises ``Unavailable`` when there is none, ``Malformed`` when it is too large or wrongly compressed,
        ``Misconfigured`` when the request may not or cannot be sent.
        """
        parts = urlsplit(checked_url(url))
        where = f"{method} {parts.scheme}://{parts.netloc}{parts.path}"
        call = _Call(where, parts.hostname or "", parts.query, {k.lower(): v for k, v in (headers or {}).items()})
        client = self._local if is_loopback(call.host) else self._client
        data = None if form is None else dict(form)
        with call.watched():
            request = client.build_request(method, url, headers=headers, params=params, data=data, json=json)
            answer = self._exchange(client, request, call)
        call.note(answer)
        return answer

    def post_pinned(self, url: str, *, address: str, content: bytes, headers: Mapping[str, str], named: str) -> Answer:
        """POST to an address that somebody else chose, and connect to the IP ``address`` only: no proxy, no other name.

        TLS is checked against the URL's host. The call is cut after ``Limits.total``, whatever the server does.
        ``named`` stands for the URL in log and errors: its path may be a secret. Raises as :meth:`send` does.
        """
        parts = urlsplit(checked_url(url))
        call = _Call(named, parts.hostname or "", "", {})
        sent = {**headers, "Host": parts.netloc, "Connection": "close"}
        with call.watched(), Cutter(self._limits.total) as cutter:
            extensions = {"sni_hostname": call.host, "trace": cutter.follow}
            request = self._local.build_request(
                "POST", httpx2.URL(url).copy_with(host=address), headers=sent, content=content, extensions=extensions
            )
            try:
                answer = self._exchange(self._local, request, call)
            except httpx2.HTTPError:
                if not cutter.over:
                    raise
            if cutter.over:  # an answer without a length looks whole when it was cut
                raise self._too_long(call)
        call.note(answer)
        return answer

    def _exchange(self, client: httpx2.Client, request: httpx2.Request, call: _Call) -> Answer:
        response = client.send(request, stream=True)
        try:
            body = self._read(response, call)
        finally:
            response.close()
        return Answer(call.where, response.status_code, response.reason_phrase, dict(response.headers), body)

    def _too_long(self, call: _Call) -> Unavailable:
        sentence = f"The answer to {call.where} did not end within {self._limits.total:g} seconds."
        return Unavailable(sentence, fault=Fault.NETWORK)

    def _read(self, response: httpx2.Response, call: _Call) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # Without a chunk size: with one, httpx2 waits for the chunk to fill before we see the clock again.
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > self._limits.max_bytes:
                raise Malformed(
                    f"The answer to {call.where} is larger than {self._limits.max_bytes} bytes; the rest was not read.",
                    where=call.where,
                )
            if call.seconds > self._limits.total:
                raise self._too_long(call)
        return b"".join(chunks)

    def close(self) -> None:
        """Give the connections back. Closing twice does nothing."""
        self._client.close()
        self._local.close()


def _explained(error: Exception, *, where: str, host: str) -> ProviderError:
    if isinstance(error, httpx2.DecodingError):
        return Malformed(f"The answer to {where} is wrongly compressed ({error}).", where=where)
    if isinstance(error, httpx2.InvalidURL | httpx2.LocalProtocolError | UnicodeError):
        return Misconfigured(f"The request {where} cannot be sent: a part of it holds a forbidden character.")
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unavailable(
                f"{host} showed a certificate that is not trusted: {cause.verify_message}.",
                fault=Fault.NETWORK,
                retryable=False,
                next_step="If a proxy or an emulator stands between, give its certificate authority's file "
                "on the connection; otherwise check this server's clock and certificates.",
            )
    return Unavailable(
        _network_sentence(error, where=where, host=host),
        fault=Fault.NETWORK,
        next_step="Nothing at first: it is retried. If it stays, check that this server reaches the address.",
    )


def _network_sentence(error: Exception, *, where: str, host: str) -> str:
    causes = tuple(_chain(error))
    sentences: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (socket.gaierror, f"The name {host} could not be resolved (DNS)."),
        (ConnectionRefusedError, f"{host} refused the connection."),
        (ssl.SSLError, f"No secure connection to {host} could be made (TLS: {causes[-1]})."),
        ((httpx2.ConnectTimeout, httpx2.PoolTimeout), f"{host} did not accept a connection in time."),
        (httpx2.TimeoutException, f"{host} was silent for too long during {where}."),
        (httpx2.ProxyError, f"The proxy did not let {where} through ({error})."),
        (httpx2.ConnectError, f"{host} could not be reached ({error})."),
        (Exception, f"The connection to {host} was cut during {where} ({type(error).__name__})."),
    )
    return next(text for kind, text in sentences if any(isinstance(cause, kind) for cause in causes))


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
