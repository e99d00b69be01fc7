"""Writes the letter of an invitation, in the language of the person who is invited."""

from dataclasses import dataclass

from tenantry.audit.services import key_ring
from tenantry.mail import Letter, MailSetup, Person, best_language, words_of
from tenantry.mail.languages import written_date
from tenantry.marketplace.invitations.tokens import token_again
from tenantry.marketplace.models import Invitation, Membership, MembershipRole


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter ready to be handed to the mail server."""

    invitation_id: int
    letter: Letter
    sender: Person
    recipient: Person
    message_id: str


def outgoing_of(invitation: Invitation, setup: MailSetup) -> Outgoing:
    """Return the letter of an invitation. Needs its membership with user and company, and its marketplace.

    Raises ``LinkLost`` when the key of its link is gone.
    """
    marketplace, name = invitation.marketplace.name, _name_of(invitation.membership)
    return Outgoing(
        invitation.pk,
        _letter(invitation, url=link_of(invitation, setup), name=name),
        Person(setup.sender.email, marketplace),
        Person(invitation.email, name),
        invitation.message_id,
    )


def link_of(invitation: Invitation, setup: MailSetup) -> str:
    """Return the address that the person opens. Raises ``LinkLost``."""
    return f"{setup.url}/invitation/{token_again(invitation.nonce, invitation.token_hash, key_ring())}/"


def _letter(invitation: Invitation, *, url: str, name: str) -> Letter:
    language = best_language(invitation.language)
    words = words_of(language, "invitation")
    membership, marketplace = invitation.membership, invitation.marketplace.name
    given = {
        "name": name,
        "company": membership.company.name,
        "marketplace": marketplace,
        "inviter": invitation.invited_by_name or marketplace,
        "date": written_date(invitation.expires_at.date(), language),
    }
    role = "administrator" if membership.role == MembershipRole.ADMINISTRATOR else "user"
    return Letter(
        language=language,
        subject=invitation.subject or words["subject"].format(**given),
        greeting=words["greeting" if name else "greeting_nameless"].format(**given),
        paragraphs=(words[role].format(**given), words["what_next"]),
        note=invitation.greeting,
        note_by=words["note_by"].format(**given),
        button=words["button"],
        url=url,
        small=(words["expires"].format(**given), words["not_you"]),
    )


def _name_of(membership: Membership) -> str:
    """Return what to call the person: as the inviting company knows them, else by their own name."""
    return f"{membership.profile_first_name} {membership.profile_last_name}".strip() or membership.user.name
