"""How django-allauth behaves here: nobody signs up by themselves."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by operators and invitations only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Return False: there is no public sign-up."""
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Leave it: accounts have no user name beside the address."""
