"""How django-allauth behaves here: nobody signs up by themselves, and allauth writes no letters."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by operators and invitations only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Return False: there is no public sign-up."""
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Leave it: accounts have no user name beside the address."""

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # same
        """Go back to the account page."""
        return reverse("web:account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:  # same
        """Refuse: letters are in people's languages and leave from the queue (``password_reset``)."""
        raise NotImplementedError(f"Tenantry sends no letter {template_prefix}.")
