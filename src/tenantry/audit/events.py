"""What an event is made of, as values. Callers build these; ``services`` writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_LONGEST_NAME = 200


class ActorKind(StrEnum):
    """What sort of somebody acts."""

    ACCOUNT = "account"
    OPERATOR = "operator"
    COMMAND_LINE = "command line"
    SCHEDULE = "schedule"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it. ``name`` is copied into the record, so that history survives the account.

    ``private``: a person who may have their data erased, not somebody who works here. The record has the id alone.
    """

    kind: ActorKind
    name: str
    id: int | None = None
    private: bool = False

    @property
    def recorded_name(self) -> str:
        """The name as the record has it."""
        return "" if self.private else self.name[:_LONGEST_NAME]


SYSTEM = Actor(ActorKind.SYSTEM, "Tenantry")


@dataclass(frozen=True, slots=True)
class Target:
    """What it is done to."""

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event to record.

    ``personal`` is what identifies a person in before and after; it is sealed under the key of
    ``person`` (an immutable subject such as ``contact:<tenant id>``), which must be given with it.
    """

    action: str
    target: Target
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    personal: Mapping[str, Any] = field(default_factory=dict)
    person: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.personal and not self.person:
            raise ValueError("Personal values need the person whose key seals them.")
        if self.action.count(".") != 2:  # noqa: PLR2004  # area.subject.verb
            raise ValueError(f"An action is written area.subject.verb_past, not {self.action!r}.")
