"""People of a marketplace, their places in companies, and the invitations to these."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models.companies import Company, CompanyOrigin

ERASED_PERSON = "Erased person"


class User(MarketplaceOwned):
    """A person of a marketplace. The address is unique in it whatever its case, and may be absent.

    Without ``account`` the person can't sign in (a managed user). The names are the person's own; what a directory
    says of them for one company stands on the membership. ``erased_at``: all that identified the person is gone.
    """

    email = models.CharField(
        max_length=254, blank=True
    )  # in lower case: row-level security lets no lower() use an index
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    sort_name = models.CharField(max_length=300, db_collation="C", default="", db_default="")
    phone = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, blank=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    version = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                "marketplace", Lower("email"), condition=~models.Q(email=""), name="one_user_per_email"
            ),
            models.UniqueConstraint(
                fields=["marketplace", "account"],
                condition=models.Q(account__isnull=False),
                name="one_user_per_account",
            ),
        ]
        indexes = [
            models.Index(fields=["marketplace", "sort_name", "id"], name="user_by_name"),
            models.Index(fields=["marketplace", "email"], name="user_by_email"),
            models.Index(fields=["marketplace", "created_at", "id"], name="user_by_age"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def name(self) -> str:
        """First and last name, as far as known."""
        if self.erased_at is not None:
            return ERASED_PERSON
        return f"{self.first_name} {self.last_name}".strip()


class UserKey(MarketplaceOwned):
    """A word by which a person is found in searches (``core.search``); narrow like ``CompanyKey``."""

    pk = models.CompositePrimaryKey("marketplace_id", "key", "user_id")
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=64, db_collation="C")


class MembershipRole(models.TextChoices):
    """What a person is in a company."""

    ADMINISTRATOR = "administrator", "Company Administrator"
    USER = "user", "User"


class MembershipState(models.TextChoices):
    """Whether a membership counts. *awaiting*: nothing until the person, signed in, accepts it."""

    ACTIVE = "active", "active"
    AWAITING = "awaiting", "waits for the person to accept"
    INACTIVE = "inactive", "deactivated"


class Membership(MarketplaceOwned):
    """A person in a company. ``profile_*`` is what this company's directory or import says of the person.

    ``accepted_at``: when the person accepted an invitation to it; the first one in a company enables the company.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=MembershipRole.choices, default=MembershipRole.USER)
    state = models.CharField(max_length=12, choices=MembershipState.choices, default=MembershipState.ACTIVE)
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    profile_first_name = models.CharField(max_length=150, blank=True)
    profile_last_name = models.CharField(max_length=150, blank=True)
    accepted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["user", "company"], name="one_membership_per_company")]
        indexes = [models.Index(fields=["marketplace"], name="membership_by_marketplace")]


class Pin(MarketplaceOwned):
    """A membership that no sync touches, by a person's decision."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="pin")
    reason = models.TextField(blank=True)
    pinned_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace"], name="pin_by_marketplace")]


class InvitationState(models.TextChoices):
    """What became of an invitation. *waiting*: its e-mail has not left yet."""

    WAITING = "waiting", "waiting to be sent"
    SENT = "sent", "sent"
    ACCEPTED = "accepted", "accepted"
    REVOKED = "revoked", "revoked"
    EXPIRED = "expired", "expired"
    BOUNCED = "bounced", "bounced"


LIVE_INVITATION = [InvitationState.WAITING, InvitationState.SENT, InvitationState.BOUNCED]


class Invitation(MarketplaceOwned):
    """An e-mail that lets a person accept a membership, once. Only a digest of its token is stored.

    The token is derived from ``nonce`` and the installation's key, so that an e-mail sent twice carries the same one
    and the same ``message_id``. ``attempts`` and ``problem`` tell of sending, ``claimed_at`` since when somebody is at
    it, ``next_attempt_at`` when it is tried again. A membership has one live invitation.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="invitations")
    email = models.CharField(max_length=254)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=InvitationState.choices, default=InvitationState.WAITING)
    nonce = models.UUIDField(unique=True)
    token_hash = models.CharField(max_length=64, unique=True, db_collation="C")
    message_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)
    greeting = models.TextField(blank=True)
    invited_by_name = models.CharField(max_length=200, blank=True)
    attempts = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["membership"],
                condition=models.Q(state__in=LIVE_INVITATION),
                name="one_live_invitation_per_membership",
            )
        ]
        indexes = [
            models.Index(fields=["marketplace", "state", "created_at", "id"], name="invitation_by_state"),
            models.Index(fields=["marketplace", "created_at", "id"], name="invitation_by_age"),
            models.Index(fields=["marketplace", "sent_at"], name="invitation_by_sending"),
        ]
