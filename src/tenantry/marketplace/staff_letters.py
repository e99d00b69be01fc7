"""The e-mail with which new staff set a first password. Sent from a queue job; the queue holds ids alone."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from tenantry import jobs
from tenantry.accounts.first_sign_in import GOOD_FOR, first_link_parts, waits_for_password
from tenantry.accounts.models import Account
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.mail import Letter, MailSetup, Person, best_language, message_of, new_message_id, send, words_of
from tenantry.marketplace.models import Marketplace, StaffRole

_TASK = "tenantry.marketplace.tasks.send_staff_letter"


def mail_lacks() -> str:
    """Return why no e-mail can leave this installation, or an empty text when it can."""
    setup: MailSetup = settings.MAIL
    return "" if setup.server is not None else setup.lacks


def ask_for_staff_letter(account: Account, *, sender_id: int) -> None:
    """Have the letter sent once the caller's transaction is committed. In the marketplace's scope."""
    jobs.defer(
        _TASK, lock=f"staff-letter-{account.pk}", account_id=account.pk, marketplace_id=current_marketplace_id(),
        sender_id=sender_id,
    )  # fmt: skip


def send_staff_letter_now(
    *, account_id: int, marketplace_id: int, sender_id: int, now: datetime, job_id: int | None = None
) -> bool:
    """Send the link; return whether it was. Nothing is sent to who has a password by now, or does not work there.

    A job that is tried again, because its sender died in the act, sends the letter under the same Message-ID.
    Raises ``MailNotSent``; the job is tried again.
    """
    setup: MailSetup = settings.MAIL
    account = Account.objects.filter(pk=account_id).first()
    sender = Account.objects.filter(pk=sender_id).first()
    with marketplace_scope(marketplace_id):
        marketplace = Marketplace.objects.get()
        works_there = StaffRole.objects.filter(account_id=account_id).exists()
    if account is None or not works_there or not waits_for_password(account) or setup.server is None:
        return False
    letter = _letter(account, marketplace, str(sender or "Tenantry"), setup.url)
    message = message_of(
        letter, sender=Person(setup.sender.email, marketplace.name), recipient=Person(account.email, account.name),
        message_id=_message_id(urlsplit(setup.url).hostname or "tenantry.invalid", account_id, job_id), at=now,
    )  # fmt: skip
    send(message, sender=setup.sender.email, recipient=account.email, server=setup.server)
    return True


def _message_id(domain: str, account_id: int, job_id: int | None) -> str:
    """Return the id of the letter that this job sends; a fresh one outside the queue."""
    if job_id is None:
        return new_message_id(domain)
    # The job's number alone would come again in a database that is restored, so the account goes in as well.
    key = hashlib.blake2b(f"{job_id}:{account_id}".encode(), digest_size=16).hexdigest()
    return f"<first-password-{key}@{domain}>"


def _letter(account: Account, marketplace: Marketplace, sender: str, url: str) -> Letter:
    language = best_language(account.language, marketplace.language)
    words = words_of(language, "first_password")
    return Letter(
        language=language,
        subject=words["subject"].format(marketplace=marketplace.name),
        greeting=words["greeting" if account.name else "greeting_nameless"].format(name=account.name),
        paragraphs=(words["what"].format(sender=sender, marketplace=marketplace.name), words["what_next"]),
        button=words["button"],
        url=url + reverse("first-password", args=first_link_parts(account)),
        small=(words["expires"].format(days=GOOD_FOR.days), words["not_you"]),
    )
