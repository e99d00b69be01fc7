"""How runs and their parts are called on pages, and which tone underlines the word."""

from collections.abc import Mapping

from tenantry.core.planning.companies import ChangeKind
from tenantry.core.planning.linked import LinkedKind
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.sync.deciding.many import KINDS
from tenantry.sync.deciding.selecting import BulkAction
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, Run, RunKind, RunState, Trigger
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.runs.progress import stage_of
from tenantry.sync.undoing.ways import UNDO_PREFIX
from tenantry.web.holds.words import words_of_release

_TONES = {RunState.DONE: "good", RunState.PREVIEWED: "good", RunState.FAILED: "bad", RunState.CANCELLED: "off"}
_NAMED = {Trigger.BUTTON, Trigger.SETTINGS, Trigger.COMMAND_LINE, Trigger.DECISIONS, Trigger.RELEASE, Trigger.UNDO}
_CHANGE_TONES = {
    "planned": "busy", "held": "wait", "approved": "busy", "rejected": "off", "applied": "good", "stale": "off",
    "failed": "bad", "cancelled": "off", "undone": "off",
}  # fmt: skip
_KINDS: Mapping[str, str] = {
    ChangeKind.ADD: "Came in",
    ChangeKind.UPDATE: "Updated",
    ChangeKind.WITHDRAW: "Withdrawn",
    ChangeKind.RETURN: "Came back",
    ChangeKind.LINKED: "Left the queue: linked",
    ChangeKind.CREATE: "Created as a company",
    LinkedKind.UPDATE: "Company updated",
    LinkedKind.ENDED: "Relationship ended",
    LinkedKind.RETURNED: "Relationship returned",
    UserChangeKind.CREATE: "Person came in",
    UserChangeKind.JOIN: "Person linked",
    UserChangeKind.UPDATE: "Person updated",
    UserChangeKind.REACTIVATE: "Person active again",
    UserChangeKind.DEACTIVATE: "Person's place deactivated",
    UserChangeKind.UNLINK: "Person unlinked",
    UserChangeKind.REPORT_LEFT: "Reported as left",
    UserChangeKind.INVITE: "Person invited",
}
_DECISIONS = {
    KINDS[BulkAction.CREATE]: "create",
    KINDS[BulkAction.LINK]: "link",
    KINDS[BulkAction.IGNORE]: "ignore",
    KINDS[BulkAction.SNOOZE]: "snooze",
    KINDS[BulkAction.REOPEN]: "reopen",
    RELEASE: "create",
}


def is_live(run: Run) -> bool:
    """Whether the run goes on."""
    return run.state in LIVE_RUN


def word_of(run: Run) -> str:
    """Return the run's state in words; a cleanly read list that did not end well says so."""
    if run.state == RunState.DONE and not run.complete:
        return "done, list incomplete"
    if is_live(run) and run.cancel_requested_at:
        return "stopping"
    return str(stage_of(run).label)


def tone_of(run: Run) -> str:
    """Return the tone of the run's state."""
    if run.state == RunState.DONE and (run.suspect or not run.complete):
        return "wait"
    return _TONES.get(RunState(run.state), "busy")


def kind_of(run: Run) -> str:
    """Return what sort of run it is."""
    if is_release(run):
        return "Release"
    if is_undo(run):
        return "Undo"
    if is_decisions(run):
        what = next((word for kind, word in _DECISIONS.items() if kind in run.counters), "many rows")
        return f"Decisions: {what}"
    what = "People" if run.kind == RunKind.PEOPLE else "Companies"
    return f"{what}, preview" if run.preview else what


def is_decisions(run: Run) -> bool:
    """Whether the run makes decisions on many rows instead of reading a provider."""
    return run.kind == RunKind.DECISIONS


def is_undo(run: Run) -> bool:
    """Whether the run takes changes of another one back."""
    return run.kind == RunKind.UNDO


def is_release(run: Run) -> bool:
    """Whether the run makes what a person released from a hold."""
    return run.trigger == Trigger.RELEASE


def title_of(run: Run) -> str:
    """Return what the run's page is called."""
    if is_release(run):
        return f"Release of held {words_of_release(run).many}"
    if is_undo(run):
        return f"Undo of run {run.counters.get('undo_of_run', '')}"
    return kind_of(run) if is_decisions(run) else f"{kind_of(run)} sync"


def starter_of(run: Run) -> str:
    """Return who or what started it."""
    trigger = Trigger(run.trigger)
    return run.requested_by if trigger in _NAMED and run.requested_by else str(trigger.label)


def change_kind(change: Change) -> str:
    """Return what the change does, in words."""
    return kind_words(change.kind)


def kind_words(kind: str) -> str:
    """Return what changes of a kind do, in words."""
    if kind.startswith(UNDO_PREFIX):
        return f"Taken back: {kind_words(kind.removeprefix(UNDO_PREFIX)).lower()}"
    return _DECISIONS[kind].capitalize() if kind in _DECISIONS else _KINDS.get(kind, kind)


def change_tone(change: Change) -> str:
    """Return the tone of what became of it."""
    return _CHANGE_TONES.get(change.state, "off")
