"""A letter and the message that it becomes: text and HTML of the same words, with safe headers."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.template.loader import render_to_string

_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_FORBIDDEN = re.compile(rf"[\s<>,;]|{_UNSEEN.pattern}")
_LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an e-mail address, and the name to show before it."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, in one language. ``note`` is what a person wrote, shown as a quotation under ``note_by``.

    ``button`` is the label of the one link, ``url`` where it leads; ``small`` stands under it in small letters.
    """

    language: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    button: str
    url: str
    small: tuple[str, ...] = ()
    note: str = ""
    note_by: str = ""

    def text(self) -> str:
        """Return the letter as plain text, the link on a line of its own."""
        quoted = "\n".join(f"> {line}" for line in self.note.splitlines())
        note = f"{self.note_by}\n{quoted}" if self.note else ""
        parts = [self.greeting, *self.paragraphs, note, f"{self.button}:\n{self.url}", *self.small]
        return "\n\n".join(part for part in parts if part) + "\n"

    def html(self) -> str:
        """Return the letter as an HTML document."""
        return render_to_string("mail/letter.html", {"letter": self, "lines": self.note.splitlines()})


def one_line(text: str) -> str:
    """Return ``text`` fit for a header: no line breaks, no characters that turn others around, not too long."""
    return " ".join(_UNSEEN.sub(" ", text).split())[:_LONGEST_HEADER]


def new_message_id(domain: str) -> str:
    """Return a fresh Message-ID. A letter that is sent again keeps the one it had."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def message_of(letter: Letter, *, sender: Person, recipient: Person, message_id: str, at: datetime) -> EmailMessage:
    """Return the letter as a message of two parts. Raises ``ValueError`` for an address that no header takes."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = _address(recipient)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text(), cte="quoted-printable")
    message.add_alternative(letter.html(), subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language  # setting the content takes such headers away
    return message


def envelope_address(email: str) -> str:
    """Return the address as a mail server takes it: ASCII, the domain of other scripts encoded.

    Raises ``ValueError`` for one that can't be written so.
    """
    mailbox, _, domain = email.rpartition("@")
    if not mailbox or not mailbox.isascii() or not domain or _FORBIDDEN.search(email):
        raise ValueError("This is not an e-mail address that a mail server takes.")
    return f"{mailbox}@{domain.encode('idna').decode('ascii')}"


def _address(person: Person) -> Address:
    mailbox, _, domain = envelope_address(person.email).rpartition("@")
    return Address(one_line(person.name), mailbox, domain)
