"""How holds are called on pages: what was held, that nothing of it was applied, what happens next."""

from collections.abc import Callable
from dataclasses import dataclass

from tenantry.core.brakes import Brake
from tenantry.sync.holds.kinds import CREATIONS, INVITATIONS, REMOVALS, UNDOS
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Hold, HoldState, Run
from tenantry.web.amounts import counted

_TITLES = {
    Brake.FIRST_CREATIONS.value: "First companies of {source}",
    Brake.CREATIONS.value: "Many new companies from {source}",
    Brake.INVITATIONS.value: "Many invitations for {source}",
}
_STATES = {
    HoldState.OPEN: ("needs you", "wait"),
    HoldState.RELEASED: ("released", "good"),
    HoldState.REJECTED: ("rejected", "off"),
    HoldState.OVER: ("over", "off"),
}


@dataclass(frozen=True, slots=True)
class KindWords:
    """The words for one kind of held changes.

    ``one`` and ``many`` count rows; ``doing`` and ``done`` say what becomes of released ones; ``nothing`` that nothing
    was applied; ``following`` what happens next; ``release`` and ``reject`` what the buttons do; ``rejected`` where
    rejected rows are then; ``promise`` what a release of so many rows, with so many invitations, will do; ``rows`` is
    the template of the table.
    """

    one: str
    many: str
    doing: str
    done: str
    nothing: str
    following: str
    release: str
    reject: str
    rejected: str
    promise: Callable[[int, int], str]
    rows: str

    def count(self, number: int) -> str:
        """Return ``1 company`` or ``40 companies``."""
        return counted(number, self.one, self.many)


def _creates(count: int, invitations: int) -> str:
    invited = f"{people(invitations)} will be invited" if invitations else "nobody will be invited"
    return f"Exactly {'this company' if count == 1 else 'these companies'} will be created, and {invited}."


def _removes(count: int, invitations: int) -> str:  # noqa: ARG001  # nobody is invited by a removal
    place = "this person's place in the company" if count == 1 else "these people's places in their companies"
    return f"Exactly {place} will be deactivated. Nobody is deleted, and it can be undone."


def _invites(count: int, invitations: int) -> str:  # noqa: ARG001  # each of them is one
    return f"Exactly {'this person' if count == 1 else 'these people'} will be written to."


def _takes_back(count: int, invitations: int) -> str:  # noqa: ARG001  # nobody is invited by an undo
    return f"Exactly {'this row' if count == 1 else 'these rows'} will be taken back, as each of them says."


_WORDS = {
    CREATIONS: KindWords(
        "company", "companies", "being created", "created",
        "Nothing of what is held was applied: no company was created, and nobody was written to.",
        "It stays held until you release or reject it. Everything else of the run went on. A row that changes at the "
        "provider is shown as it is now; a row that you decide on in Pending companies leaves the hold.",
        "Creates exactly the companies that you select, as you see them.",
        "What you select waits in Pending companies, and no rule touches it again.",
        "They will wait in Pending companies for a person to create, link or ignore them. No rule touches them again.",
        _creates, "holds/_rows.html",
    ),
    REMOVALS: KindWords(
        "person", "people", "being deactivated", "deactivated",
        "Nothing of what is held was applied: everybody keeps their place, and can sign in as before.",
        "It stays held until you release or reject it; further removals of the same class wait with it. Everything "
        "else of the run went on. Who comes back in the directory leaves the hold by themselves.",
        "Deactivates exactly the places that you select, as you see them. Nobody is deleted.",
        "Who you select keeps their place, and no rule takes it away while the directory says nothing new of them.",
        "They keep their place. No rule takes it away while the directory says nothing new of them.",
        _removes, "holds/_people_rows.html",
    ),
    INVITATIONS: KindWords(
        "person", "people", "being invited", "invited",
        "Nothing of what is held was applied: nobody was written to.",
        "It stays held until you release or reject it. Everything else of the run went on.",
        "Invites exactly the people that you select, as you see them.",
        "Who you select is not invited by a rule. A person can invite them at any time.",
        "They stay uninvited. A person can invite them at any time.",
        _invites, "holds/_people_rows.html",
    ),
    UNDOS: KindWords(
        "row", "rows", "being taken back", "taken back",
        "Nothing of what is held was taken back: everybody and everything stays as it is.",
        "It stays held until you release or reject it. What gives back or corrects was not held.",
        "Takes back exactly the rows that you select, as each of them says.",
        "What you select stays as it is. Somebody can ask for taking it back again.",
        "They stay as they are. Somebody can ask for taking them back again.",
        _takes_back, "holds/_people_rows.html",
    ),
}  # fmt: skip


def words_for(hold: Hold) -> KindWords:
    """Return the words of the hold's kind."""
    return _WORDS[hold.kind]


def words_of_release(run: Run) -> KindWords:
    """Return the words of the kind of changes that a release let go; of companies where none is noted."""
    return next((words for kind, words in _WORDS.items() if f"{RELEASE}.{kind}" in run.counters), _WORDS[CREATIONS])


def title_of(hold: Hold) -> str:
    """Return the hold's heading: *First companies of Partner Center EU: 3,000*, or the reason of a removal."""
    if hold.kind == REMOVALS:
        return hold.reason.rstrip(".")
    if hold.kind == UNDOS:
        return f"Taking back: {hold.reason.rstrip('.')}"
    return f"{_TITLES.get(hold.brake, hold.brake).format(source=hold.run.source)}: {hold.count:,}"


def state_of(hold: Hold) -> tuple[str, str]:
    """Return the hold's state in a word, and its tone."""
    return _STATES[HoldState(hold.state)]


def companies(count: int) -> str:
    """Return ``1 company`` or ``40 companies``."""
    return counted(count, "company", "companies")


def people(count: int) -> str:
    """Return ``1 person`` or ``40 people``."""
    return counted(count, "person", "people")
