"""The mail server: how it is reached, and handing it one message. Never call this inside a transaction."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

from tenantry.mail.letters import Person, envelope_address

_SECONDS = 20.0
_NO_SUCH_MAILBOX = {550, 551, 553}
_POLICY = "5.7."  # relaying, authentication, spam: our setup's matter, not the recipient's


class Tls(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server that takes our messages. ``ca_file`` names an authority to trust besides the system's."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """The server as people write it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class MailSetup:
    """What an installation knows about sending: ``server`` is ``None`` and ``lacks`` says why while it can't send.

    ``url`` is where people reach the pages, without a slash at its end.
    """

    server: MailServer | None
    sender: Person
    url: str
    lacks: str = ""


class MailNotSent(Exception):
    """The message was not taken. The message is a sentence for people; ``permanent``: this recipient never will be."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


def send(message: EmailMessage, *, sender: str, recipient: str, server: MailServer) -> None:
    """Hand one message to the server. Raises :class:`MailNotSent`; ``ValueError`` for an address that is none."""
    from_address, to_address = envelope_address(sender), envelope_address(recipient)
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(message, from_addr=from_address, to_addrs=[to_address])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise _explained(error, server) from error


def check(server: MailServer) -> None:
    """Connect and sign in, and send nothing. Raises :class:`MailNotSent`."""
    try:
        with _connected(server) as smtp:
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise _explained(error, server) from error


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.tls is Tls.TLS:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=_context(server))
    smtp = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    if server.tls is Tls.STARTTLS:
        try:
            smtp.starttls(context=_context(server))
        except Exception:
            smtp.close()
            raise
    return smtp


def _context(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(cafile=server.ca_file)
    return context


def _explained(error: Exception, server: MailServer) -> MailNotSent:
    place = server.place
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        said = _said(text)
        permanent = code in _NO_SUCH_MAILBOX and not said.startswith(_POLICY)
        return MailNotSent(f"The mail server refused the address: {code} {said}", permanent=permanent)
    return MailNotSent(_sentence(error, place))


def _sentence(error: Exception, place: str) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The mail server {place} refused our user name or password."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"The mail server {place} does not offer what is set up: {error}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server {place} refused the message: {error.smtp_code} {_said(error.smtp_error)}"
    if isinstance(error, ssl.SSLError):
        return f"No secure connection to the mail server {place}: {error.reason or error}."
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"The mail server {place} does not answer ({why or type(error).__name__})."


def _said(text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(words.split())[:200]
