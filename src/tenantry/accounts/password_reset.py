"""Password reset by e-mail: asked for on a page, sent from a queue job, so that the page tells nothing by its time.

The link's token is made by the job that sends it; the queue holds the account's id alone.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tenantry import jobs
from tenantry.accounts.models import Account
from tenantry.mail import Letter, MailSetup, Person, best_language, message_of, new_message_id, send, words_of

_TASK = "tenantry.accounts.tasks.send_password_reset"
_HOUR = 3_600
_NOBODY = 0


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Asks for the address. For an unknown one the same happens, up to a job that finds nobody."""

    def save(self, request: HttpRequest, **_: Any) -> str:  # noqa: ARG002  # allauth's signature
        """Have the letter sent, if there is an account with a password; return the address."""
        email: str = self.cleaned_data["email"]
        account = Account.objects.filter(email=email.strip().lower(), is_active=True).first()
        account_id = account.pk if account is not None and account.has_usable_password() else _NOBODY
        jobs.defer(_TASK, lock=f"password-reset-{account_id}", account_id=account_id)
        return email


def send_reset_letter(*, account_id: int, now: datetime) -> None:
    """Send the link that lets somebody choose a new password. Raises ``MailNotSent``; the job is tried again."""
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    setup: MailSetup = settings.MAIL
    if account is None or setup.server is None:
        return
    message = message_of(
        _letter(account, setup.url), sender=Person(setup.sender.email, "Tenantry"),
        recipient=Person(account.email, account.name),
        message_id=new_message_id(urlsplit(setup.url).hostname or "tenantry.invalid"), at=now,
    )  # fmt: skip
    send(message, sender=setup.sender.email, recipient=account.email, server=setup.server)


def _letter(account: Account, url: str) -> Letter:
    language = best_language(account.language)
    words = words_of(language, "password_reset")
    key = {"uidb36": user_pk_to_url_str(account), "key": default_token_generator.make_token(account)}
    return Letter(
        language=language,
        subject=words["subject"],
        greeting=words["greeting" if account.name else "greeting_nameless"].format(name=account.name),
        paragraphs=(words["what"], words["what_next"]),
        button=words["button"],
        url=url + reverse("account_reset_password_from_key", kwargs=key),
        small=(words["expires"].format(hours=settings.PASSWORD_RESET_TIMEOUT // _HOUR), words["not_you"]),
    )
