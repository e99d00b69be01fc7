"""The key ring: seals secrets and personal values at rest, with AES-256-GCM.

A sealed value is bound to the place where it is kept (table, column, row): copied elsewhere it does not
open. Nothing opens by itself: loading a row gives bytes, and whoever needs the value says so by calling
:func:`unseal`. Keys live in the installation's keys folder, outside the database and its backups.

Format: ``0x01 | length of key id | key id | 12-byte nonce | ciphertext and tag``.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE = 12
_KEY_BYTES = 32


class CannotUnseal(Exception):
    """A sealed value does not open: another key ring, another place, or it was changed."""


class KeyRingMissing(Exception):
    """The keys folder holds no usable key ring. The message says where it was looked for."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The installation's sealing keys. ``current`` seals; every key unseals."""

    current: str
    keys: dict[str, bytes]

    def seal(self, value: bytes, *, place: str) -> bytes:
        """Seal ``value`` for ``place``, written ``table.column:row``."""
        key_id = self.current.encode()
        return bytes([_VERSION, len(key_id)]) + key_id + seal_with(self.keys[self.current], value, place=place)

    def unseal(self, sealed: bytes, *, place: str) -> bytes:
        """Open what :meth:`seal` made for the same ``place``. Raises :class:`CannotUnseal`."""
        if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004  # version and length come first
            raise CannotUnseal("This is not a sealed value.")
        start = 2 + sealed[1]
        key = self.keys.get(sealed[2:start].decode(errors="replace"))
        if key is None:
            raise CannotUnseal("The key that sealed this value is not in the key ring.")
        return unseal_with(key, sealed[start:], place=place)

    def key_of(self, sealed: bytes) -> str:
        """Return the name of the key that sealed it; empty for what is no sealed value."""
        if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004  # version and length come first
            return ""
        return sealed[2 : 2 + sealed[1]].decode(errors="replace")

    def resealed(self, sealed: bytes, *, place: str) -> bytes | None:
        """Return it sealed with the current key, or ``None`` when it is already. Raises :class:`CannotUnseal`."""
        if self.key_of(sealed) == self.current:
            return None
        return self.seal(self.unseal(sealed, place=place), place=place)

    def signatures(self, message: bytes, *, purpose: str) -> list[bytes]:
        """Return a 256-bit mark of ``message`` under each key, the current key's first.

        Nobody without the ring can make one. ``purpose`` keeps marks for one thing from serving as another.
        """
        names = sorted(self.keys, key=lambda name: name != self.current)
        return [hmac.digest(_key_for(purpose, self.keys[name]), message, hashlib.sha256) for name in names]


def _key_for(purpose: str, key: bytes) -> bytes:
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


def new_key() -> bytes:
    """Return a fresh 256-bit key."""
    return secrets.token_bytes(_KEY_BYTES)


def seal_with(key: bytes, value: bytes, *, place: str) -> bytes:
    """Seal under one plain key, such as a person's."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def unseal_with(key: bytes, sealed: bytes, *, place: str) -> bytes:
    """Open what :func:`seal_with` made. Raises :class:`CannotUnseal`."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal("The sealed value was changed, or belongs to another place.") from error


def create_key_ring(folder: Path) -> None:
    """Write a key ring with one key into ``folder`` unless there is one. Safe to call at every start."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(new_key()).decode()}})
    _write_once(folder / "sealing.json", content)
    _write_once(folder / "signing.key", secrets.token_urlsafe(50))


def add_key(folder: Path) -> KeyRing:
    """Make a new key the current one; the others stay, so that everything still opens. Raises :class:`KeyRingMissing`.

    The file is replaced as a whole: whoever reads it meanwhile has the one ring or the other.
    """
    ring = load_key_ring(folder)
    number = max((int(name[1:]) for name in ring.keys if name[1:].isdecimal()), default=0) + 1
    name = f"k{number}"
    return _replace_ring(folder, KeyRing(name, {**ring.keys, name: new_key()}))


def drop_old_keys(folder: Path) -> KeyRing:
    """Remove every key but the current one. Nothing may be sealed with them any more."""
    ring = load_key_ring(folder)
    return _replace_ring(folder, KeyRing(ring.current, {ring.current: ring.keys[ring.current]}))


def _replace_ring(folder: Path, ring: KeyRing) -> KeyRing:
    path = folder / "sealing.json"
    keys = {name: base64.b64encode(key).decode() for name, key in ring.keys.items()}
    fresh = _write_fresh(path, json.dumps({"current": ring.current, "keys": keys}))
    fresh.replace(path)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return ring


def load_key_ring(folder: Path) -> KeyRing:
    """Read the key ring of an installation. Raises :class:`KeyRingMissing`."""
    path = folder / "sealing.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {name: base64.b64decode(value, validate=True) for name, value in content["keys"].items()}
        ring = KeyRing(current=content["current"], keys=keys)
    except OSError as error:
        raise KeyRingMissing(f"No sealing keys at {path}. Run `tenantry setup`, or restore the keys folder.") from error
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise KeyRingMissing(f"The sealing keys at {path} can't be read. Restore the file.") from error
    sound = isinstance(ring.current, str) and ring.current in keys
    if not sound or any(len(key) != _KEY_BYTES for key in keys.values()):
        raise KeyRingMissing(f"The sealing keys at {path} are damaged. Restore the file.")
    return ring


def _write_once(path: Path, content: str) -> None:
    """Create ``path`` with ``content``, readable by its owner alone; leave an existing file as it is."""
    if path.exists():
        return
    fresh = _write_fresh(path, content)
    try:
        os.link(fresh, path)  # never replaces a ring that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _write_fresh(path: Path, content: str) -> Path:
    """Write ``content`` to a file beside ``path``, readable by its owner alone, down to the disk; return it."""
    # A name of its own: in a container the process id of a killed attempt comes back.
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh
