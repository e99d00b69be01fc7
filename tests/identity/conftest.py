"""A marketplace with a company and somebody to invite, and a mail server on this machine that catches everything."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.identity.stage import Office, open_office
from tests.web.cast import Cast, make_cast

from tenantry.emulator.mailbox import MailSink
from tenantry.mail import MailServer, MailSetup, Person, Tls


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    """Spare what these tests are not about: slow hashes, and looking for static files for each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mailbox") as running:
        yield running


@pytest.fixture
def mail(sink: MailSink, settings: Settings) -> MailSetup:
    """Mail is set up, and ends in the sink."""
    server = MailServer("127.0.0.1", sink.port, Tls.NONE)
    settings.MAIL = MailSetup(server, Person("store@tenantry.example"), "http://testserver")
    return settings.MAIL  # type: ignore[no-any-return]  # pytest-django's settings are untyped


@pytest.fixture
def no_server(mail: MailSetup, settings: Settings) -> None:
    """The mail server does not answer: nothing listens there."""
    assert mail.server is not None
    settings.MAIL = replace(mail, server=replace(mail.server, port=1))


@pytest.fixture
def cast(database: str) -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def office(cast: Cast, now: datetime) -> Office:
    return open_office(cast, now=timezone.now())
