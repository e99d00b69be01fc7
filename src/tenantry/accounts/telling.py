"""What the audit is told of logins. Their names and addresses are sealed under each login's own key."""


def account_subject(account_id: int) -> str:
    """Return whom a login's values are sealed for."""
    return f"account:{account_id}"
