"""Accounts that nobody has signed in to yet, and the link that sets their first password. Used once, for three days.

The link works while the account has no password; setting one ends it, and every other link of the account.
"""

import hashlib
from datetime import datetime, timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from tenantry.accounts.models import Account
from tenantry.accounts.services import UnableToCreateAccount, is_address

GOOD_FOR = timedelta(days=3)


class FirstLinkTokens:
    """Makes and checks the token of a link. It holds a digest of the unusable password, so a new password ends it."""

    _signer = TimestampSigner(salt="tenantry.accounts.first_sign_in")

    def make_token(self, account: Account) -> str:
        """Return a token that is good for :data:`GOOD_FOR`."""
        return self._signer.sign(self._content(account))

    def check_token(self, account: Account | None, token: str | None) -> bool:
        """Whether the token is this account's, in time, and no password was set since."""
        if account is None or not token:
            return False
        try:
            content = self._signer.unsign(token, max_age=GOOD_FOR)
        except BadSignature:
            return False
        return constant_time_compare(content, self._content(account))

    @staticmethod
    def _content(account: Account) -> str:
        return f"{account.pk}.{hashlib.sha256(account.password.encode()).hexdigest()[:32]}"


def account_to_invite(*, email: str, name: str, now: datetime) -> tuple[Account, bool]:
    """Return the account with this address, made without a password if there was none, and whether it was made.

    Raises :class:`UnableToCreateAccount` for a bad address. Runs in the caller's transaction.
    """
    email = email.strip().lower()
    if not is_address(email):
        raise UnableToCreateAccount(f"{email[:80]!r} is not an e-mail address.")
    account = Account(email=email, name=name.strip()[:200], created_at=now)
    account.set_unusable_password()
    account, made = Account.objects.get_or_create(
        email=email, defaults={"name": account.name, "password": account.password, "created_at": now}
    )
    return account, made


def waits_for_password(account: Account) -> bool:
    """Whether nobody has ever signed in to it, nor could: then, and only then, a link may be given out."""
    fresh = account.is_active and account.last_login is None and not account.has_usable_password()
    return fresh and not account.identities.exists()


def first_link_parts(account: Account) -> tuple[str, str]:
    """Return the two parts of the link that sets the first password. Raises ``ValueError`` when it has one."""
    if not waits_for_password(account):
        raise ValueError("Only an account without a password gets such a link.")
    return urlsafe_base64_encode(force_bytes(account.pk)), FirstLinkTokens().make_token(account)
