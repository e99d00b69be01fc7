"""The HTTP client against real servers: limits, addresses, certificates, cut and odd answers."""

import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.providers.stub import LoginStub, Reply, Stub, running, tls_papers

from tenantry.providers.errors import Fault, Malformed, Misconfigured, ProviderError, Unavailable
from tenantry.providers.http import Answer, HttpClient, Limits
from tenantry.providers.urls import checked_url, is_loopback


def failure(call: Callable[[], object]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    return caught.value


def test_every_status_is_an_answer(api: Stub, http: HttpClient) -> None:
    for status in (200, 204, 302, 404, 418, 503):
        api.say(Reply(status=status, reason="So it is", headers={"Location": "https://elsewhere.example/"}))
        answer = http.send("GET", api.url + "/x?secret=1")
        assert (answer.status, answer.reason) == (status, "So it is")
        assert answer.where == f"GET {api.url}/x"
    assert len(api.requests) == 6, "a redirect is not followed"


@pytest.mark.parametrize("url", ["http://partner.example/v1", "ftp://localhost/x", "https://", "nonsense"])
def test_an_address_that_could_be_listened_to_is_refused(http: HttpClient, url: str) -> None:
    error = failure(lambda: http.send("GET", url))
    assert isinstance(error, Misconfigured)
    assert error.stops_run


def test_credentials_in_an_address_are_refused() -> None:
    error = failure(lambda: checked_url("https://user:secret@partner.example/"))
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost.partner.example", False),
        ("10.0.0.1", False),
        ("127.0.0.1.partner.example", False),
    ],
)
def test_only_this_machine_counts_as_loopback(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


def test_a_refused_connection_names_the_host(http: HttpClient) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    error = failure(lambda: http.send("GET", f"http://127.0.0.1:{port}/"))
    assert isinstance(error, Unavailable)
    assert error.fault is Fault.NETWORK
    assert error.message == "127.0.0.1 refused the connection."


def test_a_name_without_an_address_is_said_to_be_dns(http: HttpClient) -> None:
    error = failure(lambda: http.send("GET", "https://nowhere.invalid/"))
    assert error.fault is Fault.NETWORK
    assert "nowhere.invalid" in error.message
    assert "DNS" in error.message


def test_an_unknown_certificate_is_explained_and_not_retried(http: HttpClient, login: LoginStub) -> None:
    error = failure(lambda: http.send("GET", login.url))
    assert isinstance(error, Unavailable)
    assert not error.retryable
    assert "certificate that is not trusted" in error.message
    assert "certificate authority's file" in error.next_step


def test_an_extra_authority_is_trusted_whatever_requests_would_do(login: LoginStub) -> None:
    client = HttpClient(ca_file=login.ca_file)
    assert client.send("GET", login.url + "/t/v2.0/.well-known/openid-configuration").status == 200
    client.close()


def test_an_unreadable_authority_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    for name in ("absent.pem", "no.pem"):
        error = failure(lambda name=name: HttpClient(ca_file=tmp_path / name))  # type: ignore[misc]  # binds the loop's value
        assert isinstance(error, Misconfigured)
        assert name in error.message


def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(api: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = HttpClient()
    assert client.send("GET", api.url).status == 200
    client.close()


def test_silence_ends_at_the_read_limit(api: Stub) -> None:
    api.say(Reply(chunks=[b"a", b"b"], pause=1.0))
    client = HttpClient(limits=Limits(read=0.2, total=5))
    error = failure(lambda: client.send("GET", api.url))
    assert isinstance(error, Unavailable)
    assert "silent for too long" in error.message
    client.close()


def test_a_dripping_server_is_left_at_the_total_limit(api: Stub) -> None:
    api.say(Reply(chunks=[b"x"] * 100, pause=0.05))
    client = HttpClient(limits=Limits(read=1, total=0.3))
    started = time.monotonic()
    error = failure(lambda: client.send("GET", api.url))
    assert isinstance(error, Unavailable)
    assert "did not end within 0.3 seconds" in error.message
    assert time.monotonic() - started < 2
    client.close()


@pytest.mark.parametrize("reply", [Reply(b"half", cut=True), Reply(silent=True)])
def test_a_cut_connection_is_the_networks_fault(api: Stub, http: HttpClient, reply: Reply) -> None:
    api.say(reply)
    error = failure(lambda: http.send("GET", api.url))
    assert isinstance(error, Unavailable)
    assert error.fault is Fault.NETWORK
    assert "was cut" in error.message


def test_a_gzip_bomb_is_not_swallowed(api: Stub, http: HttpClient) -> None:
    api.say(Reply(gzip.compress(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"}))
    error = failure(lambda: http.send("GET", api.url))
    assert isinstance(error, Malformed)
    assert "larger than" in error.message


def test_broken_compression_is_malformed(api: Stub, http: HttpClient) -> None:
    api.say(Reply(b"not gzip at all", headers={"Content-Encoding": "gzip"}))
    error = failure(lambda: http.send("GET", api.url))
    assert isinstance(error, Malformed)
    assert api.url in error.where


def test_a_header_that_cannot_be_sent_is_no_crash(api: Stub, http: HttpClient) -> None:
    for value in ("a\r\nX-Evil: 1", "snow\N{SNOWMAN}"):
        error = failure(lambda value=value: http.send("GET", api.url, headers={"X-A": value}))  # type: ignore[misc]  # binds the loop's value
        assert isinstance(error, Misconfigured)
    assert api.requests == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("57", 57.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("999999", 3600.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2096 00:00:00 GMT", 3600.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert Answer("GET /", 429, headers={"retry-after": value}).retry_after == seconds


def test_closing_twice_does_nothing(http: HttpClient) -> None:
    http.close()
    http.close()


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    context, ca_file = tls_papers(tmp_path)
    with running(context) as stub:
        client = HttpClient(ca_file=ca_file)
        error = failure(lambda: client.send("GET", stub.url.replace("localhost", "127.0.0.1")))
        assert "not trusted" in error.message
        client.close()


def test_a_redirect_to_a_private_address_is_an_answer_and_is_not_followed(api: Stub, http: HttpClient) -> None:
    with running() as inside:
        for target in (f"{inside.url}/secret", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"):
            api.say(Reply(b"", status=302, headers={"Location": target}))
            assert http.send("GET", f"{api.url}/x").status == 302
        assert inside.requests == []
