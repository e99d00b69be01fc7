"""The page on which somebody new sets a first password, from a link that an operator gave out."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy

from tenantry.accounts.first_sign_in import FirstLinkTokens, waits_for_password


class FirstPassword(PasswordResetConfirmView):
    """Opening the link changes nothing; the form sets the password, once. The token leaves the address at once.

    An account that has a password by now has no page here, whatever link is shown.
    """

    token_generator = FirstLinkTokens()
    template_name = "account/first_password.html"
    success_url = reverse_lazy("account_login")
    reset_url_token = "set"  # noqa: S105  # what stands in the address in place of the token

    def get_user(self, uidb64: str) -> Any:
        """Return the account that the link is for, if it still waits for its first password."""
        account = super().get_user(uidb64)
        return account if account is not None and waits_for_password(account) else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password and go to the sign-in."""
        messages.success(self.request, "Your password is set. Sign in with it.")
        return super().form_valid(form)
