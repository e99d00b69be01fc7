"""The queue jobs of logins."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tenantry.accounts.password_reset import send_reset_letter
from tenantry.mail import MailNotSent

# Some two hours: later the person has asked again, or given up.
_RETRY = RetryStrategy(max_attempts=7, wait=5, exponential_wait=4, retry_exceptions=[MailNotSent])


@app.task(retry=_RETRY)
def send_password_reset(account_id: int) -> None:
    """Send an account the link to choose a new password."""
    send_reset_letter(account_id=account_id, now=timezone.now())
