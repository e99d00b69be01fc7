"""Reads the files that the demo's mail server left."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

_SUFFIX = ".eml"
_NAME = re.compile(r"[\w-]{1,100}")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the page shows it."""

    key: str
    sender: str
    recipient: str
    subject: str
    at: datetime | None
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


def newest(folder: Path) -> list[Mail]:
    """Return the newest messages, the newest first."""
    paths = sorted(folder.glob(f"*{_SUFFIX}"), reverse=True) if folder.is_dir() else []
    return [_read(path) for path in paths[:_SHOWN]]


def one(folder: Path, key: str) -> Mail | None:
    """Return a message by its key, or ``None``."""
    path = folder / f"{key}{_SUFFIX}"
    return _read(path) if _NAME.fullmatch(key) and path.is_file() else None


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        at = None
    return Mail(
        key=path.name.removesuffix(_SUFFIX),
        sender=str(message["From"] or ""),
        recipient=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        at=at,
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
