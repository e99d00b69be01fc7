"""Why a company is not written as asked. Each message is a sentence for the person who asked."""

from collections.abc import Mapping, Sequence


class CompanyRefused(Exception):
    """What was asked can't be stored. ``errors`` has one sentence per field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class StaleCompany(Exception):
    """Somebody changed the company after the person opened it; nothing was written."""


class CompanyInUse(Exception):
    """The company has more than what the sync made of it, so it can't be un-created. ``reasons`` says what."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("This company can't be removed: " + "; ".join(reasons) + ".")
        self.reasons = tuple(reasons)
