"""Calls that may be sent again: ``Idempotency-Key``, and the answers that are kept for it for a day.

The key's row is inserted in the transaction that does what the call asks for. A second call with the key waits in the
database until the first one is committed, and then finds its answer; when the first one is rolled back, because it was
refused or died, nothing is kept, and the second one is the first.
"""

import hashlib
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse

from tenantry.api.callers import Caller
from tenantry.api.models import StoredAnswer
from tenantry.api.problems import Problem
from tenantry.audit.models import INSTALLATION
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sealing import load_key_ring

KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_KEPT_HEADERS = ("ETag", "Location")
_BEGIN = """
insert into api_storedanswer (marketplace_id, token_id, key, request, status, headers, body, created_at)
values (%s, %s, %s, %s, 0, '{}', '', %s) on conflict (marketplace_id, token_id, key) do nothing returning id
"""


def key_in(request: HttpRequest) -> str:
    """Return the call's key, or nothing. Raises :class:`Problem` for one that can't be."""
    key = request.headers.get("Idempotency-Key", "")
    if key and not _KEY.fullmatch(key):
        sentence = "A key is 1 to 200 printable characters of ASCII without blanks."
        raise Problem("invalid", sentence, errors={"Idempotency-Key": sentence})
    return key


def begin(request: HttpRequest, caller: Caller, key: str) -> StoredAnswer | HttpResponse:
    """Reserve the key for this call, or return what the earlier call with it was answered. In the transaction.

    Raises :class:`Problem` when that was another call.
    """
    rows = StoredAnswer.objects.filter(marketplace_id=caller.marketplace_id, token_id=caller.token.id, key=key)
    rows.filter(created_at__lte=caller.now - KEPT_FOR).delete()
    digest = _digest(request)
    with connection.cursor() as cursor:
        cursor.execute(
            _BEGIN, [caller.marketplace_id, caller.token.id, key, digest, caller.now]
        )  # fmt: skip
        found = cursor.fetchone()
    if found is not None:
        return StoredAnswer(pk=found[0])
    kept = rows.get()
    if bytes(kept.request) != digest:
        raise Problem("key-reused", "The key was used within a day for a call with another address or content.")
    return HttpResponse(
        _body_of(kept), status=kept.status, content_type="application/json",
        headers={**kept.headers, "Idempotency-Replayed": "true"},
    )  # fmt: skip


def keep(kept: StoredAnswer, answer: HttpResponse, *, secret: bool = False) -> None:
    """Keep the answer with the key that :func:`begin` reserved, a ``secret`` one sealed. In the same transaction."""
    headers = {name: answer[name] for name in _KEPT_HEADERS if name in answer}
    body, sealed = answer.content.decode(), None
    if secret:
        ring = load_key_ring(settings.KEYS_FOLDER)
        body, sealed = "", ring.seal(answer.content, place=kept.place)
    rows = StoredAnswer.objects.filter(pk=kept.pk)
    rows.update(status=answer.status_code, headers=headers, body=body, sealed_body=sealed)


def _body_of(kept: StoredAnswer) -> str:
    if kept.sealed_body is None:
        return kept.body
    ring = load_key_ring(settings.KEYS_FOLDER)
    return ring.unseal(bytes(kept.sealed_body), place=kept.place).decode()


def _digest(request: HttpRequest) -> bytes:
    """Return a digest of address, version and content of the call; of files when it carries some."""
    version = request.headers.get("If-Match", "")
    parts = (request.method or "", request.get_full_path(), request.content_type or "", version)
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace") + b"\n")
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    files = {name: file for name, file in request.FILES.items() if isinstance(file, UploadedFile)}
    for name, file in sorted(files.items()):
        digest.update(f"{name}\n{file.name}\n".encode("utf-8", "replace"))
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.digest()


def forget_old_answers(*, now: datetime) -> int:
    """Remove the answers that are older than a day, marketplace by marketplace; return how many. Outside any scope."""
    old = now - KEPT_FOR
    gone, _ = StoredAnswer.objects.filter(marketplace_id=INSTALLATION, created_at__lte=old).delete()
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            gone += StoredAnswer.objects.filter(marketplace_id=marketplace_id, created_at__lte=old).delete()[0]
    return gone


def forget_answers_here(**_: object) -> None:
    """Remove all answers of the scope's marketplace: a person is erased, and one of them may name the person."""
    StoredAnswer.objects.filter(marketplace_id=current_marketplace_id()).delete()
