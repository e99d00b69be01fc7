"""Taking back what User Sync did to people's places and links: what it does and what stays, or why it can't be. Pure.

What is taken back is kept away from the sync: the link ends as if a person had ended it, so that no rule makes it
again.
"""

from dataclasses import dataclass

from tenantry.core.undoing import Effect

NO_PLACE = "This person has no place in the company any more."
_INACTIVE = "The place is deactivated already."
_LAST = "This is the last administrator of {company}. Make somebody else Company Administrator first."
_NOT_LINKED = "The link that this made has ended since."
_KEPT_AWAY = "No rule brings or links them again: somebody can link them by hand."
_LETTER = "The e-mail with the invitation has left and can't be unsent."


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A person's place as it is now, and what came of it since the sync made the change.

    ``there``: the place exists; ``linked``: the link that the change made lives. ``accepted``: the person accepted an
    invitation to it. ``known_elsewhere``: they sign in, or other companies know them. ``edited`` and ``role_changed``:
    somebody changed what the sync had written. ``last_administrator``: the company would be left without one.
    ``invitation`` is the address of a live one, ``letter_left`` that its e-mail left.
    """

    name: str
    company: str
    there: bool = True
    active: bool = True
    linked: bool = True
    accepted: bool = False
    known_elsewhere: bool = False
    edited: bool = False
    role_changed: bool = False
    last_administrator: bool = False
    invitation: str = ""
    letter_left: bool = False


def judge_arrival(facts: PlaceFacts) -> Effect:
    """Return what taking back that the sync brought the person would do now, or why it can't be."""
    used = (
        (facts.accepted, "accepted an invitation since, so the place is theirs"),
        (facts.known_elsewhere, "signs in, or has a place in another company by now"),
        (facts.edited, "was edited since"),
        (facts.role_changed, "got another role since"),
    )
    reasons = [reason for applies, reason in used if applies]
    refusal = _gone(facts) or (f"{facts.name} {reasons[0]}. Deactivate the place instead." if reasons else "")
    if refusal:
        return Effect(refusal)
    does = [f"{facts.name}'s place in {facts.company} is taken away.", _KEPT_AWAY]
    stays = ["Whoever was brought in stays known, deactivated: by that entry they are recognised when they come again."]
    return _with_letter(facts, Effect(does=does, stays=stays))


def judge_return(facts: PlaceFacts) -> Effect:
    """Return what taking back that the sync gave a place back would do now, or why it can't be."""
    refusal = _gone(facts)
    if refusal:
        return Effect(refusal)
    does = [f"{facts.name}'s place in {facts.company} is deactivated again, as it was before.", _KEPT_AWAY]
    return _with_letter(facts, Effect(does=does))


def judge_linking(facts: PlaceFacts) -> Effect:
    """Return what taking a link back would do now, or why it can't be."""
    if not facts.there:
        return Effect(NO_PLACE)
    if not facts.linked:
        return Effect(_NOT_LINKED)
    does = [f"{facts.name} is no longer linked to the directory, and stays in {facts.company} as they are.", _KEPT_AWAY]
    return Effect(does=does)


def judge_invitation(facts: PlaceFacts) -> Effect:
    """Return what taking an invitation back would do now, or why it can't be."""
    if not facts.there:
        return Effect(NO_PLACE)
    if facts.accepted:
        return Effect("The invitation was accepted already. Deactivate the place instead.")
    if not facts.invitation:
        return Effect("The invitation is over already: it was revoked, or its time ended.")
    return _with_letter(facts, Effect())


def _gone(facts: PlaceFacts) -> str:
    if not facts.there:
        return NO_PLACE
    if not facts.active:
        return _INACTIVE
    if not facts.linked:
        return _NOT_LINKED
    return _LAST.format(company=facts.company) if facts.last_administrator else ""


def _with_letter(facts: PlaceFacts, effect: Effect) -> Effect:
    if not facts.invitation:
        return effect
    does = [*effect.does, f"The invitation to {facts.invitation} is revoked: its link stops working."]
    return Effect(does=does, stays=[*effect.stays, *([_LETTER] if facts.letter_left else [])])
