"""Faults on demand: which request is to go wrong, and how."""

import threading
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from tenantry.emulator.messages import Request


class FaultKind(StrEnum):
    """How an answer goes wrong. The first group answers instead of the service, the second spoils its answer."""

    THROTTLE = "throttle"  # 429 of the gateway, with Retry-After
    FORBIDDEN_THROTTLE = "forbidden_throttle"  # the same meant, said with 403
    STATUS = "status"  # any status; `body` is empty, html, text, json or new
    REASON = "reason"  # an empty body, everything said in the reason phrase
    EXPIRED_TOKEN = "expired_token"  # 401 for this request only  # noqa: S105 (the name of a fault)
    REFUSE = "refuse"  # one of Google's refusals, by its `reason`
    REVOKE_TOKENS = "revoke_tokens"  # every access token handed out so far is refused from now on

    SLOW = "slow"  # `seconds` pass before the answer
    DRIP = "drip"  # the body arrives `piece` bytes at a time, `seconds` apart
    CUT = "cut"  # the connection ends inside the body, after the `share` of it
    RESET = "reset"  # the connection ends without any answer
    MALFORMED = "malformed"  # the body ends early inside the JSON, its length honest
    ITEMS_NO_LIST = "items_no_list"  # the items of a list are an object
    NO_ID = "no_id"  # the first record of a list, or the record, has no id
    WRONG_TYPES = "wrong_types"  # names are numbers, profiles are texts
    REPEAT = "repeat"  # the answer to the previous list request once more, its token included
    EMPTY_LIST = "empty_list"  # 200, no items, no token
    HALF_LIST = "half_list"  # the `share` of the items, no token: ends early, and cleanly
    HUGE = "huge"  # some `megabytes` more in the body
    GZIP = "gzip"  # the body packed, whatever the client accepts
    EMPTY_PAGE = "empty_page"  # no rows, but a token
    FOREIGN_ROW = "foreign_row"  # the first row says that it belongs to another customer
    NO_FLAGS = "no_flags"  # rows lack `suspended` and `archived`
    HALF_CREATED = "half_created"  # the first row is of somebody whose creation is not finished
    TEXT_BOOLEANS = "text_booleans"  # booleans of rows are texts
    NO_ADDRESS = "no_address"  # the first row has an empty primary address
    SAME_TOKEN = "same_token"  # the page has a token, always the same one  # noqa: S105 (the name of a fault)
    ROW_TWICE = "row_twice"  # the last row comes twice
    ROW_SKIPPED = "row_skipped"  # the last row is missing
    NO_KIND = "no_kind"  # the list does not say what it is
    BOMB = "bomb"  # `megabytes` of blanks, packed to almost nothing


@dataclass(slots=True)
class Fault:
    """One rule. ``path`` is a pattern with ``*`` over the path in lower case, e.g. ``/v1/customers/*``.

    ``query``, if given, is one over the query as it was sent, e.g. ``*customer=C0abc*``.
    Of the requests that match, the first ``after`` pass, then every ``every``-th goes wrong, ``times`` times
    (``None``: until cleared). With a ``chance`` below 1 only some of those do, the same ones for the same
    ``seed``. ``seen`` and ``fired`` count. The other members belong to the kinds that name them.
    """

    kind: FaultKind
    path: str = "*"
    method: str = ""
    query: str = ""
    times: int | None = None
    every: int = 1
    after: int = 0
    chance: float = 1.0
    seed: int = 1
    status: int = 503
    body: str = "empty"
    code: int = 0
    text: str = ""
    reason: str = ""
    retry_after: int | None = None
    retryable: bool = True
    seconds: float = 1.0
    piece: int = 64
    share: float = 0.5
    megabytes: int = 10
    number: int = 0
    seen: int = 0
    fired: int = 0

    def is_due(self, request: Request, path: str) -> bool:
        """Count a request and say whether this rule spoils it."""
        if (self.method and self.method != request.method) or not fnmatchcase(path, self.path.lower()):
            return False
        if self.query and not fnmatchcase(request.query, self.query):
            return False
        self.seen += 1
        if self.times is not None and self.fired >= self.times:
            return False
        if self.seen <= self.after or (self.seen - self.after) % self.every:
            return False
        if self.chance < 1 and Random(f"{self.seed}:{self.seen}").random() >= self.chance:  # noqa: S311  # must be repeatable, no secret
            return False
        self.fired += 1
        return True


_COUNTED = ("number", "seen", "fired")


class Faults:
    """The rules in force. The first one that is due spoils a request. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._number = 0

    def add(self, kind: FaultKind | str, path: str = "*", **settings: Any) -> Fault:
        """Put a rule in force and return it. ``settings`` are the members of :class:`Fault`.

        Raises ``ValueError`` for an unknown kind or setting, or an ``every`` below 1.
        """
        allowed = {entry.name for entry in fields(Fault)} - {"kind", "path", *_COUNTED}
        strange = set(settings) - allowed
        if strange:
            raise ValueError(f"A fault has no {', '.join(sorted(strange))}. Known: {', '.join(sorted(allowed))}.")
        fault = Fault(FaultKind(kind), path, **settings)
        if fault.every < 1:
            raise ValueError("every counts requests: 1 or more.")
        with self._lock:
            self._number += 1
            fault.number = self._number
            self._rules.append(fault)
        return fault

    def clear(self, number: int | None = None) -> None:
        """Take back the rule with ``number``, or all."""
        with self._lock:
            self._rules = [] if number is None else [rule for rule in self._rules if rule.number != number]

    def due(self, request: Request, path: str) -> Fault | None:
        """Return the rule that spoils ``request``, whose normal path is ``path``."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.is_due(request, path):
                    return rule
        return None

    def as_list(self) -> list[dict[str, Any]]:
        """Return the rules with their counts."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]
