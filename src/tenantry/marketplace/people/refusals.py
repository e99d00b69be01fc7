"""Why a person or a membership is not written as asked. Each message is a sentence for whoever asked."""

from collections.abc import Mapping


class PersonRefused(Exception):
    """What was asked can't be stored. ``errors`` has one sentence per field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class LastAdministrator(Exception):
    """The company would be left without an administrator; nothing was written."""


class StaleUser(Exception):
    """Somebody changed the person after the page was opened; nothing was written."""
