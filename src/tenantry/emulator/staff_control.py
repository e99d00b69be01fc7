"""People in the control API, the same for both providers."""

from collections.abc import Callable
from typing import Any

from tenantry.emulator.staff import Someone
from tenantry.emulator.staff_moves import StaffMoves


def change_person(moves: StaffMoves, company: int, body: dict[str, Any]) -> Someone:
    """Do ``what`` to person ``number`` of ``company``; further members are those of the change.

    Raises ``ValueError`` for something that nobody can do, ``TypeError`` for members that it does not take.
    """
    given = {name: value for name, value in body.items() if name not in {"what", "number", "customer", "tenant"}}
    what = body["what"]
    if what == "join":
        return moves.join(company, **given)
    verbs: dict[str, Callable[..., Someone]] = {
        "rename": moves.rename, "readdress": moves.readdress, "suspend": moves.suspend, "resume": moves.resume,
        "delete": moves.delete, "restore": moves.restore, "set_admin": moves.set_admin,
        "set_licensed": moves.set_licensed, "move": moves.move,
    }  # fmt: skip
    if what not in verbs:
        raise ValueError(f"Nobody can {what}. Known: join, {', '.join(verbs)}.")
    return verbs[what](company, int(body["number"]), **given)
