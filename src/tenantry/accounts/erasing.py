"""Erases a login: its name and address, its ways to sign in, its sessions. The row stays, for what points to it."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from tenantry.accounts.models import Account
from tenantry.accounts.telling import account_subject
from tenantry.audit.erasing import destroy_keys
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.models import INSTALLATION
from tenantry.audit.services import record_event


def end_sessions(account_id: int) -> int:
    """End the login's sessions in every browser; return how many there were."""
    rows = UserSession.objects.filter(user_id=account_id)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def erase_account(*, account_id: int, actor: Actor, now: datetime, request_id: str = "") -> None:
    """Erase a login that nobody needs any more. In the caller's transaction, outside any marketplace's scope."""
    account = Account.objects.select_for_update().get(pk=account_id)
    account.email, account.name, account.language = f"erased-{account_id}@erased.invalid", "", ""
    account.is_active = False
    account.set_unusable_password()
    account.save()
    end_sessions(account_id)
    account.identities.all().delete()
    Authenticator.objects.filter(user_id=account_id).delete()
    EmailAddress.objects.filter(user_id=account_id).delete()
    destroy_keys([account_subject(account_id)], marketplace_id=INSTALLATION, now=now, for_good=True)
    happening = Happening("accounts.account.erased", Target("account", str(account_id)))
    record_event(happening, actor=actor, now=now, request_id=request_id)
