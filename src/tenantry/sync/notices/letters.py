"""The e-mail of a notice, to one person in their language. Sent from a queue job; the queue holds ids alone."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tenantry.accounts.models import Account
from tenantry.audit.models import INSTALLATION
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.mail import Letter, MailNotSent, MailSetup, Person, best_language, message_of, send, words_of
from tenantry.marketplace.models import Marketplace, StaffRole
from tenantry.sync.models import Notice, OperatorNotice
from tenantry.sync.notices.words import notice_words

# Some two hours: the notice stands in the app all the while.
_RETRY = RetryStrategy(max_attempts=7, wait=5, exponential_wait=4, retry_exceptions=[MailNotSent])


@app.task(retry=_RETRY)
def send_notice_letter(notice_id: int, account_id: int, marketplace_id: int) -> None:
    """Send one notice to one person."""
    send_notice_now(notice_id=notice_id, account_id=account_id, marketplace_id=marketplace_id, now=timezone.now())


def send_notice_now(*, notice_id: int, account_id: int, marketplace_id: int, now: datetime) -> bool:
    """Send the letter; return whether it was. ``marketplace_id`` is 0 for a notice of operators.

    Nothing is sent to who does not work there any more, or where no mail server is set up. Raises ``MailNotSent``;
    the job is tried again.
    """
    setup: MailSetup = settings.MAIL
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    if account is None or setup.server is None:
        return False
    letter = _letter_for(notice_id, account, marketplace_id)
    if letter is None:
        return False
    key = hashlib.blake2b(f"{marketplace_id}:{notice_id}:{account_id}".encode(), digest_size=16).hexdigest()
    message = message_of(
        letter, sender=setup.sender, recipient=Person(account.email, account.name), at=now,
        message_id=f"<notice-{key}@{urlsplit(setup.url).hostname or 'tenantry.invalid'}>",
    )  # fmt: skip
    send(message, sender=setup.sender.email, recipient=account.email, server=setup.server)
    return True


def _letter_for(notice_id: int, account: Account, marketplace_id: int) -> Letter | None:
    """Return the letter, or ``None`` when the notice is gone or not for this person any more."""
    if marketplace_id == INSTALLATION:
        told = OperatorNotice.objects.filter(pk=notice_id).first()
        return _letter(told, account, None) if told and account.is_operator else None
    with marketplace_scope(marketplace_id):
        manages = StaffRole.objects.filter(account_id=account.pk, role=Role.MANAGER.value).exists()
        notice = Notice.objects.filter(pk=notice_id).first()
        return _letter(notice, account, Marketplace.objects.get()) if notice and manages else None


def _letter(notice: Notice | OperatorNotice, account: Account, marketplace: Marketplace | None) -> Letter:
    setup: MailSetup = settings.MAIL
    language = best_language(account.language, marketplace.language if marketplace else "")
    words, frame = notice_words(notice, language), words_of(language, "notice")
    why = frame["why_manager"].format(marketplace=marketplace.name) if marketplace else frame["why_operator"]
    return Letter(
        language=language,
        subject=words.title,
        greeting=frame["greeting" if account.name else "greeting_nameless"].format(name=account.name),
        paragraphs=(words.text, words.following),
        button=words.button,
        url=setup.url + notice.link,
        small=(why,),
    )
